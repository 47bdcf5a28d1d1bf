"""Until when the funding programme may ask who took part: the project's audit date, where its content says one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from s3chem_events.publishing import queries


def until() -> date | None:
    """Return the last day on which names are kept as evidence; None where nobody has said it yet."""
    found = queries.document("project")
    return day_in(found.data) if found else None


def day_in(project: Mapping[str, Any]) -> date | None:
    """Return the same day as a project's content has it."""
    day = project.get("audit_until")
    return date.fromisoformat(day) if day else None

"""Why an event changed: to whom a reason is told, how long it holds, and which reasons a revision gave; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from s3chem_events.core.text import Text
from s3chem_events.publishing.changes import AFTERWARDS, HISTORIC, Reason, Sort, compare
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import Visibility

EXPLAINED = (HISTORIC - AFTERWARDS - {Sort.PART_ADDED}) | {Sort.HOURS, Sort.PLACE}
"""What a reason is given for; with the next of them it is past."""


def outlived(before: EventFacts, after: EventFacts) -> EventFacts:
    """Return an event without the reasons that it was given before what has moved on now."""
    moved = {change.part for change in compare(before, after).changes if change.sort in EXPLAINED}
    closed = {part.key for part in after.parts if part.visibility is Visibility.INVITED}
    parts = (replace(part, reason=Text()) if part.key in moved else part for part in after.parts)
    return replace(after, reason=Text() if moved - closed else after.reason, parts=tuple(parts))


def confined(before: EventFacts, after: EventFacts) -> EventFacts:
    """Return an event whose new reason is told to those alone whom it concerns: the guests of closed parts.

    A reason for anything that the public may know stays the event's own.
    """
    if after.reason == before.reason:
        return after
    changed = {change.part for change in compare(before, after).changes}
    closed = {part.key for part in after.parts if part.visibility is Visibility.INVITED}
    is_closed = bool(changed) and changed <= closed
    given = after.reason if is_closed else Text()
    parts = (replace(part, reason=given) if part.key in changed & closed else part for part in after.parts)
    return replace(after, reason=before.reason if is_closed else after.reason, parts=tuple(parts))


def reasons_in(revision: Mapping[str, Any]) -> list[Reason]:
    """Return the reasons that a revision gave, from what it keeps: pieces of the event's file, before and after."""
    given = [Reason(Text(revision["reason"][1] or {}))] if "reason" in revision else []
    old, new = revision.get("parts") or ([], [])
    there = {part["key"]: part.get("reason") for part in old or []}
    return given + [
        Reason(Text(part["reason"]), part["key"])
        for part in new or []
        if part.get("reason") and part["reason"] != there.get(part["key"])
    ]

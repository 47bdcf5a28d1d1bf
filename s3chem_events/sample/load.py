"""Loads the sample content through the rooms' own actions; what is there already stays as it is."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from s3chem_events.core.clock import today
from s3chem_events.core.journal import Actor
from s3chem_events.core.text import Text
from s3chem_events.publishing import actions, files, news, queries
from s3chem_events.publishing.site_texts import NOTICES, PROJECT

HERE = Path(__file__).parent
JUNE, DAYS = 6, (17, 18)


def sample_content(*, base_url: str, by: Actor) -> int:
    """Load what is missing; returns how many events were added."""
    for key in (PROJECT, *NOTICES):
        if queries.document(key) is None:
            actions.keep_document(key, text_of_the_site(key))
    added = 0
    for path in sorted((HERE / "events").glob("*.json")):
        facts = files.read(_dated(path.read_text(encoding="utf-8")))
        if queries.event_by_slug(facts.slug) is None:
            actions.add_event(facts, base_url=base_url, by=by)
            added += 1
    for item in _read(HERE / "news.json"):
        if not queries.has_news(item["slug"]):
            _news(item, by=by)
    return added


def text_of_the_site(key: str) -> dict[str, Any]:
    """Return a text of the site as this version of the program brings it."""
    found: dict[str, Any] = _read(HERE / (f"{key}.json" if key == PROJECT else f"pages/{key}.json"))
    return found


def next_conference_year(day: date) -> int:
    """Return the year of the next 17-18 June ahead, so that the demonstration lives."""
    return day.year if (day.month, day.day) < (JUNE, DAYS[0]) else day.year + 1


def _dated(source: str) -> Any:
    year = next_conference_year(today("Europe/Amsterdam"))
    for day in DAYS:
        source = source.replace(f"{{june-{day}}}", f"{year}-06-{day}")
    return json.loads(source)


def _news(item: dict[str, Any], *, by: Actor) -> None:
    event = queries.event_by_slug(item["event"]) if item.get("event") else None
    news.publish(
        slug=item["slug"],
        title=Text(item["title"]),
        lead=Text(item["lead"]),
        body=Text(item["body"]),
        published_on=date.fromisoformat(item["published_on"]),
        event_id=event.id if event else None,
        by=by,
    )


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

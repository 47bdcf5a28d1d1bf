"""A made-up person and a made-up event, with which organisers look at an e-mail before anybody receives it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from s3chem_events.core import i18n
from s3chem_events.mailing import render, wording
from s3chem_events.mailing.letters import Draft, Letterhead

FIRST, LAST = date(2030, 6, 18), date(2030, 6, 19)
NAME, ADDRESS = "Anna Example", "anna@park.example"
REFERENCE = "S3C-7K2M9"
SAME: Mapping[str, Any] = {
    **dict.fromkeys(("invited", "was_sure", "takes_place", "updates", "has_calendar"), True),
    "reference": REFERENCE,
    "is_limited": True,
    "is_postponed": False,
    "reopens": True,
    "may_withdraw": True,
    "kept": 0,
    "calendars": 1,
    "gate": {},
    "unanswered": {},
    "is_missing": False,
    "is_strange": False,
    "answers": [],
    "still": [],
    "waited": False,
    "undecided": False,
    "sender": ADDRESS,
    "lines": ["…"],
    "code": "123 456",
    "inviter": NAME,
    "role": "coordinator",
    "days": 7,
    "minutes": 30,
}
"""What is the same in every language."""


def sample(kind: str, language: str, letterhead: Letterhead, *, address: str = ADDRESS) -> Draft:
    """Return an e-mail of a kind as the made-up person would get it; its links lead to no registration."""
    return _draft(kind, language, _values(kind, language, letterhead), name=NAME, address=address)


def original(kind: str, language: str, letterhead: Letterhead) -> dict[str, str]:
    """Return the passages of an e-mail as the program words them, placeholders where a reader's values stand."""
    values = _values(kind, language, letterhead)
    for name, path in wording.KINDS[kind].items():
        _put(values, path, f"{{{{{name}}}}}")
    return render.original(_draft(kind, language, values, name="{{name}}", address=ADDRESS), letterhead)


def _draft(kind: str, language: str, values: Mapping[str, Any], *, name: str, address: str) -> Draft:
    named = name if "name" in wording.KINDS[kind] else ""
    return Draft(kind=kind, fact_id=0, subject_id=0, address=address, name=named, language=language, values=values)


def _put(values: dict[str, Any], path: str, value: str) -> None:
    *steps, last = path.split(".")
    for step in steps:
        values = values[step]
    values[last] = value


def _values(kind: str, language: str, letterhead: Letterhead) -> dict[str, Any]:
    """Return whatever the templates mention; what one kind understands otherwise than the rest comes last."""
    _ = i18n.words(language)
    day, page = i18n.short_range(FIRST, FIRST, language), f"{letterhead.base_url}/{language}/"
    event = _event(language, f"{page}events/")
    part = {"title": event["title"], "title_lang": language, "day": day, "hours": "", "where": "Geleen"}
    common: dict[str, Any] = {
        **SAME,
        "event": event,
        "parts": [part],
        "registered_at": day,
        "told": [{"text": f"{event['title']}: {day}", "old": "", "new": "", "was": "", "becomes": ""}],
        "headline": f"{event['title']}: {day}",
        "differences": [{"label": _("Organisation"), "old": "", "new": letterhead.organisation}],
        "people": [{"name": NAME, "reference": REFERENCE, "places": [event["title"]], "url": page}],
        "registrations": [{"name": NAME, "event": event, "reference": REFERENCE, "url": page}],
        "title": event["title"],
        "topics": [event["title"]],
        "titles": [event["title"]],
        **dict.fromkeys(("until", "undo_until", "moment", "asked_at", "ended"), day),
        **dict.fromkeys(("own_page", "calendar", "no_invitations", "not_me", "undo", "place", "page", "leave"), page),
        **dict.fromkeys(("link", "url", "confirm", "preferences", "invitation", "regrets", "codes"), page),
    }
    return common | _of_kind(kind, event, page, day)


def _event(language: str, url: str) -> dict[str, Any]:
    _ = i18n.words(language)
    figures, month = i18n.figures_of([(FIRST, LAST)], language)
    return {
        "title": _("Sample conference"),
        "title_lang": language,
        "figures": figures,
        "month": month,
        "days": i18n.short_range(FIRST, LAST, language),
        "place": "Geleen",
        "url": url,
        "register_url": url,
    }


def _of_kind(kind: str, event: Mapping[str, Any], page: str, day: str) -> dict[str, Any]:
    differing: dict[str, dict[str, Any]] = {
        "registration.approved": {"approved": True},
        "registration.left_waiting_list": {"ended": ""},
        "registration.taken_over": {"predecessor": "Berta Example"},
        "registration.handed_over": {"successor": "Berta Example"},
        "registration.changed": {"by_desk": True},
        "event.asked_again": {"answers": page.rstrip("/"), "answer_until": day},
        "letter.asked": {"letter": page},
        "details.due": {"gate": {"until": day, "labels": event["title"], "url": page}},
    }
    return differing.get(kind, {})

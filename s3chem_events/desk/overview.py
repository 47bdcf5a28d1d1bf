"""One event at a glance: when, who comes, what is missing, what happened."""

from collections.abc import Iterable

from flask_babel import gettext as _

from s3chem_events.accounts import queries as accounts
from s3chem_events.attendance import presence
from s3chem_events.attendance import queries as attendance
from s3chem_events.campaigns import queries as campaigns
from s3chem_events.core import i18n
from s3chem_events.core.markdown import html
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.core.values import frozen
from s3chem_events.desk import call_lists, changes, holding, life, translations
from s3chem_events.publishing import lines, queries, values
from s3chem_events.publishing.lifecycle import LISTED, Mode, State, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.places import open_ways, where
from s3chem_events.registration import approval, choices, crowds, disowning, inquiries, participants
from s3chem_events.registration.crowds import Crowd, Crowds


@frozen
class Meter:
    """Who is there in a part in one mode, and for how many there are places; without a limit `capacity` is None."""

    mode: Mode
    there: Crowd
    capacity: int | None


@frozen
class PartShown:
    """A part as the overview shows it."""

    part: Part
    is_off: bool
    days: str
    hours: str
    meters: list[Meter]
    presence: presence.Counted | None


def shown(event: Event) -> dict[str, object]:
    """Return what the overview of an event shows, in a known number of statements."""
    language = i18n.language()
    there = crowds.of(event.id)
    asked = any(one.pending for one in there.values())
    noted = presence.counted(event.id) if any(map(presence.may_be_noted, event.parts)) else {}
    revisions = queries.revisions(event.id)
    downloads = attendance.downloads(event.id)
    opens = queries.takes_registrations_from(event)
    held_back, told = holding.held(event), holding.told(event)
    to_call = call_lists.of(event, None if held_back else told)
    following, inquiry = campaigns.following(event.id), inquiries.current(event)
    return {
        "parts": [_part(event, part, there, noted, language) for part in event.parts],
        "undecided": dict(approval.undecided({event.id})).get(event.slug, 0) if asked else 0,
        "people": participants.people_counts().get(event.id, 0),
        "answers": inquiries.people(event.id, inquiry) if inquiry else {},
        "following": {LANGUAGES[code]: counted for code, counted in following.items()},
        "followers": sum(counted.confirmed for counted in following.values()),
        "not_confirmed": sum(counted.waiting for counted in following.values()),
        "opens": i18n.stamp(opens, event.zone, language) if opens else "",
        "closes": i18n.stamp(queries.closes_at(event), event.zone, language),
        "region": choices.regions(language).get(event.region, event.region),
        "place": where(event, open_ways(event)).in_full(language),
        "note": html(event.note.within(language)),
        "missing": {LANGUAGES[code]: (code, n) for code, n in translations.missing(values.event_facts(event)).items()},
        "calendar_url": f"/events/{event.slug}.ics?lang={language}",
        "held": held_back,
        "told": told,
        "call_lists": to_call,
        "steps": life.offered(event),
        "reason": event.reason.within(language),
        "materials": [(Text(item["title"]).within(language), item["url"]) for item in event.materials],
        "is_listed": event.state in LISTED,
        "has_public_part": any(part.visibility is Visibility.PUBLIC for part in event.parts),
        "revisions": [(revision, changes.lines(revision.changes)) for revision in revisions],
        "downloads": downloads,
        "disowned": disowning.disowned(event.id),
        "names": names_of(
            [
                *(one.by for one in revisions),
                *(one.by for one in downloads),
                *(one.noted.by for listed in to_call.values() for one in listed if one.noted),
            ]
        ),
        "stamp": lambda moment: i18n.stamp(moment, event.zone, language),
    }


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return who did things, by the actor that stands in the journal."""
    actors = set(actors)
    names = {
        "operator": _("Command line"),
        "visitor": _("Visitor"),
        "participant": _("Participant"),
        "contact": _("Contact of the delegation"),
        "clock": _("Clock"),
        "calendar": _("Calendar answer"),
        "waiting_list": _("Waiting list"),
    }
    if any(actor.startswith("organiser:") for actor in actors):
        names |= {f"organiser:{one.id}": one.name or one.email for one in accounts.organisers()}
    return {actor: names.get(actor, actor) for actor in actors}


def is_off(event: Event, part: Part) -> bool:
    """Whether a part does not take place: called off by itself, or with its event."""
    return part.cancelled or event.state is State.CANCELLED


def _part(
    event: Event,
    part: Part,
    there: Crowds,
    noted: dict[int, presence.Counted],
    language: str,
) -> PartShown:
    meters = [
        Meter(mode, there.get((part.id, mode), crowds.NOBODY), capacity) for mode, capacity in part.capacities.items()
    ]
    days, hours = lines.when(event, part, language)
    was_there = noted.get(part.id, presence.Counted()) if presence.may_be_noted(part) else None
    return PartShown(part, is_off(event, part), days, hours, meters, was_there)

"""The list for the entrance, and letters of invitation: what was told late, put together for those who need it."""

from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.errors import Refused
from s3chem_events.core.values import frozen
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.places import place_line
from s3chem_events.registration import answering, asking, details, entries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import Kind, When

PERSON = ("reference", "given_name", "family_name", "organisation", "country")
COLUMNS = (*PERSON, "days")
"""What the list for the entrance says of everybody, before what was asked."""
HOSTS = {"DE": "de", "AT": "de", "FR": "fr", "BE": "fr", "NL": "nl", "IT": "it", "ES": "es", "PL": "pl"}
"""The language of a letter beside English, by the country of the place; English alone where we write no other."""


class Unwritable(Refused):
    """The letter holds letters that our fonts do not have: another alphabet than the Latin one."""

    code = "unwritable"
    status = 409


@frozen
class Letter:
    """A letter of invitation in one language, for a person to sign."""

    language: str
    heading: str
    written_on: str
    lines: list[str]
    parts: list[str]
    rows: list[tuple[str, str]]
    files: list[tuple[str, int]]
    closing: str
    signature: str


def gate_rows(event: Event, language: str) -> list[tuple[str, ...]]:
    """Return the list for the entrance of a loaded event, by name, in words of a language."""
    terms = details.terms(event)
    people = [person for person, _is_complete in details.expected(event, terms)]
    told = answering.of([person.id for person in people])
    rows = []
    for person in people:
        said = {one.question.key: one.said(language) for one in told.get(person.id, [])}
        fixed = [getattr(person, column) for column in PERSON]
        rows.append((*fixed, _days(person, language), *(said.get(question.key, "") for question in terms.asked)))
    return rows


def _days(person: Registration, language: str) -> str:
    """Return the days on which somebody comes to the place."""
    held = [one for one in person.participations if one.standing is Standing.CONFIRMED]
    on_site = [part for part, mode in entries.chosen(person, held) if mode is Mode.ON_SITE and not part.cancelled]
    return i18n.short_days(sorted({(part.starts_on, part.ends_on) for part in on_site}), language)


def letters(event: Event) -> list[tuple[Registration, bool]]:
    """Return who needs a letter of invitation at a loaded event, by name, and whether all is told for it."""
    asked = asking.asked_at(event.id, when=When.LETTER)
    if not asked:
        return []
    people = details.confirmed_people(event)
    told = answering.of([person.id for person in people])
    found = []
    for person in people:
        before = {one.question.key: one.value for one in told.get(person.id, [])}
        if theirs := details.asked_of(person, asked, before=before):
            found.append((person, details.is_complete(theirs, before)))
    return found


def letter_rows(registration: Registration, language: str) -> list[tuple[str, str]]:
    """Return what somebody told for a letter, in words."""
    return [
        (one.question.label.within(language), one.said(language))
        for one in answering.of([registration.id]).get(registration.id, [])
        if one.question.when is When.LETTER and one.question.kind is not Kind.FILE
    ]


def host_language(country: str) -> str:
    """Return the language of a country that we write letters in, English where it is none of ours."""
    return HOSTS.get(country, "en")


def letter(registration: Registration, language: str, *, host: str) -> Letter:
    """Write a letter of invitation by `host` in a language; what the person told stands as she wrote it."""
    _, event = i18n.words(language), registration.event
    held = [one for one in registration.participations if one.standing is Standing.CONFIRMED]
    day = today(event.zone)
    return Letter(
        language=language,
        heading=_("Letter of invitation"),
        written_on=i18n.long_date(day, day, language),
        lines=[
            _("To whom it may concern,"),
            _(
                "%(host)s invites %(name)s (%(organisation)s, %(country)s) to take part in “%(event)s”:",
                host=host,
                name=registration.full_name,
                organisation=registration.organisation,
                country=i18n.country_name(registration.country, language),
                event=event.title.within(language),
            ),
        ],
        parts=[_part(event, part, language) for part, _mode in entries.chosen(registration, held)],
        rows=letter_rows(registration, language),
        files=_files(registration, language),
        closing=_("Please give this person the visa that is needed to take part."),
        signature=_("Place, date, name and signature"),
    )


def _files(registration: Registration, language: str) -> list[tuple[str, int]]:
    return [
        (one.question.label.within(language), one.id)
        for one in answering.of([registration.id]).get(registration.id, [])
        if one.question.when is When.LETTER and one.question.kind is Kind.FILE
    ]


def _part(event: Event, part: Part, language: str) -> str:
    day = i18n.long_date(part.starts_on, part.ends_on, language)
    place = place_line(part.venue or event.venue, language)
    return ", ".join(words for words in (part.title.within(language), day, place) if words)

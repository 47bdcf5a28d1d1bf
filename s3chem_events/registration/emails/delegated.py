"""The contact's summary: who of a delegation has which places, and the links of those whom only the contact reaches."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import confirming, render
from s3chem_events.mailing.letters import Draft, Letterhead, defused, isolated
from s3chem_events.publishing import lines
from s3chem_events.publishing.lines import EventLines
from s3chem_events.publishing.models import Part
from s3chem_events.publishing.words import modes
from s3chem_events.registration import admitting, changing, completeness, delegation_queries, entries, links, names
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.models import Delegation, Participation, Registration

KIND = "delegation.registered"
"""Of every summary, whatever brought it about."""


@frozen
class PersonLines:
    """Somebody of the delegation, in words; `url` is her link, for handing on, where only the contact reaches her.

    No name and no address stand in what goes to a mailbox that nobody has confirmed.
    `details` says whether hers are complete or missing, never which; nothing where nobody's are missing.
    """

    name: str
    reference: str
    places: list[str]
    url: str
    address: str
    details: str


def summary(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell a contact who is registered, waits or has withdrawn, as it is when this is written."""
    desk = Writer(letterhead)
    found = delegation_queries.delegations_by_ids(fact.subject_id for fact in facts)
    strange = confirming.strange(one.email for one in found.values())
    for fact in facts:
        delegation = found.get(fact.subject_id)
        if delegation is not None and delegation.people:
            draft = _summary(desk, fact, delegation)
            yield _nameless(draft) if delegation.email in strange else draft


def standing_words(standing: Standing, language: str) -> str:
    """Say how somebody stands to a part."""
    _ = i18n.words(language)
    return {
        Standing.CONFIRMED: _("confirmed"),
        Standing.WAITING: _("on the waiting list"),
        Standing.OFFERED: _("a place is offered"),
        Standing.PENDING: _("awaiting decision"),
        Standing.WITHDRAWN: _("withdrawn"),
        Standing.REJECTED: _("not accepted"),
    }[standing]


def _summary(desk: Writer, fact: Fact, delegation: Delegation) -> Draft:
    language = render.spoken(delegation.language)
    handed_on, missing = admitting.handed_on(delegation, delegation.people), _missing(delegation)
    whose, base_url = (delegation.id, delegation.link_version), desk.letterhead.base_url
    page = links.delegation(*whose, language=language, base_url=base_url, mailed_to=delegation.email)
    waits = any(held.standing is Standing.WAITING for one in delegation.people for held in one.participations)
    return Draft(
        kind=KIND,
        fact_id=fact.id,
        subject_id=delegation.id,
        address=delegation.email,
        name=delegation.full_name,
        language=delegation.language,
        values={
            "event": _event(desk, delegation, language),
            "people": [
                _person(desk, delegation, one, language, is_handed_on=one.id in handed_on, missing=missing)
                for one in delegation.people
            ],
            "is_strange": False,
            "is_missing": bool(missing),
            "has_links": any(one.id in handed_on and one.withdrawn_at is None for one in delegation.people),
            "waits": waits,
            "reference": delegation.reference,
            "page": page,
            "not_me": links.delegation_not_me(*whose, language=language, base_url=base_url),
            "registered_at": desk.stamp(
                delegation.registered_at.replace(second=0, microsecond=0), delegation.event.zone, language
            ),
        },
    )


def _nameless(draft: Draft) -> Draft:
    """Return the summary for a mailbox that nobody has confirmed: twenty names and addresses make a letter."""
    people = [replace(one, name="", address="") for one in draft.values["people"]]
    return replace(draft, values={**draft.values, "people": people, "is_strange": True})


def _missing(delegation: Delegation) -> set[int]:
    """Return who still has to tell something; nobody where the event takes place no more."""
    return completeness.missing(delegation.event, [one for one in delegation.people if changing.may_change(one)])


def _event(desk: Writer, delegation: Delegation, language: str) -> EventLines:
    """Return the event in words, on the days on which anybody comes."""
    chosen = {(part, mode): None for one in delegation.people for part, mode in entries.chosen(one, one.participations)}
    order = {part.id: number for number, part in enumerate(delegation.event.parts)}
    return desk.event_lines(delegation.event, tuple(sorted(chosen, key=lambda pair: order[pair[0].id])), language)


def _person(
    desk: Writer,
    delegation: Delegation,
    one: Registration,
    language: str,
    *,
    is_handed_on: bool,
    missing: Collection[int],
) -> PersonLines:
    is_there, _ = one.withdrawn_at is None, i18n.words(language)
    details = _("Details are missing") if one.id in missing else _("Details complete")
    return PersonLines(
        name=isolated(defused(one.full_name)),
        reference=one.reference,
        places=[_place(desk, one, held, language) for held in entries.in_order(one, one.participations)],
        url=desk.own_page(one, language, mailed_to=delegation.email) if is_handed_on and is_there else "",
        address="" if is_handed_on or not is_there else isolated(defused(one.email, longest=names.LONGEST_ADDRESS)),
        details=details if missing and is_there else "",
    )


def _place(desk: Writer, one: Registration, held: Participation, language: str) -> str:
    part: Part = entries.part_of(one, held)
    mode = part.mode_of(held.mode)
    _ = i18n.words(language)
    return _(
        "%(part)s (%(mode)s), %(day)s: %(standing)s",
        part=desk.part_lines(one.event, part, mode, language).title,
        day=lines.planned(one.event, i18n.short_range(part.starts_on, part.ends_on, language), language),
        mode=modes(language)[mode],
        standing=standing_words(held.standing, language),
    )

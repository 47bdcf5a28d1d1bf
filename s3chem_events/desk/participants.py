"""The people at an event: the list, its exports, one person."""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from s3chem_events.attendance import exports
from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import (
    answers,
    delegations,
    downloads,
    one_part,
    outbox,
    overview,
    searching,
    withdrawing,
    words,
)
from s3chem_events.desk.entering import may_enter
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk, may, page_number
from s3chem_events.mailing import addresses, suppression, undelivered
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.letters import WAITING, State
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration import (
    anew,
    answering,
    asking,
    by_hand,
    cancelled_parts,
    choices,
    exported,
    participants,
    queries,
    resending,
    substituting,
    waiting,
)
from s3chem_events.registration import history as records
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.history import Difference
from s3chem_events.registration.mail_log import EMAILS
from s3chem_events.registration.models import Registration
from s3chem_events.registration.participants import SORTS, Wanted
from s3chem_events.registration.questions import Kind, When

LONGEST_SEARCH = 200
PRESENT = "present"
"""The list's usual state: all but withdrawn. A file that is asked for without any state is complete (contract)."""
ALL = "all"
NO_EMAIL = "none"
"""Whoever has no address is to be called."""
TROUBLED = frozenset({State.DEFERRED, State.UNKNOWN, State.FAILED, State.SUPPRESSED, State.BOUNCED})


@desk.route("/events/<slug>/participants", methods=["GET", "POST"])
@allowed("participants.see")
def participants_list(slug: str) -> ResponseReturnValue:
    """Show the people at an event, found by a piece of a name in any spelling; POST keeps the search."""
    found = the_event(slug)
    if request.method == "POST":
        asked = _asked(wanted_of(request.form, usual=PRESENT))
        return redirect(url_for("desk.participants_list", slug=slug, **asked), 303)
    if searching.is_lost():
        flash(_("This search is no longer known; everyone is shown. Please search again."))
        return redirect(url_for("desk.participants_list", slug=slug))
    wanted = wanted_of(request.args, usual=PRESENT)
    page = participants.page(found.id, wanted, number=page_number())
    language = i18n.language()
    return render_template(
        "desk/participants/list.html",
        **header(found),
        page=page,
        troubles=_troubles(page),
        contact=delegations.contact(found.id, wanted.delegation),
        wanted=wanted,
        asked=_asked(wanted),
        asked_of_files={**_asked(wanted), "state": _state(wanted)},
        state=_state(wanted),
        states={PRESENT: _("All but withdrawn and rejected"), ALL: _("All states"), **words.standings()},
        emails={NO_EMAIL: _("Without e-mail")},
        email=NO_EMAIL if wanted.to_call else "",
        base_url=settings().base_url.rstrip("/"),
        parts={part.key: part.title.within(language) for part in found.parts},
        regions=choices.regions(language),
        stamp=lambda moment: i18n.short_stamp(moment, found.zone, language),
        held=withdrawing.held(found.id),
        back="",
        may_enter=may_enter(found),
        clock=lambda moment: i18n.clock(moment, found.zone, language),
        sorts={
            "name": _("Name"),
            "organisation": _("Organisation"),
            "newest": _("Newest first"),
            "oldest": _("Oldest first"),
        },
        **_words(),
    )


@desk.route(f"/events/<slug>/participants.<any({', '.join(exports.TYPES)}):form>")
@allowed("participants.export")
def participants_export(slug: str, form: str) -> Response:
    """Give the list as a file; that it was taken is written down."""
    found = the_event(slug)
    wanted = wanted_of(request.args)
    delimiter = request.args.get("delimiter", "comma")
    if delimiter not in exports.DELIMITERS or searching.is_lost():
        abort(404)
    asked = exported.asked_in(found.id, needs=may("needs.export"))
    language = i18n.language()
    more = exported.columns(asked, language)
    rows = exported.rows(found.id, wanted, asked, language=None if form == "json" else language, typed=form == "xlsx")
    chunks = exports.file(form, rows, language=language, delimiter=delimiter, more=more)
    name = f"{slug}-participants-{today(found.zone)}.{form}"
    data = exports.taken(found.id, wanted, form=form, more=tuple(more))
    return downloads.file(chunks, name, noted="participants.exported", **data)


@desk.route("/events/<slug>/participants/<reference>")
@allowed("participants.see")
def participant(slug: str, reference: str) -> str:
    """Show everything about one registration."""
    found, person = person_of(slug, reference)
    language = i18n.language()
    history = participants.history(person.id)
    return render_template(
        "desk/participants/person.html",
        **header(found),
        person=person,
        call=words.to_be_called(person),
        lost=cancelled_parts.stood(person),
        besides=anew.besides([person.id]).get(person.id, ()),
        held=withdrawing.held(found.id, person.id),
        back=person.reference,
        clock=lambda moment: i18n.clock(moment, found.zone, language),
        steps=one_part.steps(person),
        may_add=bool(by_hand.addable(person)),
        history=history,
        positions={
            one.id: waiting.ahead_of(one) + 1 for one in person.participations if one.standing is Standing.WAITING
        },
        emails=(emails := mailing.about(person.id, *EMAILS)),
        unreached=_unreached(person, emails),
        delegation=delegations.of(person),
        email_states=outbox.states(),
        happenings=words.happenings(),
        differences=_differences(found, history, language),
        counterparts=substituting.counterparts(history),
        about=records.about(fact.id for fact in history),
        names=overview.names_of(one.by for one in history),
        organisation_type=choices.organisation_types(language).get(person.organisation_type, person.organisation_type),
        region=choices.regions(language).get(person.region, person.region),
        country=i18n.country_name(person.country, language),
        answers=_answers(person.id, language),
        missing=[one.label.within(language) for one in answers.missing(person)],
        writes_letters=may("gate.export") and bool(asking.asked_at(found.id, when=When.LETTER)),
        language_name=LANGUAGES.get(person.language, person.language),
        stamp=lambda moment: i18n.stamp(moment, found.zone, language),
        part_names={part.id: part.title.within(language) for part in found.parts},
        presences=words.presences(),
        **_words(),
    )


@desk.route("/events/<slug>/participants/<reference>/link", methods=["POST"])
@allowed("participants.edit")
def participant_link(slug: str, reference: str) -> ResponseReturnValue:
    """Send a person the link to their own page again."""
    found, person = person_of(slug, reference)
    with transaction():
        registration = queries.registration_by_id(person.id, lock=True)
        sent = registration is not None and resending.send_link(registration, by=by())
    if sent:
        flash(_("The personal link is on its way."), "good")
    else:
        flash(_("No link was sent: the registration is withdrawn, or one was sent a few minutes ago."), "bad")
    return redirect(url_for("desk.participant", slug=found.slug, reference=reference), 303)


def wanted_of(args: MultiDict[str, str], *, usual: str = ALL) -> Wanted:
    """Return which people an address asks for; a value that is none asks for nothing, a state for the usual one."""
    mode, standing, sort = args.get("mode", ""), args.get("state", ""), args.get("sort", "name")
    standing = standing if standing in {*Standing, PRESENT, ALL} else usual
    return Wanted(
        words=(args.get("q", "") or searching.words())[:LONGEST_SEARCH],
        part=args.get("part", "")[:LONGEST_SEARCH],
        mode=Mode(mode) if mode in set(Mode) else None,
        standing=Standing(standing) if standing in set(Standing) else None,
        sort=sort if sort in SORTS else "name",
        withdrawn=standing != PRESENT,
        to_call=args.get("email") == NO_EMAIL,
        delegation=args.get("delegation", "")[:LONGEST_SEARCH],
    )


def _asked(wanted: Wanted) -> dict[str, Any]:
    """Return the query of an address that asks for the same people."""
    sort = "" if wanted.sort == "name" else wanted.sort
    state = "" if _state(wanted) == PRESENT else _state(wanted)
    asked = {
        **searching.asked(wanted.words, name="q"),
        "part": wanted.part,
        "mode": wanted.mode,
        "state": state,
        "sort": sort,
        "email": NO_EMAIL if wanted.to_call else "",
        "delegation": wanted.delegation,
    }
    return {name: str(value) for name, value in asked.items() if value}


def _state(wanted: Wanted) -> str:
    """Return the chosen one of the list's states."""
    return wanted.standing or (ALL if wanted.withdrawn else PRESENT)


def _troubles(page: participants.Page) -> dict[int, tuple[str, str]]:
    """Return whose last e-mail has not arrived, or whose address gets none any more, with the name and chip of that."""
    newest = mailing.newest_states([row.id for row in page.rows], *EMAILS)
    digests = {row.id: addresses.digest(row.email) for row in page.rows if row.email}
    dead = suppression.dead(digests.values())
    newest |= {number: State.BOUNCED for number, digest in digests.items() if digest in dead}
    names = outbox.states()
    return {number: names[state] for number, state in newest.items() if state in TROUBLED}


def person_of(slug: str, reference: str) -> tuple[Event, Registration]:
    """Return the person, who must be one of this very event."""
    found = the_event(slug)
    person = participants.person(found.id, reference)
    return (found, person) if person is not None else abort(404)


def _differences(event: Event, facts: Sequence[Fact], language: str) -> dict[int, list[Difference]]:
    """Return in words what each fact of a person's history changed, as far as the organiser may read it."""
    changes = records.by_fact([fact.id for fact in facts])
    asked = asking.asked_at(event.id, retired=True, when=None) if changes and may("answers.see") else ()
    return {fact_id: records.said(each, asked, language, openly=True) for fact_id, each in changes.items()}


def _unreached(person: Registration, emails: Sequence[OutgoingEmail]) -> str:
    """Say that a person's e-mails do not arrive, as far as the newest of them to this address tell."""
    if person.withdrawn_at is not None or person.erased_at is not None:
        return ""
    if person.address_digest and undelivered.suppression(person.address_digest):
        return str(_("E-mails to this address come back, so none is sent there any more."))
    mine = next((one.state for one in emails if one.address == person.email and one.state not in WAITING), None)
    if mine in {State.BOUNCED, State.FAILED}:
        return str(_("The last e-mail to this address did not arrive."))
    return ""


def _answers(registration_id: int, language: str) -> list[tuple[str, str, int]]:
    """Return the answers that the organiser may read, with the number of one that is a file."""
    if not may("answers.see"):
        return []
    return [
        (one.question.label.within(language), one.said(language), one.id if one.question.kind is Kind.FILE else 0)
        for one in answering.of([registration_id]).get(registration_id, [])
        if one.question.when is When.REGISTERING and (may("needs.see") or not one.is_sensitive)
    ]


def _words() -> dict[str, Any]:
    return {
        "language": i18n.language(),
        "modes": words.modes(),
        "standings": words.standings(),
        "said": words.said(),
        "standing_chips": words.standing_chips(),
    }

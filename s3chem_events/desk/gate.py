"""What people tell late: who has not yet, the list for the entrance, and letters of invitation.

The values themselves leave the house in two ways only, each upon a fresh sign-in and noted: a letter, and the list for
the entrance (desk.gate_links).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.attendance import gate_links, gates
from s3chem_events.attendance.gates import Unwritable
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.guard import settings
from s3chem_events.core.later import Later
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import downloads
from s3chem_events.desk.day_forms import too_late
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.fields import clock_words
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.overview import names_of
from s3chem_events.desk.participants import person_of
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import times
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.models import Event
from s3chem_events.registration import details, gate_hours, queries
from s3chem_events.registration.models import Registration

if TYPE_CHECKING:
    from s3chem_events.attendance import paper
else:  # 20 MB in a web worker, for few letters
    paper = Later("s3chem_events.attendance.paper")

LOCAL = "%Y-%m-%dT%H:%M"


@desk.route("/events/<slug>/gate")
@allowed("gate.see")
def gate(slug: str) -> str:
    """Show who still has to tell the entrance, to be called, and who needs a letter."""
    return _page(the_event(slug))


@desk.route("/events/<slug>/gate/end", methods=["POST"])
@allowed("gate.export")
def gate_end(slug: str) -> ResponseReturnValue:
    """Set until when the entrance wants its data; an empty field is the usual hour."""
    found, typed = the_event(slug), request.form.get("until", "")[: len("2027-06-16T14:00:00")]
    try:
        until = times.moment(_local(typed), found.zone) if typed else None
    except Invalid as fault:
        sentence = _("Enter a day and an hour.")
        if fault.code in {times.HourSkipped.code, times.HourTwice.code}:
            sentence = clock_words(fault.code, _local(typed), found.zone)
        return _page(found, typed=typed, fault=sentence), 422
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True)
            if event is not None:
                gate_hours.set_end(event, until, by=by())
    except gate_hours.AfterEvent:
        found = the_event(slug)
        return _page(found, typed=typed, fault=too_late(publishing.ends_at(found), found.zone)), 422
    except gate_hours.HourPast:
        return _page(the_event(slug), typed=typed, fault=_("Enter an hour that is still to come.")), 422
    flash(_("The hour is set."), "good")
    return redirect(url_for("desk.gate", slug=slug), 303)


@desk.route("/events/<slug>/participants/<reference>/letter", methods=["GET", "POST"])
@allowed("gate.export")
def letter(slug: str, reference: str) -> ResponseReturnValue:
    """Show a letter of invitation, to be printed and signed (GET); open its questions for somebody (POST)."""
    found, person = person_of(slug, reference)
    if request.method == "POST":
        return _granted(found, reference, person.id)
    registration = queries.registration_by_id(person.id) or abort(404)
    if not gates.letter_rows(registration, "en"):
        return _incomplete(found)
    downloads.fresh_only()
    page = render_template(
        "desk/gate/letter.html",
        **header(found),
        versions=_versions(found, registration),
        reference=reference,
        languages=LANGUAGES,
    )
    downloads.note("letter.shown", event=found.id, registration=person.id)
    return page


@desk.route("/events/<slug>/participants/<reference>/letter-<language>.pdf")
@allowed("gate.export")
def letter_pdf(slug: str, reference: str, language: str) -> ResponseReturnValue:
    """Give a letter of invitation in one of its languages as a file, to be signed; what it holds is not kept."""
    found, person = person_of(slug, reference)
    registration = queries.registration_by_id(person.id) or abort(404)
    if not gates.letter_rows(registration, "en"):
        return _incomplete(found)
    written = next((one for one in _versions(found, registration) if one.language == language), None) or abort(404)
    downloads.fresh_only()
    try:
        content = paper.pdf(
            written,
            title=f"{written.heading}: {registration.full_name}",
            funding=letterhead_of(settings()).funding.within(language),
            alternative=i18n.words(language)("Emblem of the European Union"),
        )
    except Unwritable:
        flash(_("The file knows Latin letters only, and this letter holds others: print this page instead."), "bad")
        return redirect(url_for("desk.letter", slug=slug, reference=reference))
    name, data = f"{slug}-{reference}-letter-{language}.pdf", {"event": found.id, "registration": person.id}
    return downloads.file(content, name, content_type="application/pdf", noted="letter.taken", **data)


def _incomplete(found: Event) -> str:
    return render_template("desk/gate/letter.html", **header(found), versions=[])


def _versions(found: Event, registration: Registration) -> list[gates.Letter]:
    """Write the letter in English and in the language of the host."""
    venue, host_name = found.venue, letterhead_of(settings()).organisation
    host = gates.host_language(venue.country if venue is not None else "")
    return [gates.letter(registration, language, host=host_name) for language in dict.fromkeys(("en", host))]


def _granted(found: Event, reference: str, registration_id: int) -> ResponseReturnValue:
    try:
        with transaction():
            registration = queries.registration_by_id(registration_id, lock=True)
            if registration is not None:
                details.ask_for_letter(registration, by=by())
    except Refused:
        flash(_("Nothing was changed: the event writes no letters, or this person has no place."), "bad")
    else:
        flash(_granted_words(has_email=bool(registration and registration.email)), "good")
    return redirect(url_for("desk.participant", slug=found.slug, reference=reference), 303)


def _granted_words(*, has_email: bool) -> str:
    if has_email:
        return str(_("An e-mail asks the person for what the letter needs. Once it is told, you can print the letter."))
    return str(
        _("Enter what the letter needs under “Change these details”. Once it is told, you can print the letter.")
    )


def _page(found: Event, *, typed: str = "", fault: str = "") -> str:
    terms, language = details.terms(found), i18n.language()
    people, given = details.expected(found, terms), gate_links.of_event(found.id)
    usual = details.usual_end(found, terms.asked)
    local = typed
    if not typed and terms.is_set and terms.until is not None:
        local = terms.until.astimezone(times.zone_info(found.zone)).strftime(LOCAL)
    return render_template(
        "desk/gate/gate.html",
        **header(found),
        asks=bool(terms.asked),
        until=i18n.stamp(terms.until, found.zone, language) if terms.until else "",
        usual=i18n.stamp(usual, found.zone, language) if usual else "",
        is_over=terms.until is not None and now() >= terms.until,
        local=local,
        fault=fault,
        missing=[person for person, is_complete in people if not is_complete],
        complete=sum(is_complete for _person, is_complete in people),
        letters=gates.letters(found),
        links=[(link, gate_links.is_good(link, found)) for link in given],
        openings=gate_links.openings(given),
        names=names_of(link.made_by for link in given),
        is_past=gate_links.is_over(found),
        stamp=lambda moment: i18n.stamp(moment, found.zone, language),
    )


def _local(typed: str) -> datetime:
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=None)
    except ValueError:
        raise Invalid("until", "a day and an hour") from None

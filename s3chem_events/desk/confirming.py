"""A confirmation on paper, for whoever has no e-mail: in the person's own language, to be printed and sent by post."""

from flask import abort, render_template

from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.guard import settings
from s3chem_events.core.values import frozen
from s3chem_events.desk.events import header
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.desk.participants import person_of
from s3chem_events.mailing import render
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.lines import EventLines, PartLines
from s3chem_events.registration import entries, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.emails.composing import Writer
from s3chem_events.registration.models import Registration


@frozen
class Sheet:
    """The words of one confirmation."""

    language: str
    sender: str
    address: list[str]
    written_on: str
    heading: str
    lines: list[str]
    event: EventLines
    parts: list[tuple[str, PartLines]]
    reference_label: str
    reference: str
    closing: list[str]
    funding: str
    emblem: str


@desk.route("/events/<slug>/participants/<reference>/confirmation")
@allowed("participants.see")
def confirmation(slug: str, reference: str) -> str:
    """Show what the confirmation e-mail says, as a letter."""
    found, person = person_of(slug, reference)
    registration = queries.registration_by_id(person.id) or abort(404)
    sheet = None if registration.withdrawn_at is not None else _sheet(registration)
    return render_template("desk/participants/confirmation.html", **header(found), person=person, sheet=sheet)


def _sheet(registration: Registration) -> Sheet:
    language, letterhead = render.spoken(registration.language), letterhead_of(settings())
    _, writer, zone = i18n.words(language), Writer(letterhead), registration.event.zone
    held = [one for one in registration.participations if one.standing is not Standing.WITHDRAWN]
    chosen = entries.chosen(registration, held)
    names = _standings(language)
    standings = [names[one.standing] for one in entries.in_order(registration, held)]
    day, contact = today(zone), _contact()
    return Sheet(
        language=language,
        sender=letterhead.organisation,
        address=[registration.full_name, registration.organisation, i18n.country_name(registration.country, language)],
        written_on=i18n.long_date(day, day, language),
        heading=_("Your registration"),
        lines=[
            _("Dear %(name)s,", name=registration.full_name),
            _("This is what we have noted for you. Please keep this letter."),
        ],
        event=writer.event_lines(registration.event, tuple(chosen), language),
        parts=[
            (standing, writer.part_lines(registration.event, part, mode, language))
            for standing, (part, mode) in zip(standings, chosen, strict=True)
        ],
        reference_label=_("Reference"),
        reference=registration.reference,
        closing=[
            _("Please bring this letter with you. At the entrance your name, or the reference above, is enough."),
            _("If your plans change, please tell us, so that someone else can have your place.") + f" {contact}",
            _("How we use your data: %(address)s", address=f"{letterhead.base_url}/{language}/privacy"),
        ],
        funding=letterhead.funding.within(language),
        emblem=_("Emblem of the European Union"),
    )


def _standings(language: str) -> dict[Standing, str]:
    _ = i18n.words(language)
    return {
        Standing.CONFIRMED: _("Confirmed"),
        Standing.WAITING: _("On the waiting list"),
        Standing.OFFERED: _("A place is offered to you"),
        Standing.PENDING: _("Awaiting decision"),
        Standing.REJECTED: _("Not accepted"),
    }


def _contact() -> str:
    project = publishing.document("project")
    found = project.data.get("contact", {}) if project else {}
    return ", ".join(str(found[name]) for name in ("telephone", "address") if found.get(name))

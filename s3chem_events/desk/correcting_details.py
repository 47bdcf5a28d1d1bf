"""What a person told us, changed for her by an organiser, with the reason in her history; nobody signs in as her."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, SelectField

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.desk import answers, words
from s3chem_events.desk.answers import TellingForm
from s3chem_events.desk.entering import FEWEST_DIGITS, EntryForm
from s3chem_events.desk.events import header
from s3chem_events.desk.fields import Needed, countries, faulty, line, options, say
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.participants import person_of
from s3chem_events.registration import asking, changing, choices, history, names, own_questions, queries
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered
from s3chem_events.registration.changing import Details
from s3chem_events.registration.models import Registration
from s3chem_events.registration.places import INTERESTED
from s3chem_events.registration.questions import When

LONGEST_REASON = 300


class CorrectionForm(TellingForm):
    """What a person told us, and why it is changed for her; the e-mail address has a page of its own."""

    given_name = EntryForm.given_name
    family_name = line(_("Family name"), longest=names.LONGEST_NAME)
    organisation = EntryForm.organisation
    organisation_type = EntryForm.organisation_type
    region = EntryForm.region
    country = SelectField(_("Country"))
    phone = EntryForm.phone
    language = EntryForm.language
    reason = line(_("Reason, for the history"), Needed(), longest=LONGEST_REASON)
    known = HiddenField()
    known_answers: Mapping[str, Any]

    @classmethod
    def about(cls, person: Registration) -> "CorrectionForm":
        """Make the form of a person, filled with what is known of her."""
        language = i18n.language()
        asked, told = answers.of_person(person)
        form = cls.asking_for(asked, {}, data={name: getattr(person, name) for name in changing.COLUMNS})
        form.known_answers = told
        form.missing = {one.key for one in answers.missing(person)}
        form.told = {one.key for one in asked if one.key in told and one.when is not When.REGISTERING}
        form.organisation_type.choices = options({"": "–", **choices.organisation_types(language)})
        form.region.choices = options({"": "–", **choices.regions(language)})
        form.country.choices = countries(language)
        if not form.is_submitted():
            form.known.data = str(history.newest(person.id))
            own_questions.show(form, asked, answers.shown(person, asked))
        return form

    def check(self, person: Registration) -> bool:
        """Validate; a name there must be, and a number where there is no address."""
        good: bool = self.validate()
        if not self.given_name.data and not self.family_name.data:
            say(self.given_name, gettext("Enter the name; if there is only one, use either field."))
        if not person.email and sum(c.isdigit() for c in self.phone.data) < FEWEST_DIGITS:
            say(self.phone, gettext("Enter a telephone number: this person has no e-mail address."))
        parts = [held.part.key for held in person.participations if held.standing in INTERESTED]
        self.check_answers(parts, before=self.known_answers)
        return good and not faulty(self)

    def details(self, person: Registration) -> Details:
        """Return what was filled in."""
        given = {name: self[name].data for name in changing.COLUMNS if name in self}
        given["country"] = choices.REGIONS.get(self.region.data, "") or self.country.data
        return Details(**given, email=person.email)

    def seen(self) -> int:
        """Return the last change that the page showed."""
        typed = self.known.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < 10 else 0  # noqa: PLR2004 - an INTEGER


@desk.route("/events/<slug>/participants/<reference>/correction", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_correction(slug: str, reference: str) -> ResponseReturnValue:
    """Change what a person told us, for her: GET asks, POST does, and tells her."""
    found, person = person_of(slug, reference)
    form, values, status = CorrectionForm.about(person), dict[str, Any](fault="", meanwhile=[]), 200
    if form.is_submitted():
        status = 422
        if form.check(person):
            try:
                done = _correct(person.id, form)
            except Refused as refusal:
                found, person = person_of(slug, reference)  # the roll-back has taken them away
                status, values = refusal.status, _refused(person, form, refusal)
            else:
                flash(_said(person, done=done), "good")
                return redirect(url_for("desk.participant", slug=slug, reference=reference), 303)
    page = render_template(
        "desk/participants/correction.html",
        **header(found),
        person=person,
        call=words.to_be_called(person),
        form=form,
        groups=form.groups(found),
        faulty=faulty(form),
        **values,
    )
    return page, status


def _correct(number: int, form: CorrectionForm) -> bool:
    with transaction():
        registration = queries.registration_by_id(number, lock=True) or abort(404)
        details = form.details(registration)
        answered, reason = form.answered(), form.reason.data
        return changing.change(registration, details, by=by(), answered=answered, seen=form.seen(), reason=reason)


def _said(person: Registration, *, done: bool) -> str:
    if not done:
        return str(gettext("Nothing was changed."))
    if person.email:
        return str(gettext("Changed; an e-mail tells the person what is different."))
    return " ".join((gettext("Changed."), words.to_be_called(person)))


def _refused(person: Registration, form: CorrectionForm, refusal: Refused) -> dict[str, Any]:
    meanwhile = []
    if isinstance(refusal, changing.ChangedMeanwhile):
        asked = asking.asked_at(person.event_id, retired=True, when=None)
        meanwhile = history.said(history.since(person.id, form.seen()), asked, i18n.language(), openly=True)
        form.known.data = str(history.newest(person.id))
    said: dict[type[Refused], str] = {
        changing.Unchangeable: gettext("The registration is withdrawn, or the event is over: nothing was changed."),
        changing.ChangedMeanwhile: gettext("Somebody else has changed this person since you opened the page."),
        AddressBlocked: gettext("The owner of this address does not want to be registered."),
        AlreadyRegistered: gettext("Somebody with this name and this address is registered for this event already."),
    }
    return {"fault": said.get(type(refusal)) or gettext("Nothing was changed."), "meanwhile": meanwhile}

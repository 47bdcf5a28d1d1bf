"""Somebody entered at the desk: a caller, who may have no e-mail address, or a guest of a closed part."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms import EmailField, SelectField, TelField
from wtforms.validators import Length

from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import DEFAULT, LANGUAGES
from s3chem_events.desk import answers, out_of_turn, words
from s3chem_events.desk.answers import TellingForm
from s3chem_events.desk.asking import Question
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.fields import Needed, clean, faulty, languages, line, options, say
from s3chem_events.desk.frame import allowed, by, desk, may
from s3chem_events.mailing import typos
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import Mode, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import actions, capacity, choices, crowds, names
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import LONGEST_PHONE, Registration

MODE = "mode-"
FEWEST_DIGITS = 6
BEYOND, WAITS = "beyond", "waits"
"""What an organiser answers where a part is full, or others wait for it: a place all the same, or the waiting list."""


class EntryForm(TellingForm):
    """Who it is and how she can be reached; one field for each part is added by `of`."""

    given_name = line(_("Given name"), longest=names.LONGEST_NAME)
    family_name = line(_("Family name"), Needed(), longest=names.LONGEST_NAME)
    organisation = line(_("Organisation"), Needed(), longest=names.LONGEST_ORGANISATION)
    phone = TelField(_("Telephone"), [Length(max=LONGEST_PHONE)], filters=[clean])
    email = EmailField(_("E-mail"), filters=[clean])
    language = SelectField(_("Language"), choices=languages, default=DEFAULT)
    organisation_type = SelectField(_("Type of organisation"))
    region = SelectField(_("Region"))
    is_today = False

    @classmethod
    def of(cls, event: Event) -> "EntryForm":
        """Return the form of an event, closed parts included."""
        language, modes = i18n.language(), words.modes()
        fields: dict[str, Any] = {
            MODE + part.key: SelectField(
                part.title.within(language),
                choices=options({"": "–", **{mode: modes[mode] for mode in part.capacities}}),
                default="",
            )
            for part in event.parts
            if not part.cancelled
        }
        form = cls.asking_for(answers.of_newcomer(event), fields)
        form.organisation_type.choices = options({"": "–", **choices.organisation_types(language)})
        form.region.choices = options({"": "–", **choices.regions(language)})
        form.is_today = is_today(event)
        if form.is_today and not form.is_submitted():
            for part in event.parts:
                is_open = part.visibility is Visibility.PUBLIC  # guests of a closed part are chosen one by one
                if is_open and _takes_place_today(part) and Mode.ON_SITE in part.capacities:
                    form[MODE + part.key].data = Mode.ON_SITE.value  # who walks in is there
        return form

    @property
    def parts(self) -> list[SelectField]:
        """The fields of the parts."""
        return [field for field in self if field.name.startswith(MODE)]

    @property
    def chosen(self) -> dict[str, Mode]:
        """The parts that were chosen, and how."""
        return {field.name.removeprefix(MODE): Mode(field.data) for field in self.parts if field.data in set(Mode)}

    def check(self) -> bool:
        """Validate; an address or a number there must be, and a part."""
        good: bool = self.validate()
        if self.email.data:
            try:
                self.email.data = names.address(self.email.data)
            except Invalid:
                say(self.email, gettext("Enter one e-mail address, such as name@organisation.example."))
        elif not (self.is_today and not self.phone.data) and sum(map(str.isdigit, self.phone.data)) < FEWEST_DIGITS:
            say(self.phone, gettext("Enter a telephone number, or an e-mail address below."))
        if self.parts and not any(field.data for field in self.parts):
            say(self.parts[0], gettext("Choose at least one part."))
        self.check_answers(self.chosen)
        return good and not faulty(self)

    def applicant(self, *, waits: bool) -> Applicant:
        """Return who is to be put down, and whether she waits for what is full."""
        region = self.region.data
        return Applicant(
            **{
                name: self[name].data
                for name in ("given_name", "family_name", "organisation", "phone", "email", "language")
            },
            organisation_type=self.organisation_type.data,
            region=region,
            country=choices.REGIONS.get(region, ""),
            choices=self.chosen,
            privacy_version=None,
            answers=self.answers,
            may_wait=frozenset((key, mode.value) for key, mode in self.chosen.items()) if waits else frozenset(),
        )


@desk.route("/events/<slug>/participants/new", methods=["GET", "POST"])
@allowed("participants.enter")
def new_participant(slug: str) -> ResponseReturnValue:
    """Put somebody down on the list by hand."""
    found = the_event(slug)
    if not may_enter(found):
        page = render_template("desk/participants/new.html", **header(found), form=None)
        return page, 409 if request.method == "POST" else 200
    form = EntryForm.of(found)
    status = 422 if form.is_submitted() else 200
    questions, otherwise, there = tuple[Question, ...](), dict[str, str](), ""
    if form.is_submitted() and form.check():
        try:
            entered = _entered(slug, form)
        except capacity.Full as refusal:
            status, questions = refusal.status, _questions(the_event(slug), refusal)
            otherwise = {WAITS: gettext("Put on the waiting list")} if _may_wait(the_event(slug), refusal) else {}
        except actions.AlreadyRegistered as refusal:
            status, there = refusal.status, str(refusal.values["reference"])
            say(form.family_name, gettext("This person is registered for the event already."))
        except (actions.NotOpen, actions.NothingChosen) as refusal:
            status = refusal.status
            say(form.family_name, gettext("This event takes nobody in its present state."))
        else:
            flash(_said(entered), "good")
            if meant := typos.meant(entered.email):
                flash(gettext("You entered %(address)s. Did you mean %(meant)s?", address=entered.email, meant=meant))
            if form.is_today:  # the next one stands behind
                flash(gettext("The reference is %(reference)s.", reference=entered.reference), "good")
                return redirect(url_for("desk.new_participant", slug=slug), 303)
            return redirect(url_for("desk.participant", slug=slug, reference=entered.reference), 303)
    page = render_template(
        "desk/participants/new.html",
        **header(the_event(slug)),
        form=form,
        groups=form.groups(the_event(slug)),
        faulty=faulty(form),
        questions=questions,
        otherwise=otherwise,
        meant=typos.meant(form.email.data or "") if form.is_submitted() else "",
        there=there,
        languages=LANGUAGES,
        privacy_url=f"/{i18n.language()}/privacy",
    )
    return page, status


def _said(entered: Registration) -> str:
    if any(one.standing is Standing.WAITING for one in entered.participations):
        return str(
            gettext("On the waiting list; an e-mail says so, and tells when a place becomes free.")
            if entered.email
            else gettext("On the waiting list. This person has to be called when a place becomes free.")
        )
    return str(
        gettext("Entered; the confirmation follows by e-mail.")
        if entered.email
        else gettext("Entered. Without an e-mail address this person has to be called when something changes.")
    )


def may_enter(event: Event) -> bool:
    """Whether the organiser may put somebody down now: a helper only who walks in, on the day itself."""
    return may("participants.edit") or (may("participants.enter") and is_today(event))


def is_today(event: Event) -> bool:
    """Whether an event takes place on this very day, where it is: then people walk in."""
    return any(_takes_place_today(part) for part in event.parts)


def _takes_place_today(part: Part) -> bool:
    return not part.cancelled and part.starts_on <= today(part.zone) <= part.ends_on


def _entered(slug: str, form: EntryForm) -> Registration:
    beyond = BEYOND in request.form.get("confirmed", "").split()
    waits = request.form.get("otherwise") == WAITS
    with transaction():
        event = publishing.event_by_slug(slug, lock=True)
        if event is None:
            raise actions.NotOpen
        return actions.enter(event, form.applicant(waits=waits), by=by(), beyond=beyond)


def _questions(event: Event, refusal: capacity.Full) -> tuple[Question, ...]:
    full, awaited, note = out_of_turn.told(event, refusal.values["places"])  # type: ignore[arg-type]
    sentence = ngettext(
        "No place is left: %(places)s. The person would be one more than there are places.",
        "No place is left: %(places)s. The person would be one more than there are places in each.",
        len(full),
        places="; ".join(full),
    )
    return (Question(BEYOND, " ".join(filter(None, [sentence if full else "", *awaited, note]))),)


def _may_wait(event: Event, refusal: capacity.Full) -> bool:
    parts = {part.key: part for part in event.parts}
    return all(crowds.has_line(event, parts[key]) for key, _mode in refusal.values["places"])  # type: ignore[attr-defined]

"""The registration form of the contract, its checks and its words for refusals."""

import re
import secrets
from collections.abc import Collection
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, ClassVar

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import CheckboxInput

from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import words
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.queries import open_parts
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import asking, choices, names, own_questions
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.capacity import Full
from s3chem_events.registration.questions import Asked, Given
from s3chem_events.site import opening
from s3chem_events.site.fields import Form, Line
from s3chem_events.site.lists import ListField, Options
from s3chem_events.site.proving import ProofAsked, Proving
from s3chem_events.site.queueing import Queueing

ATTEMPT = re.compile(r"[0-9a-f]{32}")
ADDRESS_FAULTS = {
    "address": _l("Enter one e-mail address, such as name@organisation.example."),
    "address_domain": _l("The part after the @ is incomplete. It should look like organisation.example."),
    "address_long": _l("An e-mail address can have at most 254 characters."),
}
COUNTRY_FAULTS = {
    "missing": _l("Choose your country."),
    "not_in_the_union": _l("This country is not in the European Union: choose another country or another region."),
    "in_the_union": _l("This country is in the European Union: choose another country or another region."),
}
REFUSALS = {
    "not_open": _l("This part is not open for registration. Choose another one, or write to us."),
    "nothing_chosen": _l("Choose at least one part, and how you will attend."),
    "invitation_over": _l("This invitation has been used or withdrawn, or its event is over. Please write to us."),
    "address_blocked": _l("This address cannot be used at the moment. Use another one, or write to us."),
    "too_many": _l(
        "Too many requests came from your network. "
        "Wait a minute and submit the form again; your entries have been kept."
    ),
    ProofAsked.code: _l(
        "Many registrations are coming from your network at the moment. To keep robots out, your browser does a "
        "short calculation: there is nothing to solve or to type. "
        "Nothing has been saved yet, and your entries have been kept."
    ),
}


class PressForm(Form):
    """A page with nothing but a button."""


class LostLinkForm(Form):
    """Asks for the link to one's registration."""

    email = EmailField(_l("E-mail address"), validators=[InputRequired(_l("Enter your e-mail address."))])
    website = StringField(_l("Leave this field empty"))

    def validate_email(self, field: EmailField) -> None:
        """Accept one address."""
        check_address(field)


class RegistrationForm(Queueing, Proving, Form):
    """The form of one event; `of()` adds the parts that are open and their modes."""

    given_name = Line(_l("Given name"), longest=names.LONGEST_NAME)
    family_name = Line(_l("Family name"), longest=names.LONGEST_NAME)
    email = EmailField(_l("E-mail address"), validators=[InputRequired(_l("Enter your e-mail address."))])
    organisation = Line(
        _l("Organisation"),
        longest=names.LONGEST_ORGANISATION,
        validators=[
            InputRequired(
                _l("Enter the name of your organisation, or a dash if you are attending as a private person.")
            )
        ],
    )
    organisation_type = ListField(
        _l("Type of organisation"), validators=[InputRequired(_l("Choose the type of your organisation."))]
    )
    region = ListField(_l("Region"), validators=[InputRequired(_l("Choose your region."))])
    country = ListField(_l("Country"))
    language = ListField(_l("Language"))
    parts = SelectMultipleField(_l("Parts"), option_widget=CheckboxInput())
    privacy = BooleanField(
        _l("I have read the privacy notice."),
        validators=[InputRequired(_l("Please confirm that you have read the privacy notice."))],
    )
    attempt = HiddenField()
    opened = HiddenField()
    shown_in = HiddenField()
    website = StringField(_l("Leave this field empty"))
    event: Event
    lang: str
    questions: tuple[Asked, ...]
    seen_versions: dict[str, int]
    answers: tuple[Given, ...] = ()
    invited: frozenset[str]
    at: str = ""
    opened_at: datetime | None
    is_decided = False  # whether organisers have had their say about whoever fills it in: by an invitation
    asks_questions: ClassVar[bool] = True
    no_mode: ClassVar[Any] = _l("Choose how you will attend.")

    @classmethod
    def of(
        cls, event: Event, lang: str, *, invited: Collection[str] = (), at: str = "", **kwargs: Any
    ) -> "RegistrationForm":
        """Make the form of an event in a language; an invitation opens closed parts, and moves it to its address."""
        opened_at = opening.opened_at(event.slug, request.form.get("opened", ""))
        offered = open_parts(event, invited=invited, opened_at=opened_at)
        there = {"", *(part.key for part in offered)}  # what is asked about a closed part is nobody else's business
        asked = asking.asked_at(event.id) if cls.asks_questions else ()
        questions = tuple(one for one in asked if one.part in there)
        kind: Any = cls  # mypy takes the classes of WTForms for unhashable
        how = _asking_how(kind, tuple(p.key for p in offered if len(p.capacities) > 1), lang, questions)
        form: RegistrationForm = how(**kwargs)
        form.event, form.lang, form.questions, form.opened_at = event, lang, questions, opened_at
        form.invited, form.at = frozenset(invited), at or f"/events/{event.slug}/register"
        if opened_at is None:
            form.opened.data = opening.stamp(event.slug)
        form.seen_versions = own_questions.remember(form, questions)
        form.parts.choices = [SelectChoice(part.key, part.title.within(lang)) for part in offered]
        offer_lists(form, lang)
        if not form.is_submitted():
            form.language.data = lang
            if len(offered) == 1:
                form.parts.data = [offered[0].key]
        if not ATTEMPT.fullmatch(form.attempt.data or ""):
            form.attempt.data = new_attempt()
        if form.language.data == form.shown_in.data:
            form.language.data = lang  # whoever reads on in another language wants the e-mails in it, unless they chose
        form.shown_in.data = lang
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then what concerns several of them."""
        good = super().validate(extra_validators)
        if not self.given_name.data and not self.family_name.data:
            self._blame(self.given_name, _("Enter your name; if you have only one, use either field."))
        if not self.parts.data and not self.parts.errors:
            self._blame(self.parts, _("Choose at least one part."))
        for part in self.chosen():
            field = self.mode_field(part)
            if field is not None and field.data not in {mode.value for mode in part.capacities}:
                self._blame(field, str(self.no_mode))
        if fault := choices.country_fault(self.region.data or "", self.country.data or ""):
            self._blame(self.country, str(COUNTRY_FAULTS[fault]))
        self.answers = own_questions.answers(
            self, self.questions, parts=self.parts.data or [], seen=self.seen_versions, lang=self.lang
        )
        return good and not self.errors

    def validate_email(self, field: EmailField) -> None:
        """Accept one address, as typed."""
        check_address(field)

    def validate_website(self, field: StringField) -> None:
        """Only a robot fills what nobody sees; if a program filled it for somebody, one more press suffices."""
        refuse_filled(field)

    def applicant(self, privacy_version: str) -> Applicant:
        """Return what was filled in, as plain values."""
        return Applicant(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            email=self.email.data or "",
            organisation=self.organisation.data or "",
            organisation_type=self.organisation_type.data,
            country=choices.REGIONS[self.region.data] or self.country.data,
            region=self.region.data,
            language=self.language.data,
            choices={part.key: self.mode_of(part) for part in self.chosen()},
            privacy_version=privacy_version,
            attempt=self.attempt.data or "",
            answers=self.answers,
            may_wait=self.may_wait(),
            invited=self.invited,
            opened_at=self.opened_at,
        )

    def in_page_order(self) -> list[Any]:
        """Return the fields as they follow each other on the page, for the summary of what is wrong."""
        first = [field for field in self if field.name == "parts" or field.name.startswith("mode-")]
        last = [field for field in self if field.name.startswith("question-")]
        others = [field for field in self if field not in first and field not in last]
        return [*first, *(field for field in others if field is not self.privacy), *last, self.privacy]

    def asks_for_closed_part(self) -> bool:
        """Whether a part was sent that the form does not offer: by hand, or closed since it was opened."""
        return bool(set(self.parts.data or []) - {choice.value for choice in self.parts.choices})

    def sentence(self, refusal: Refused) -> str:
        """Say a refusal in words."""
        if isinstance(refusal, Full):
            return self.full_sentence(refusal)
        return str(REFUSALS.get(refusal.code, REFUSALS["not_open"]))

    @staticmethod
    def _blame(field: Any, sentence: str) -> None:
        field.errors = [*field.errors, sentence]


@lru_cache(maxsize=64)
def _asking_how(
    base: type[RegistrationForm], keys: tuple[str, ...], lang: str, questions: tuple[Asked, ...]
) -> type[RegistrationForm]:
    """Return the form that asks of these parts how one will attend, and these questions.

    To make a class takes longer than to fill it.
    """
    made = {f"mode-{key}": mode_field(lang) for key in keys} | own_questions.fields(questions, lang)
    return type(f"Event{base.__name__}", (base,), made)


def offer_lists(form: Any, lang: str) -> None:
    """Put in what can be chosen of the lists that are the same for every event."""
    form.organisation_type.options = _organisation_types(lang)
    form.region.options = _regions(lang)
    form.country.options = _countries(lang)
    form.language.options = LANGUAGES_OFFERED


def new_attempt() -> str:
    """Return the number by which one form that is sent twice is known."""
    return secrets.token_hex(16)


def check_address(field: EmailField) -> None:
    """Trim an address and refuse what is not one."""
    try:
        field.data = names.address(field.data or "")
    except Invalid as fault:
        raise ValidationError(str(ADDRESS_FAULTS[fault.detail])) from None


def refuse_filled(field: StringField) -> None:
    """Refuse what was typed where nobody sees a field; the next press, with it empty, suffices."""
    if field.data:
        field.data = ""
        raise ValidationError(_("A hidden field was filled. It is empty again: please submit the form once more."))


def mode_field(lang: str) -> RadioField:
    return RadioField(
        _l("How will you attend?"),
        choices=[SelectChoice(mode.value, word) for mode, word in mode_words(lang).items()],
        validate_choice=False,  # asked only of a part that is chosen: validate() does
    )


@cache
def _organisation_types(lang: str) -> Options:
    return _asking(lang, choices.organisation_types(lang))


@cache
def _regions(lang: str) -> Options:
    return _asking(lang, choices.regions(lang))


@cache
def _countries(lang: str) -> Options:
    return _asking(lang, choices.countries(lang))


def _asking(lang: str, labels: dict[str, str]) -> Options:
    _ = words(lang)
    return Options.of({"": _("Choose…"), **labels})


LANGUAGES_OFFERED = Options.of(LANGUAGES)

"""The form by which a contact registers several people: the single form's fields once, and a few for each person."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, ClassVar, cast

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import EmailField, HiddenField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import words
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.queries import open_parts
from s3chem_events.registration import names
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.admitting import CONTACT_PLACE, Agreed, PlacesShort, Shortage, Wait
from s3chem_events.registration.delegations import MOST, Group
from s3chem_events.site.fields import Form, Line
from s3chem_events.site.forms import RegistrationForm, check_address, mode_field
from s3chem_events.site.lists import ListField, Options
from s3chem_events.site.queueing import QueueingForSomebody

PREFIX = re.compile(r"person-([1-9][0-9]?)-(.+)")
AT_FIRST = 2
UNUSABLE = _l(
    "Nobody can be registered with this name and this address at the moment. Perhaps there is a registration already; "
    "if not, use another address, or write to us."
)
"""One sentence for who is there already, whose address is blocked, and whose mailbox was entered too often."""
FAULTS = {"entered_twice": _l("This person stands in your list already.")}


class DelegateForm(QueueingForSomebody, Form):
    """One of the people; `of()` adds the ways to take part. What is left empty is as the contact said for all."""

    class Meta(Form.Meta):
        """The contact's form carries the token."""

        csrf = False

    given_name = Line(_l("Given name"), longest=names.LONGEST_NAME)
    family_name = Line(_l("Family name"), longest=names.LONGEST_NAME)
    email = EmailField(_l("E-mail address"))
    organisation = Line(_l("Organisation"), longest=names.LONGEST_ORGANISATION)
    language = ListField(_l("Language"))
    parts = SelectMultipleField(_l("Parts"), option_widget=CheckboxInput())
    number: int
    invited: frozenset[str]
    opened_at: datetime | None

    @classmethod
    def of(
        cls,
        event: Event,
        lang: str,
        number: int,
        *,
        typed: MultiDict[str, str] | None,
        invited: Collection[str] = (),
        opened_at: datetime | None = None,
    ) -> "DelegateForm":
        """Make the form of the person with this number."""
        offered = open_parts(event, invited=invited, opened_at=opened_at)
        how = _asking(tuple(part.key for part in offered if len(part.capacities) > 1), lang)
        form = how(formdata=typed, prefix=f"person-{number}-")
        form.event, form.number = event, number
        form.invited, form.opened_at = frozenset(invited), opened_at
        form.parts.choices = [SelectChoice(part.key, part.title.within(lang)) for part in offered]
        form.language.options = _languages(lang)
        return form

    @property
    def name(self) -> str:
        """The name as far as it was typed."""
        return f"{self.given_name.data or ''} {self.family_name.data or ''}".strip()

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed: such a person is none."""
        return not (self.name or (self.email.data or "").strip() or self.organisation.data)

    @property
    def is_special(self) -> bool:
        """Whether something is other than for all."""
        more = (self.organisation.data, self.language.data, self.parts.data)
        return any(more) or any(self[name].errors for name in ("organisation", "language", "parts"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then the name and how she will attend."""
        self.language.data = self.language.data or ""
        good = super().validate(extra_validators)
        if not self.name:
            self.blame(self.given_name, _("Enter a name; if there is only one, use either field."))
        for part in self.chosen():
            field = self.mode_field(part)
            if field is not None and field.data not in {mode.value for mode in part.capacities}:
                self.blame(field, _("Choose how this person will attend."))
        return good and not self.errors

    def validate_email(self, field: EmailField) -> None:
        """Accept one address, or none."""
        if (field.data or "").strip():
            check_address(field)
        else:
            field.data = ""

    def choices(self) -> dict[str, Mode]:
        """Return what was chosen for this person alone; nothing where it is as for all."""
        return {part.key: self.mode_of(part) for part in self.chosen()}

    def title(self) -> str:
        """Say who it is, by number and name."""
        if not self.name:
            return _("Person %(number)s", number=self.number)
        return _("Person %(number)s: %(name)s", number=self.number, name=self.name)

    @staticmethod
    def blame(field: Any, sentence: str) -> None:
        field.errors = [*field.errors, sentence]

    @classmethod
    def blame_for(cls, form: Any, code: str) -> None:
        """Say why somebody cannot be registered; whether she is known here is told apart by nothing."""
        cls.blame(form.given_name if code == "entered_twice" else form.email, str(FAULTS.get(code, UNUSABLE)))


@frozen
class Faulty:
    """What the summary of errors says of one person's field, and where it leads to."""

    id: str
    errors: list[str]
    type: str = "StringField"


class DelegationForm(RegistrationForm):
    """The whole form; `of()` makes the people that were sent, or the first two."""

    asks_questions: ClassVar[bool] = False  # each person answers on her own page
    attends = RadioField(
        _l("Will you attend yourself?"),
        choices=[SelectChoice("yes", _l("Yes, I attend, too")), SelectChoice("no", _l("No, I only register others"))],
        validators=[InputRequired(_l("Say whether you attend yourself."))],
    )
    split = HiddenField()
    no_mode: ClassVar[Any] = _l("Choose how they will attend.")
    people: list[DelegateForm]
    is_crowded = False

    @classmethod
    def of(cls, event: Event, lang: str, **kwargs: Any) -> "DelegationForm":
        """Make the form of an event in a language."""
        form = cast("DelegationForm", super().of(event, lang, **kwargs))
        typed = _people_typed(request.form) if form.is_submitted() else [MultiDict()] * AT_FIRST
        form.is_crowded = len(typed) > MOST
        form.sit_down(typed)
        return form

    def sit_down(self, typed: list[MultiDict[str, str]]) -> None:
        """Give people their numbers, from 1 on; there is room for one at least, and for MOST at most."""
        of = partial(DelegateForm.of, self.event, self.lang, invited=self.invited, opened_at=self.opened_at)
        seated = typed[:MOST] or [MultiDict()]
        self.people = [of(number, typed=_prefixed(one, number)) for number, one in enumerate(seated, 1)]

    def add(self, number: int) -> None:
        """Make room for more people; the first field of the first of them takes the focus."""
        typed = _people_typed(request.form)
        self.sit_down([*typed, *([MultiDict()] * number)])
        self.people[min(len(typed), len(self.people) - 1)].given_name.render_kw = {"autofocus": True}

    def remove(self, number: int) -> str:
        """Take somebody off the list; returns who it was, and whoever follows takes the focus."""
        typed = _people_typed(request.form)
        gone = self.people[number - 1].title() if 0 < number <= len(self.people) else ""
        if gone:
            del typed[number - 1 : number]  # of a form without anybody nobody was sent
        self.sit_down(typed)
        self.split.data = ""
        self.people[min(number, len(self.people)) - 1].given_name.render_kw = {"autofocus": True}
        return gone

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the contact's fields, then each person; whoever was left blank is passed over."""
        good = super().validate(extra_validators)
        there = [one for one in self.people if not one.is_blank]
        if not there:
            DelegateForm.blame(self.people[0].given_name, _("Enter at least one person."))
            return False
        if len(there) < len(self.people):
            self.sit_down([one for one in _people_typed(request.form) if _is_filled(one)])
        people = [one.validate() for one in self.people]
        return good and all(people) and not self.is_crowded

    def group(self, privacy_version: str) -> Group:
        """Return what was filled in, as plain values."""
        contact = self.applicant(privacy_version)
        people = tuple(self._applicant(one, contact) for one in self.people)
        coming = contact if self.attends.data == "yes" else replace(contact, choices={})
        return Group(coming, people, self._agreed())

    def blame_people(self, faults: dict[int, str]) -> None:
        """Say at each person why she cannot be registered."""
        for place, code in faults.items():
            form: Any = self if place == CONTACT_PLACE else self.people[place - 1]
            DelegateForm.blame_for(form, code)

    def show_split(self, refusal: PlacesShort) -> None:
        """Keep who would have to wait for what: who chooses on the next page has seen it there."""
        shown = sorted((place, *which) for place, places in refusal.waits.items() for which in places)
        self.split.data = " ".join(f"{place}:{key}:{mode}" for place, key, mode in shown)

    def in_page_order(self) -> list[Any]:
        """Return the fields, and those of the people with their names, for the summary of what is wrong."""
        *first, last = super().in_page_order()
        return [*first, *(fault for one in self.people for fault in _faults(one)), last]

    def _applicant(self, one: DelegateForm, contact: Applicant) -> Applicant:
        return replace(
            contact,
            given_name=one.given_name.data or "",
            family_name=one.family_name.data or "",
            email=one.email.data or "",
            organisation=one.organisation.data or contact.organisation,
            language=one.language.data or contact.language,
            choices=one.choices() or contact.choices,
            privacy_version=None,
            attempt="",
        )

    def _agreed(self) -> Agreed:
        choice = request.form.get("places", "")
        return Agreed(Shortage(choice) if choice in set(Shortage) else None, frozenset(_waits(self.split.data or "")))


def _waits(split: str) -> Iterable[Wait]:
    for word in split.split():
        place, key, mode = (*word.split(":"), "", "")[:3]
        if place.isdecimal() and len(place) < len("100"):
            yield int(place), key, mode


def _faults(one: DelegateForm) -> list[Faulty]:
    found = []
    for field in one:
        if field.errors:
            errors = [f"{one.title()} – {error}" for error in field.errors]
            first = f"{field.id}-0" if field.type in {"RadioField", "SelectMultipleField"} else field.id
            found.append(Faulty(first, errors))
    return found


def _people_typed(sent: MultiDict[str, str]) -> list[MultiDict[str, str]]:
    """Return what was sent of each person, by the bare names of the fields, in the order of their numbers."""
    people: dict[int, MultiDict[str, str]] = {}
    for name, values in sent.lists():
        found = PREFIX.fullmatch(name)
        if found:
            people.setdefault(int(found[1]), MultiDict()).setlist(found[2], values)
    return [people[number] for number in sorted(people)]


def _prefixed(typed: MultiDict[str, str], number: int) -> MultiDict[str, str] | None:
    if not typed:
        return None
    return MultiDict([(f"person-{number}-{name}", value) for name, value in typed.items(multi=True)])


def _is_filled(typed: MultiDict[str, str]) -> bool:
    return any(typed.get(name, "").strip() for name in ("given_name", "family_name", "email", "organisation"))


@lru_cache(maxsize=64)
def _asking(keys: tuple[str, ...], lang: str) -> type[DelegateForm]:
    return type("EventPersonForm", (DelegateForm,), {f"mode-{key}": mode_field(lang) for key in keys})


@cache
def _languages(lang: str) -> Options:
    _ = words(lang)
    return Options.of({"": _("As for you"), **LANGUAGES})

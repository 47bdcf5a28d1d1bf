"""Who somebody is, asked once more: the fields of the registration form that say it, and the organisers' questions."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from wtforms import EmailField, HiddenField

from s3chem_events.core.i18n import gettext as _
from s3chem_events.registration import choices, own_questions
from s3chem_events.registration.questions import Asked, Given
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import COUNTRY_FAULTS, RegistrationForm, check_address, offer_lists


class PersonForm(Form):
    """Name, organisation and language; `of()` adds the questions, and fields that not every page asks for."""

    given_name = RegistrationForm.given_name
    family_name = RegistrationForm.family_name
    organisation = RegistrationForm.organisation
    organisation_type = RegistrationForm.organisation_type
    region = RegistrationForm.region
    country = RegistrationForm.country
    language = RegistrationForm.language
    seen = HiddenField()
    lang: str
    parts: tuple[str, ...]
    questions: tuple[Asked, ...]
    seen_versions: Mapping[str, int]
    answers: tuple[Given, ...] = ()

    @classmethod
    def of(cls, questions: Sequence[Asked], lang: str, *, parts: Sequence[str], more: Mapping[str, Any]) -> Self:
        """Make the form of somebody who takes part in some parts, with `more` fields."""
        made = {**more, **own_questions.fields(questions, lang)}
        form: Self = type(f"{cls.__name__}OfEvent", (cls,), made)()
        form.lang, form.parts, form.questions = lang, tuple(parts), tuple(questions)
        form.seen_versions = own_questions.remember(form, form.questions)
        offer_lists(form, lang)
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then what concerns several of them."""
        good = super().validate(extra_validators)
        if not self.given_name.data and not self.family_name.data:
            self._blame(self.given_name, _("Enter your name; if you have only one, use either field."))
        if fault := choices.country_fault(self.region.data or "", self.country.data or ""):
            self._blame(self.country, str(COUNTRY_FAULTS[fault]))
        self.answers = own_questions.answers(
            self, self.questions, parts=self.parts, seen=self.seen_versions, lang=self.lang
        )
        return good and not self.errors

    def validate_email(self, field: EmailField) -> None:
        """Accept one address, as typed."""
        check_address(field)

    def show(self, values: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        """Fill in what is known: fields by name, answers by the key of their question."""
        for name, value in values.items():
            if name in self:
                self[name].data = value
        own_questions.show(self, self.questions, answers)

    def told(self, name: str, otherwise: str = "") -> str:
        """Return what a field holds; `otherwise` where the form does not ask for it."""
        return str(self[name].data or "") if name in self else otherwise

    @property
    def nation(self) -> str:
        """The country, which most regions tell."""
        return choices.REGIONS[self.region.data] or str(self.country.data or "")

    @property
    def form_fields(self) -> list[Any]:
        """The fields in the order of the page, for the summary of what is wrong."""
        last = [field for field in self if field.name.startswith("question-")]
        return [*(field for field in self if field not in last), *last]

    @staticmethod
    def _blame(field: Any, sentence: str) -> None:
        field.errors = [*field.errors, sentence]

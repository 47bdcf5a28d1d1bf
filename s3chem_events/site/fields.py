"""What the forms of the public share: a line of text, and WTForms' own words in the page's language."""

from functools import cache
from typing import Any

from babel.support import NullTranslations, Translations
from flask_babel import get_locale
from wtforms import StringField
from wtforms.i18n import messages_path
from wtforms.validators import ValidationError

from s3chem_events.core import forms
from s3chem_events.core.i18n import gettext as _
from s3chem_events.registration import names


class Line(StringField):
    """One line of text: cleaned, with its longest length said in the error."""

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        """Take the limit in characters."""
        super().__init__(*args, **kwargs)
        self.longest = longest

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the letters, drop what cannot be seen."""
        self.data = names.clean_line(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is too long, and links in what will stand in an e-mail."""
        if len(self.data or "") > self.longest:
            raise ValidationError(_("Please use at most %(number)s characters.", number=self.longest))
        if names.holds_link(self.data or ""):
            raise ValidationError(_("Please do not enter web addresses here."))


class Form(forms.Form):
    """A form that speaks the page's language, from a catalogue that is read once and not for each request."""

    class Meta(forms.Form.Meta):
        """Where WTForms' own words come from."""

        def get_translations(self, form: Any) -> NullTranslations:  # noqa: ARG002 - WTForms' own signature
            """Return them in the language of the request."""
            return _wtforms_words(str(get_locale()))


@cache
def _wtforms_words(lang: str) -> NullTranslations:
    return Translations.load(messages_path(), [lang], domain="wtforms")

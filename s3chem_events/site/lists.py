"""Fields that choose from a list which is the same for everybody: its HTML is made once a language, not once a form.

WTForms writes each option anew for each form: 280 options were two thirds of the time of the registration page.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape
from wtforms import SelectField
from wtforms.validators import ValidationError
from wtforms.widgets import html_params

from s3chem_events.core.values import frozen


@frozen
class Options:
    """A list to choose from: its values, and its options as HTML with none of them chosen."""

    values: frozenset[str]
    html: str

    @classmethod
    def of(cls, labels: Mapping[str, str]) -> "Options":
        """Take stored values and what people read."""
        html = "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in labels.items())
        return cls(frozenset(labels), html)

    def choosing(self, value: str | None) -> str:
        """Return the HTML with a value chosen."""
        if value not in self.values:
            return self.html
        plain = f'<option value="{escape(value)}">'
        return self.html.replace(plain, plain.replace("<option", "<option selected"), 1)


NONE = Options.of({})


class ListWidget:
    """Writes a field of this kind; the attributes are those that WTForms would write."""

    validation_attrs = ("required", "disabled")

    def __call__(self, field: "ListField", **attributes: Any) -> Markup:
        """Return the select element."""
        attributes.setdefault("id", field.id)
        for name in self.validation_attrs:
            if name in field.flags:
                attributes.setdefault(name, getattr(field.flags, name))
        options = field.options.choosing(field.data)
        return Markup(f"<select {html_params(name=field.name, **attributes)}>{options}</select>")  # noqa: S704 - all parts are escaped


class ListField(SelectField):
    """One value out of a list; `options` is set by the form that knows the language."""

    widget = ListWidget()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with an empty list."""
        super().__init__(*args, choices=[], **kwargs)
        self.options = NONE

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is not on the list."""
        if self.data not in self.options.values:
            raise ValidationError(self.gettext("Not a valid choice."))

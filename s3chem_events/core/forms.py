"""What every form that may bring files shares."""

from typing import Any

from flask import abort, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField


class Form(FlaskForm):
    """A form whose fields get what they ask for."""

    class Meta(FlaskForm.Meta):
        """Where the fields' values come from."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Refuse a file where words are asked for: Flask-WTF mixes both, and a file is no name."""
            values = super().wrap_formdata(form, formdata)
            if isinstance(values, CombinedMultiDict):
                fields = form._fields
                if not all(isinstance(fields.get(name), FileField) for name in request.files):
                    abort(400)
            return values

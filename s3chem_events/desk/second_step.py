"""Switching codes from an app on: the picture stays until the code is right, then come the recovery codes."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from s3chem_events.accounts import codes
from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk.frame import allowed, by, desk, me


class CodeForm(FlaskForm):
    """The first code that the app shows."""

    code = StringField(_l("Code"), validators=[InputRequired(_l("Enter the code that the app shows.")), Length(max=20)])


@desk.route("/account/codes/first", methods=["POST"])
@limits.limiter.limit(limits.SIGN_IN)
@allowed("account.own")
def first_code() -> ResponseReturnValue:
    """Check the first code and switch codes on; after a wrong one the same picture stays."""
    setup = codes.offered(me())
    if setup is None:
        return redirect(url_for("security.two_factor_setup"))
    form = CodeForm()
    if form.validate():
        with transaction():
            good = codes.switch_on(me(), code=form.code.data or "", by=by())
        if good:
            flash(_("Codes are switched on. One step is left: keep these recovery codes."), "good")
            return redirect(url_for("security.mf_recovery_codes", show_codes=1))
        form.code.errors = [
            _("This is not the right code. Wait for the next one that the app shows, and enter that one.")
        ]
    return render_template("desk/first_code.html", section="account", setup=setup, form=form), 422

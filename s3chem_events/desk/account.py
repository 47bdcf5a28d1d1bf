"""The organiser's own account: name and language, password, second factor, passkeys, sessions."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from s3chem_events.accounts import actions, queries, security
from s3chem_events.accounts.passwords import SHORTEST, WeakPassword
from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk.frame import allowed, by, desk, me
from s3chem_events.registration.names import clean_line


class ProfileForm(FlaskForm):
    """What colleagues see, and the language of the desk."""

    name = StringField(_l("Name"), validators=[Length(max=200)])
    language = SelectField(_l("Language of the desk"), choices=[SelectChoice(*each) for each in LANGUAGES.items()])


class PasswordForm(FlaskForm):
    """A new password; the present one is asked for where the session did not begin with a link."""

    present = PasswordField(_l("Current password"))
    new = PasswordField(_l("New password"), validators=[InputRequired(_l("Enter a new password.")), Length(max=1000)])


@desk.route("/account")
@allowed("account.own")
def account() -> ResponseReturnValue:
    """Show what belongs to the account."""
    return _page(ProfileForm(obj=me()), PasswordForm(formdata=None))


@desk.route("/account/profile", methods=["POST"])
@allowed("account.own")
def profile() -> ResponseReturnValue:
    """Change name and language."""
    form = ProfileForm()
    if not form.validate():
        return _page(form, PasswordForm(formdata=None), status=422)
    with transaction():
        actions.change_profile(me(), name=clean_line(form.name.data or ""), language=form.language.data)
    flash(_("Saved."), "good")
    return redirect(url_for("desk.account"))


@desk.route("/account/password", methods=["POST"])
@limits.limiter.limit(limits.SIGN_IN)
@allowed("account.own")
def password() -> ResponseReturnValue:
    """Set a new password; all other browsers are signed out."""
    form = PasswordForm()
    if not form.validate():
        return _page(ProfileForm(formdata=None, obj=me()), form, status=422)
    organiser = me()
    if _knows_present() and not security.password_matches(organiser, form.present.data or ""):
        form.present.errors = [_("This is not your current password.")]
        return _page(ProfileForm(formdata=None, obj=organiser), form, status=422)
    try:
        with transaction():
            actions.change_password(organiser, password=form.new.data or "", by=by())
            security.renew(organiser)
    except WeakPassword as refusal:
        form.new.errors = [_said(refusal)]
        return _page(ProfileForm(formdata=None, obj=me()), form, status=refusal.status)
    flash(_("Your password has been changed. All other browsers have been signed out."), "good")
    return redirect(url_for("desk.account"))


@desk.route("/account/sessions/<int:session_id>/end", methods=["POST"])
@allowed("account.own")
def session_end(session_id: int) -> ResponseReturnValue:
    """Sign one of the organiser's browsers out."""
    with transaction():
        ended = actions.end_session(me(), session_id=session_id)
    flash(_("That browser is signed out.") if ended else _("That browser was already signed out."), "good")
    return redirect(url_for("desk.account"))


def _page(profile_form: ProfileForm, password_form: PasswordForm, *, status: int = 200) -> ResponseReturnValue:
    organiser = me()
    sessions = queries.sessions(organiser.id)
    return render_template(
        "desk/account.html",
        section="account",
        profile=profile_form,
        password=password_form,
        knows_present=_knows_present(),
        shortest=SHORTEST,
        passkeys=organiser.webauthn,
        can_add_passkey=security.passkeys_work_here(),
        has_codes=bool(organiser.tf_primary_method),
        recovery_left=len(organiser.mf_recovery_codes or []),
        sessions=sessions,
        here=security.this_session(sessions),
    ), status


def _knows_present() -> bool:
    return me().password is not None and not security.came_by_link()


def _said(refusal: WeakPassword) -> str:
    return {
        "short": _("Use at least %(least)s characters; a sentence is easy to remember.", least=SHORTEST),
        "long": _("This password is too long."),
        "common": _("This is easy to guess. Use a few unrelated words."),
    }[refusal.reason]

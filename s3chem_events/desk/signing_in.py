"""The ways in: password, one-time link, passkey; and the way out.

A GET never lets anybody in: mail scanners open links.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from s3chem_events.accounts import actions, audit, queries, security
from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.desk.frame import ANYBODY, allowed, by, desk

HOME = "/desk/"
LONGEST_ADDRESS = 254
GUESSED_AT = (
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.verify",
    "security.wan_signin",
    "security.wan_signin_response",
)
FOR_STRANGERS = ("security.two_factor_token_validation", "security.tf_select", "security.mf_recovery")
"""The second step of signing in."""
TRIES = "10 per 15 minutes"
"""For one address, from wherever. The link by e-mail stays open meanwhile, so that nobody can lock an organiser out."""


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = EmailField(
        _l("E-mail"), validators=[InputRequired(_l("Enter your e-mail address.")), Length(max=LONGEST_ADDRESS)]
    )
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Enter your password.")), Length(max=1000)])
    next = HiddenField()


class LinkForm(FlaskForm):
    """The address that a sign-in link goes to."""

    email = EmailField(
        _l("E-mail"), validators=[InputRequired(_l("Enter your e-mail address.")), Length(max=LONGEST_ADDRESS)]
    )


class TokenForm(FlaskForm):
    """Nothing but the token against forged posts."""


def _sign_in_page(form: SignInForm) -> str:
    return render_template("desk/sign_in.html", form=form, has_passkeys=security.passkeys_work_here())


def address() -> str:
    """The address typed in, for the limits."""
    return "sign-in:" + request.form.get("email", "").strip().lower()[:LONGEST_ADDRESS]


def account() -> str:
    """The account whose second step or password is tried, from however many networks, for the limits."""
    organiser = security.organiser()
    whose = organiser.fs_uniquifier if organiser is not None else session.get("tf_user_id")
    return f"account:{whose}" if whose else limits.network()


def local(url: str | None) -> str:
    """Return where to go next, if it is a page of the desk; else its first page."""
    if not url or not url.startswith("/desk/") or "\\" in url or any(ord(c) < ord(" ") for c in url):
        return HOME
    parts = urlsplit(url)
    return url if not parts.scheme and not parts.netloc else HOME


@desk.route("/sign-in", methods=["GET", "POST"])
@limits.limiter.limit(limits.SIGN_IN, methods=["POST"])
@limits.limiter.limit(TRIES, key_func=address, methods=["POST"])
@allowed(ANYBODY)
def sign_in() -> ResponseReturnValue:
    """Sign in with a password. The answer to a wrong one is the same whether or not there is such an organiser."""
    if security.organiser() is not None:
        return redirect(local(request.args.get("next")))
    form = SignInForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        return _sign_in_page(form), 422 if form.errors else 200
    someone = queries.organiser_by_address(form.email.data or "")
    known = someone.id if someone is not None else None  # read now: later it would cost a statement of its own
    good = security.password_matches(someone, form.password.data or "")
    with transaction():
        if good and someone is not None:
            next_url = local(form.next.data)
            return security.let_in(someone, by="password", next_url=next_url) or redirect(next_url)
        audit.note("sign_in.failed", by=VISITOR, organiser=known)
    form.password.errors = [_("The e-mail address or the password is wrong.")]
    return _sign_in_page(form), 422


@desk.route("/sign-in/link", methods=["GET", "POST"])
@limits.limiter.limit(limits.LINKS, methods=["POST"])
@limits.limiter.limit(limits.ADDRESS, key_func=address, methods=["POST"])
@allowed(ANYBODY)
def sign_in_link() -> ResponseReturnValue:
    """Have a link mailed. The answer is the same for every address."""
    form = LinkForm()
    if not form.validate_on_submit():
        return render_template("desk/sign_in_link.html", form=form), 422 if form.errors else 200
    with transaction():
        actions.request_link(form.email.data or "")
    return render_template("desk/sign_in_link_sent.html", email=form.email.data)


@desk.route("/sign-in/<token>", methods=["GET", "POST"])
@limits.limiter.limit(limits.SIGN_IN, methods=["POST"])
@allowed(ANYBODY)
def sign_in_by_link(token: str) -> ResponseReturnValue:
    """Show a button (GET); sign in (POST)."""
    form = TokenForm()
    if not form.validate_on_submit():
        good = queries.link_is_good(token)
        return render_template("desk/sign_in_by_link.html", form=form, good=good), 200 if good else 410
    try:
        with transaction():
            answer = security.let_in(actions.use_link(token), by="link", next_url=HOME)
    except actions.LinkUsed as refusal:
        return render_template("desk/sign_in_by_link.html", form=form, good=False), refusal.status
    return answer or redirect(HOME)


@desk.route("/sign-out", methods=["POST"])
@allowed("account.own")
def sign_out() -> ResponseReturnValue:
    """Sign out here; the session ends on the server too."""
    with transaction():
        audit.note("organiser.signed_out", by=by())
        security.let_out()
    flash(_("You are signed out."), "good")
    return redirect(url_for("desk.sign_in"))


def tame(app: Flask) -> None:
    """Put limits on the guessing that Flask-Security's views allow, and our sign-in page in the place of its own."""
    for endpoint in GUESSED_AT:
        view = app.view_functions[endpoint]
        per_account = limits.limiter.limit(TRIES, key_func=account, methods=["POST"])(view)
        app.view_functions[endpoint] = limits.limiter.limit(limits.SIGN_IN, methods=["POST"])(per_account)  # type: ignore[assignment]
    for endpoint in FOR_STRANGERS:
        app.view_functions[endpoint] = _home_if_in(app.view_functions[endpoint])
    app.view_functions["security.login"] = to_our_own_page
    app.view_functions["security.two_factor_setup_validate"] = to_our_own_step


def _home_if_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Lead whoever is in already to the desk; Flask-Security would sign them out, as if it were an attack."""

    @wraps(view)
    def led(**values: Any) -> ResponseReturnValue:
        if security.organiser() is not None:
            return redirect(HOME)
        answer: ResponseReturnValue = view(**values)
        return answer

    return led


def to_our_own_page(**_values: str) -> ResponseReturnValue:
    """Lead to our sign-in page whoever Flask-Security sends to its own."""
    return redirect(url_for("desk.sign_in", next=request.args.get("next")))


def to_our_own_step(**_values: str) -> ResponseReturnValue:
    """Lead to our own check of the first code: Flask-Security carries the secret in the address, where logs keep it."""
    return redirect(url_for("security.two_factor_setup"))

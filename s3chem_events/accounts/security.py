"""Flask-Security's wiring, and nowhere else: what it is told, what it may not do, and how a session begins and ends."""

import hashlib
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from flask import Flask, current_app, g, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_login.utils import _user_context_processor
from flask_security import (
    MailUtil,
    PasswordUtil,
    Security,
    SQLAlchemyUserDatastore,
    Totp,
    WebauthnUtil,
    hash_password,
    user_authenticated,
)
from flask_security.utils import login_user, logout_user, set_request_attr
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from werkzeug.local import LocalProxy

from s3chem_events.accounts import audit, browsers, queries, tokens
from s3chem_events.accounts.models import Organiser, OrganiserSession, Passkey
from s3chem_events.accounts.sayings import SAYINGS
from s3chem_events.core import clock, i18n
from s3chem_events.core.config import Settings
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor

IDLE = timedelta(hours=12)
FRESH = timedelta(hours=1)
SHORTEST_PASSWORD = 12
LONGEST_TYPED = 1000
"""Of a guess more is not looked at; a password has 200 characters at most, so that none is cut."""
ARGON2 = {"argon2__type": "ID", "argon2__memory_cost": 19_456, "argon2__time_cost": 2, "argon2__parallelism": 1}
"""OWASP's second choice: 19 MiB, so that a row of sign-ins does not fill a small machine."""

NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$8f7f2zuH8B6j1BojROhdKw$Ns4p0INEopviaum8fnEk5YCjwH3mRKn4+e5Eqd3h5SQ"
"""A hash that no password has: checked where there is no account, so that both answers take the same time."""

KEPT_AT_SIGN_IN = frozenset({"_user_id", "_fresh", "_id", "fs_cc", "fs_paa", "_flashes"})
KEY = "key"

CONFIG: dict[str, Any] = {
    "I18N_DOMAIN": "messages",
    "I18N_DIRNAME": str(i18n.CATALOGUES),
    "URL_PREFIX": "/desk",
    "LOGIN_URL": "/password",  # answered by our own sign-in page, see desk.signing_in
    "VERIFY_URL": "/account/confirm",
    "TWO_FACTOR_SETUP_URL": "/account/codes",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
    "TWO_FACTOR_RESCUE_URL": "/sign-in/help",
    "TWO_FACTOR_SELECT_URL": "/sign-in/second",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery",
    "MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery",
    "WAN_REGISTER_URL": "/account/passkeys",
    "WAN_DELETE_URL": "/account/passkeys/removal",
    "WAN_SIGNIN_URL": "/sign-in/passkey",
    "WAN_VERIFY_URL": "/account/confirm/passkey",
    "LOGOUT_METHODS": None,
    "POST_LOGIN_VIEW": "/desk/",
    "POST_VERIFY_VIEW": "/desk/account",
    "POST_LOGOUT_VIEW": "/desk/sign-in",
    "TWO_FACTOR_POST_SETUP_VIEW": "/desk/account",
    "WAN_POST_REGISTER_VIEW": "/desk/account",
    "STATIC_FOLDER": None,
    "JOIN_USER_ROLES": False,
    "PASSWORD_HASH": "argon2",
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": {"argon2"},
    "PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
    "PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
    "PASSWORD_NORMALIZE_FORM": "NFKC",
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # a look-up in the DNS fails offline
    "DATETIME_FACTORY": clock.now,
    "RETURN_GENERIC_RESPONSES": True,
    "API_ENABLED_METHODS": ["session"],
    "FRESHNESS": FRESH,
    "FRESHNESS_GRACE_PERIOD": timedelta(minutes=30),
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TOTP_ISSUER": "S3Chem Events",
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 10,
    "WEBAUTHN": True,
    "WAN_RP_NAME": "S3Chem Events",
    "WAN_ALLOW_USER_HINTS": False,  # a hint would tell a stranger which addresses have an account
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
}


def bind(app: Flask, settings: Settings) -> None:
    """Put Flask-Security into the application."""
    key = settings.secret_key.encode()
    app.config.update({f"SECURITY_{name}": value for name, value in CONFIG.items()})
    app.config.update({f"SECURITY_MSG_{name}": saying for name, saying in SAYINGS.items()})
    app.config.update(
        SECURITY_PASSWORD_SALT=hashlib.sha256(b"password" + key).hexdigest(),
        SECURITY_TOTP_SECRETS={"1": hashlib.sha256(b"totp" + key).hexdigest()},
        PERMANENT_SESSION_LIFETIME=IDLE,  # Flask refuses an older cookie, whatever the browser does
        SESSION_REFRESH_EACH_REQUEST=False,  # the desk alone prolongs it: public pages set no cookie, not even for us
    )
    security = Security(
        app,
        SQLAlchemyUserDatastore(db, Organiser, None, Passkey),  # type: ignore[arg-type] # roles are a table in the code
        mail_util_cls=_NoMail,
        password_util_cls=_Passwords,
        totp_cls=_Codes,
        webauthn_util_cls=_Passkeys,
    )
    _leave_the_public_alone(app, security)
    security.login_manager.user_loader(_organiser_of_session)
    security.login_manager.request_loader(lambda _request: None)  # no tokens at the desk
    user_authenticated.connect(_begin_session, app)


def _leave_the_public_alone(app: Flask, security: Security) -> None:
    """Take out what would look into the session for every page, public ones and probes included; it has no switch."""
    app.before_request_funcs[None].remove(security.principal._on_before_request)  # noqa: SLF001 - our roles are a table
    app.after_request_funcs[None].remove(security.login_manager._update_remember_cookie)  # noqa: SLF001 - none is given
    app.template_context_processors[None].remove(_user_context_processor)  # templates get `me`, at the desk only


class _Passwords(PasswordUtil):
    """Passwords in one form, and never longer than the hash takes: a few characters can become many in NFKC."""

    def normalize(self, password: str) -> str:
        return str(super().normalize(password[:LONGEST_TYPED]))[:LONGEST_TYPED]


class _NoMail(MailUtil):
    """All our e-mails go through the outbox; none of Flask-Security's is wanted."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        msg = "Flask-Security must not send e-mails here"
        raise RuntimeError(msg)


class _Codes(Totp):
    """Codes of an authenticator; each is good once (ASVS 6.5.1)."""

    def get_last_counter(self, user: Any) -> int | None:
        counter: int | None = user.tf_last_counter
        return counter

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        user.tf_last_counter = tmatch.counter


class _Passkeys(WebauthnUtil):
    """Passkeys of any kind: a laptop's own as well as a key on a ring. Without this, laptops were left out."""

    def origin(self) -> str:
        settings: Settings = current_app.extensions["s3chem"]
        return settings.base_url

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:  # noqa: ARG002
        first = usage == "first"
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED if first else ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED
            if first
            else UserVerificationRequirement.DISCOURAGED,
        )


def organiser() -> Organiser | None:
    """Return who is signed in."""
    found = current_user._get_current_object() if isinstance(current_user, LocalProxy) else current_user  # noqa: SLF001 - the documented way
    return found if isinstance(found, Organiser) else None


def password_matches(someone: Organiser | None, password: str) -> bool:
    """Check a password; where there is no account or no password, the same work is done for nothing."""
    security: Security = current_app.extensions["security"]
    given = security.password_util.normalize(password)
    expected = someone.password if someone is not None and someone.active else None
    good = bool(security.pwd_context.verify(given, expected or NOBODY))
    return good and expected is not None


def hashed(password: str) -> str:
    """Return the hash of a password that `passwords.check` has accepted."""
    security: Security = current_app.extensions["security"]
    return str(hash_password(security.password_util.normalize(password)))


def let_in(someone: Organiser, *, by: str, next_url: str) -> ResponseReturnValue | None:
    """Sign somebody in; returns an answer instead where a second factor is still to come.

    `by` is `password` or `link`. Runs inside a transaction: the session becomes a row.
    """
    security: Security = current_app.extensions["security"]
    session["signing_in_by"] = by
    answer: ResponseReturnValue | None = security.two_factor_plugins.tf_enter(someone, False, by, next_loc=next_url)  # noqa: FBT003
    if answer is None:
        login_user(someone, remember=False, authn_via=[by])
    return answer


def renew(someone: Organiser) -> None:
    """Begin a new session for whoever has just changed the password, which ended all of them."""
    session["signing_in_by"] = session.get("way", "password")
    login_user(someone, remember=False, authn_via=["password"])


def came_by_link() -> bool:
    """Whether the running session began with a link, and not long ago: then the old password need not be known."""
    began = float(session.get("fs_paa", 0))
    return session.get("way") == "link" and clock.now().timestamp() - began < FRESH.total_seconds()


def keep_alive() -> None:
    """Count the idle time from this request on."""
    if organiser() is not None:
        session.modified = True


def passkeys_work_here() -> bool:
    """Whether browsers take passkeys for this site: it needs a name, a number such as 127.0.0.1 is refused."""
    try:
        ip_address(request.host.rpartition(":")[0].strip("[]") or request.host)
    except ValueError:
        return True
    return False


def let_out() -> None:
    """Sign out, here and on the server."""
    someone = organiser()
    key = session.get(KEY)
    if someone is not None and key:
        db.session.execute(db.delete(OrganiserSession).filter_by(key_digest=tokens.digest(key)))
    logout_user()
    session.clear()


def this_session(sessions: list[OrganiserSession]) -> OrganiserSession | None:
    """Return which of the sessions the running request belongs to."""
    digest = tokens.digest(session.get(KEY, ""))
    return next((each for each in sessions if each.key_digest == digest), None)


def _organiser_of_session(uniquifier: str) -> Organiser | None:
    found = queries.organiser_in_session(str(uniquifier), session.get(KEY, ""))
    if found is not None:
        set_request_attr("fs_authn_via", "session")
        set_request_attr("fs_paa", session.get("fs_paa", 0))
    return found


def _begin_session(app: Flask, *, user: Organiser, **_: Any) -> None:  # noqa: ARG001 - the signal's own names
    """Begin a session that shares nothing with what the browser held before (ASVS 7.2.4)."""
    way = session.get("signing_in_by", "passkey")
    for name in set(session) - KEPT_AT_SIGN_IN:
        session.pop(name)
    g.pop("csrf_token", None)
    session.permanent = True
    session["way"] = way
    session[KEY] = tokens.make()
    user.signed_in_at = clock.now()
    over = OrganiserSession.started_at < clock.now() - queries.SESSION_LASTS
    db.session.execute(db.delete(OrganiserSession).where(OrganiserSession.organiser_id == user.id, over))
    db.session.add(
        OrganiserSession(
            organiser_id=user.id,
            key_digest=tokens.digest(session[KEY]),
            browser=browsers.named(request.user_agent.string),
            started_at=clock.now(),
        )
    )
    audit.note("organiser.signed_in", by=Actor("organiser", user.id), way=way)


def begin_writing() -> None:
    """Open the transaction of a request that Flask-Security answers and commits, as a writing one (see core.db)."""
    db.session.rollback()  # who is signed in was read before; a reading transaction cannot become a writing one
    db.session.connection(execution_options={"writing": True})

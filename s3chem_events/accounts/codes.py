"""Codes from an app as the second step: switching them on (Flask-Security forgets the secret at one wrong code)."""

from typing import Any

from flask import current_app, session
from flask_security import Security
from flask_security.utils import check_and_update_authn_fresh, get_request_attr

from s3chem_events.accounts import audit
from s3chem_events.accounts.models import Organiser
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen

SECRET = "tf_totp_secret"  # noqa: S105 - Flask-Security's name for it in the session, where it stands encrypted
STARTED = ("tf_state", "tf_primary_method", SECRET)


@frozen
class Setup:
    """What the app needs: a picture as a data address, and the same secret as text."""

    picture: str
    key: str


def offered(someone: Organiser) -> Setup | None:
    """Return the secret that waits for its first code; None where none was made, or long ago."""
    fresh = check_and_update_authn_fresh(
        _told("FRESHNESS"), _told("FRESHNESS_GRACE_PERIOD"), get_request_attr("fs_authn_via")
    )
    if SECRET not in session or not fresh:
        return None
    values = _security().totp_factory.fetch_setup_values(session[SECRET], someone)
    return Setup(values["image"], values["key"])


def switch_on(someone: Organiser, *, code: str, by: Actor) -> bool:
    """Switch codes on if the first one is right; the secret stays for another try if it is not.

    Whoever has no recovery codes gets some: without them a lost phone would lock the desk.
    """
    security = _security()
    secret = session[SECRET]
    window = _told("TWO_FACTOR_AUTHENTICATOR_VALIDITY")
    typed = "".join(code.split())
    if not security.totp_factory.verify_totp(token=typed, totp_secret=secret, user=someone, window=window):
        return False
    for name in STARTED:
        session.pop(name, None)
    someone.tf_primary_method, someone.tf_totp_secret = "authenticator", secret
    if not someone.mf_recovery_codes:
        security.mf_recovery_codes_util.create_recovery_codes(someone)
    audit.note("organiser.second_factor_added", by=by, organiser=someone.id)
    return True


def _told(name: str) -> Any:
    return current_app.config[f"SECURITY_{name}"]


def _security() -> Security:
    security: Security = current_app.extensions["security"]
    return security

"""What Flask-Security can say at the desk is in our words, in all eight languages: its own know few of them whole."""

import ast
import inspect
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import flask_security
import flask_security.core
import pytest
import wtforms
from babel.messages.pofile import read_po
from flask import Flask, g
from flask_babel import refresh
from flask_security import decorators, recovery_codes, tf_plugin, twofactor, views, webauthn, webauthn_util
from flask_security.forms import _setup_methods_xlate
from flask_security.utils import _td_format, get_message

from s3chem_events.accounts.sayings import SAYINGS, WAYS
from s3chem_events.core import i18n
from s3chem_events.core.text import LANGUAGES

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]

KNOWN = frozenset(flask_security.core._default_messages)
NEVER_SAID = {
    "signing up, confirming an address: organisers are added by a coordinator": (
        "ALREADY_CONFIRMED CONFIRMATION_EXPIRED CONFIRMATION_REQUEST CONFIRMATION_REQUIRED CONFIRM_REGISTRATION "
        "EMAIL_ALREADY_ASSOCIATED EMAIL_CONFIRMED IDENTITY_ALREADY_ASSOCIATED INVALID_CONFIRMATION_TOKEN"
    ),
    "its own pages for password, reset and link: ours answer instead": (
        "EMAIL_NOT_PROVIDED FORGOT_PASSWORD GENERIC_RECOVERY INVALID_EMAIL_ADDRESS INVALID_LOGIN_TOKEN "
        "INVALID_RESET_PASSWORD_TOKEN LOGIN_EMAIL_SENT LOGIN_EXPIRED PASSWORDLESS_LOGIN_SUCCESSFUL PASSWORD_CHANGE "
        "PASSWORD_INVALID_LENGTH PASSWORD_IS_THE_SAME PASSWORD_MISMATCH PASSWORD_RESET PASSWORD_RESET_EXPIRED "
        "PASSWORD_RESET_NO_LOGIN PASSWORD_RESET_REQUEST PASSWORD_TOO_SIMPLE RETYPE_PASSWORD_MISMATCH"
    ),
    "asking a site of others about passwords": "PASSWORD_BREACHED PASSWORD_BREACHED_SITE_ERROR",
    "changing an address, user names, signing in through others, tokens": (
        "CHANGE_EMAIL_CONFIRMED CHANGE_EMAIL_EXPIRED CHANGE_EMAIL_SENT IDENTITY_NOT_REGISTERED OAUTH_HANDSHAKE_ERROR "
        "REFRESH_TOKEN_INVALID USERNAME_ALREADY_ASSOCIATED USERNAME_CHANGE USERNAME_DISALLOWED_CHARACTERS "
        "USERNAME_INVALID_LENGTH USERNAME_NOT_PROVIDED USERNAME_RECOVERY_REQUEST"
    ),
    "codes by e-mail or telephone, its unified sign-in": (
        "CODE_HAS_BEEN_SENT FAILED_TO_SEND_CODE GENERIC_US_SIGNIN PHONE_INVALID US_CURRENT_METHODS "
        "US_METHOD_NOT_AVAILABLE US_SETUP_EXPIRED US_SETUP_SUCCESSFUL US_SPECIFY_IDENTITY USE_CODE"
    ),
}
"""Why a message cannot be met here: what would say it is off."""
SILENT = frozenset(" ".join(NEVER_SAID.values()).split())
ANSWERING = (decorators, recovery_codes, tf_plugin, twofactor, webauthn, webauthn_util)
VIEWS = (views.two_factor_setup, views.two_factor_token_validation, views.verify)
UNREACHED = {"USE_CODE"}
"""Said in a module that answers, by a function that nobody calls here: a code by telephone."""
OURS_IN_WTFORMS = {"Not a valid choice.", "Field cannot be longer than %(max)d character."}
"""What WTForms itself says in our forms: the rest is required by our own words."""


@pytest.fixture
def spoken(app: Flask):
    """Speak the language of an organiser, as a page of the desk does."""

    def speak(language: str, message: str, /, **values: str) -> tuple[str, str]:
        with app.test_request_context("/desk/account/confirm"):
            g.language = language
            refresh()
            return get_message(message, **values)

    return speak


def test_each_message_is_in_our_words_or_cannot_be_met():
    assert set(SAYINGS) | SILENT == KNOWN, "a new Flask-Security says more or less than before: decide about it"
    assert set(SAYINGS) & SILENT == set()


@pytest.mark.parametrize("part", [*ANSWERING, *VIEWS], ids=lambda part: part.__name__)
def test_what_answers_at_the_desk_says_nothing_else(part: ModuleType):
    said = {
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(inspect.unwrap(part) if callable(part) else part)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in KNOWN
    }
    assert said - UNREACHED <= set(SAYINGS)


def test_these_are_the_parts_that_answer(app: Flask):
    """A route that a new version brings, or a feature switched on, must be looked at for what it says."""
    answering = {
        inspect.unwrap(view) for endpoint, view in app.view_functions.items() if endpoint.startswith("security.")
    }
    theirs = {view for view in answering if view.__module__.startswith("flask_security")}
    refused = {inspect.unwrap(views.two_factor_rescue)}
    of_views = {view for view in theirs if view.__module__ == views.__name__}
    assert of_views - refused == {inspect.unwrap(view) for view in VIEWS}
    assert {view.__module__ for view in theirs - of_views} <= {module.__name__ for module in ANSWERING}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_saying_is_said_in_the_organisers_language(spoken, language: str):
    values = {"name": "blau", "within": "30 min", "cause": "?", "length": "64"}
    said = {name: spoken(language, name, **values) for name in SAYINGS}
    ours = i18n.catalogue(language).ugettext
    assert said == {name: (ours(words) % values, tone) for name, (words, tone) in SAYINGS.items()}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_no_saying_is_left_in_english(language: str):
    ours = i18n.catalogue(language).ugettext
    assert [words for words, _tone in SAYINGS.values() if ours(words) == words] == []
    assert [
        way for way in WAYS if ours(way) == way and (language, way) not in {("nl", "passkey"), ("it", "passkey")}
    ] == []


@pytest.mark.parametrize(
    "language, refusal",
    [
        ("en", "This is not your password."),
        ("de", "Das ist nicht Ihr Passwort."),
        ("fr", "Ce n’est pas votre mot de passe."),
        ("ca", "Aquesta no és la vostra contrasenya."),
        ("pl", "To nie jest właściwe hasło."),
    ],
)
def test_flask_security_speaks_the_organisers_language(spoken, language: str, refusal: str):
    assert spoken(language, "INVALID_PASSWORD") == (refusal, "error")


@pytest.mark.parametrize(
    "language, half_an_hour",
    [("en", "30 minutes"), ("nl", "30 minuten"), ("pl", "30 minut"), ("ca", "30 minuts"), ("de", "30 Minuten")],
)
def test_its_time_limits_are_written_in_the_language(app: Flask, language: str, half_an_hour: str):
    with app.test_request_context("/desk/account/passkeys"):
        g.language = language
        refresh()
        assert _td_format(timedelta(minutes=30)) == half_an_hour


def test_the_ways_of_a_second_step_are_named_as_it_names_them():
    assert {str(_setup_methods_xlate[way]) for way in ("authenticator", "webauthn", None)} == set(WAYS)


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_wtforms_own_words_are_whole(language: str):
    path = Path(wtforms.__file__).parent / "locale" / language / "LC_MESSAGES" / "wtforms.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    whole = {
        (entry.id if isinstance(entry.id, str) else entry.id[0])
        for entry in catalogue
        if entry.id and not entry.fuzzy and all([entry.string] if isinstance(entry.string, str) else entry.string)
    }
    assert whole >= OURS_IN_WTFORMS

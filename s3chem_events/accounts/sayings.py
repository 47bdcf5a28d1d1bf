"""What Flask-Security says at the desk, in our words and so in our catalogues; its own know few of our languages."""

from typing import Literal

Tone = Literal["success", "info", "error"]


def N_(words: str) -> str:  # noqa: N802 - gettext's name for: gather these words, translate them later
    """Mark words for the catalogues; they are said in the organiser's language when they are needed."""
    return words


SAYINGS: dict[str, tuple[str, Tone]] = {
    "API_ERROR": (N_("We could not understand that request"), "error"),
    "GENERIC_AUTHN_FAILED": (N_("That is not right. Try again."), "error"),
    "UNAUTHORIZED": (N_("Your role does not include this"), "error"),
    "UNAUTHENTICATED": (N_("Please sign in first."), "error"),
    "LOGIN": (N_("Please sign in first."), "info"),
    "REFRESH": (N_("Please confirm once more that it is you."), "info"),
    "REAUTHENTICATION_REQUIRED": (N_("Please confirm once more that it is you."), "error"),
    "REAUTHENTICATION_SUCCESSFUL": (N_("Thank you. You can continue."), "info"),
    "ANONYMOUS_USER_REQUIRED": (N_("You are already signed in."), "error"),
    "DISABLED_ACCOUNT": (N_("This account is suspended."), "error"),
    "USER_DOES_NOT_EXIST": (N_("That is not right. Try again."), "error"),
    "INVALID_REDIRECT": (N_("That address does not belong to this site."), "error"),
    "INVALID_INPUT": (N_("Please choose one of these."), "error"),
    "PASSWORD_NOT_PROVIDED": (N_("Enter your password."), "error"),
    "INVALID_INPUT_LENGTH": (N_("This name is too long."), "error"),
    "INVALID_PASSWORD": (N_("This is not your password."), "error"),
    "INVALID_PASSWORD_CODE": (N_("This is neither your password nor the code."), "error"),
    "INVALID_CODE": (N_("This is not the right code."), "error"),
    "INVALID_RECOVERY_CODE": (N_("This is not one of your recovery codes, or it has already been used."), "error"),
    "NO_RECOVERY_CODES_SETUP": (N_("You have no recovery codes yet."), "info"),
    "TWO_FACTOR_INVALID_TOKEN": (N_("This is not the right code."), "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (N_("The code is right. You are signed in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (N_("Codes are switched on."), "success"),
    "TWO_FACTOR_DISABLED": (N_("Codes are switched off."), "success"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (N_("Please choose one of these."), "error"),
    "TWO_FACTOR_PERMISSION_DENIED": (N_("Your role does not include this"), "error"),
    "TWO_FACTOR_SETUP_EXPIRED": (N_("This took longer than %(within)s. Please start again."), "error"),
    "WEBAUTHN_EXPIRED": (N_("This took longer than %(within)s. Please start again."), "error"),
    "WEBAUTHN_NAME_REQUIRED": (N_("Give the passkey a name."), "error"),
    "WEBAUTHN_NAME_INUSE": (N_("You already have a passkey named “%(name)s”."), "error"),
    "WEBAUTHN_NAME_NOT_FOUND": (N_("You have no passkey named “%(name)s”."), "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (N_("Use only letters, digits and a few other characters."), "error"),
    "WEBAUTHN_CREDENTIAL_DELETED": (N_("The passkey “%(name)s” is removed."), "info"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (N_("The passkey “%(name)s” is added."), "info"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (N_("This passkey has already been added."), "error"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (N_("This passkey is not recognised."), "error"),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": (N_("This passkey is not recognised."), "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (N_("This passkey is not recognised."), "error"),
    "WEBAUTHN_NO_VERIFY": (N_("The passkey could not be checked."), "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (N_("This passkey was not added for this use."), "error"),
}
"""Message of Flask-Security, without its MSG_: our words, and their tone."""

WAYS = (N_("authenticator"), N_("passkey"), N_("none"))
"""How Flask-Security names the ways of a second step, where one chooses among them."""

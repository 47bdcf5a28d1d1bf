"""What a mail server answers, or how it falls silent -> what came of the try."""

import smtplib

from s3chem_events.mailing.results import Outcome, Result

SHUTTING_DOWN = 421


def refused(code: int, text: bytes, *, fatal: bool, trouble: bool = False) -> Result:
    """Sort a refusal: for good or for now, of this e-mail or, in `trouble`, of all."""
    if code == -1:
        return Result(Outcome.LATER, None, "the mail server closed the connection", trouble=True)
    outcome = Outcome.NEVER if fatal else Outcome.LATER
    return Result(outcome, code, said(text), trouble=trouble or code == SHUTTING_DOWN)


def broken(error: Exception, *, given: bool) -> Result:
    """Sort a connection that broke; once the text was `given` nobody knows whether it has arrived."""
    if given:
        text = f"the connection broke after the text had been given ({reason(error)}); it may have arrived"
        return Result(Outcome.UNKNOWN, None, text, trouble=True)
    return Result(Outcome.LATER, None, f"the connection broke ({reason(error)})", trouble=True)


def no_connection(error: Exception) -> Result:
    """Sort a server that cannot be reached, or does not let us in."""
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    return Result(Outcome.LATER, code, f"no connection to the mail server ({reason(error)})", trouble=True)


def reason(error: Exception) -> str:
    """Say in one line what went wrong."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {said(error.smtp_error)}"
    if isinstance(error, UnicodeEncodeError):  # its own words would show a letter of the password
        return "only ASCII can stand in the user name, the password and the sender's address"
    return str(error) or type(error).__name__


def said(text: bytes | str) -> str:
    """Return a server's words as one line that every database takes."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(c if c.isprintable() else " " for c in words)[:500]

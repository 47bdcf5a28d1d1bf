"""What the desk says of invitations: their states, refusals, columns, verdicts, and how their e-mails read."""

from collections.abc import Sequence

from s3chem_events.core import i18n, tables
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.desk import masking
from s3chem_events.mailing import render, rewording
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.registration import guest_list
from s3chem_events.registration.emails import invited
from s3chem_events.registration.importing import Verdict
from s3chem_events.registration.invitation import Invitation, Reply

CHIPS = {
    Reply.INVITED: "chip-save",
    Reply.OPENED: "chip-save",
    Reply.ACCEPTED: "chip-open",
    Reply.DECLINED: "chip-full",
    Reply.UNDELIVERED: "chip-cancelled",
}


@frozen
class Sample:
    """How many read an e-mail in one language, and how it reads."""

    code: str
    language: str
    count: int
    subject: str
    text: str


def states() -> dict[Reply, str]:
    """Return what has become of an invitation, in words."""
    return {
        Reply.PREPARED: _("Not sent yet"),
        Reply.INVITED: _("Invited"),
        Reply.OPENED: _("Opened"),
        Reply.ACCEPTED: _("Accepted"),
        Reply.DECLINED: _("Declined"),
        Reply.UNDELIVERED: _("Not delivered"),
        Reply.WITHDRAWN: _("Invitation withdrawn"),
    }


def verdicts() -> dict[Verdict, str]:
    """Return what would become of a row, in words."""
    return {
        Verdict.NEW: _("Will be added"),
        Verdict.ANOTHER_PART: _("Invited to this part as well"),
        Verdict.DUPLICATE: _("Stands in the file already"),
        Verdict.INVITED: _("Invited already"),
        Verdict.REGISTERED: _("Registered already"),
        Verdict.SUPPRESSED: _("Gets no e-mails any more"),
        Verdict.NO_ADDRESS: _("Without an e-mail address"),
        Verdict.INVALID: _("No valid e-mail address"),
    }


def refused(refusal: Refused) -> str:
    """Say in words why something was not done."""
    most = refusal.values.get("most", "")
    said = {
        "no_closed_part": _("Choose at least one closed part that takes place."),
        "already_invited": _("This address is invited to the event already."),
        "nobody_to_write_to": _("There is nobody to write to at the moment."),
        "not_public": _("Guests can be invited once the event is public, and as long as it takes place."),
        tables.TooLarge.code: _("The file is too large."),
        tables.TooManyRows.code: _("Please bring at most %(most)s rows at once.", most=most),
        tables.NotATable.code: _("This is not a table that can be read. Save it as XLSX or CSV and try again."),
        tables.Unreadable.code: _("The file is damaged and cannot be read. Save it anew as XLSX or CSV and try again."),
    }
    return said.get(refusal.code, _("Nothing was changed."))


def columns() -> tuple[str, ...]:
    """Return the names of the columns of a list that is taken along."""
    labels = {
        "given_name": _("Given name"),
        "family_name": _("Family name"),
        "email": _("E-mail"),
        "organisation": _("Organisation"),
        "language": _("Language"),
        "parts": _("Invited to"),
        "code": _("Code"),
        "uses": _("How many can use it"),
        "state": _("Status"),
        "invited_at": _("Invited at (UTC)"),
        "reminded_at": _("Reminded at (UTC)"),
        "opened_at": _("Opened at (UTC)"),
        "declined_at": _("Declined at (UTC)"),
        "message": _("Message"),
        "accepted_by": _("Accepted by"),
    }
    return tuple(labels[column] for column in guest_list.COLUMNS)


def samples(people: Sequence[Invitation], kind: str) -> list[Sample]:
    """Return how the e-mails to some people would read, one for each language, most read first."""
    letterhead = letterhead_of(settings())
    by_language: dict[str, list[Invitation]] = {}
    for one in people:
        by_language.setdefault(render.spoken(one.language), []).append(one)
    readings = [invited.Reading(0, kind, those[0]) for those in by_language.values()]
    wordings = rewording.in_force()
    letters = [
        render.written(draft, letterhead, at=now(), wordings=wordings) for draft in invited.drafts(readings, letterhead)
    ]
    reader = i18n.language()
    found = [
        Sample(
            letter.language,
            i18n.language_name(letter.language, reader),
            len(by_language[letter.language]),
            letter.subject,
            _without_keys(letter.text, by_language[letter.language][0]),
        )
        for letter in letters
    ]
    return sorted(found, key=lambda sample: (-sample.count, sample.code))


def _without_keys(text: str, one: Invitation) -> str:
    return masking.masked(text).replace(one.code, "…")

"""What was written to the people at an event, as a file: evidence for those who audit the project."""

from flask import Response

from s3chem_events.attendance import exports
from s3chem_events.core.clock import today
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk import downloads
from s3chem_events.desk.events import the_event
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.registration import mail_log


@desk.route(f"/events/<slug>/mail-log.<any({', '.join(exports.TYPES)}):form>", endpoint="mail_log")
@allowed("participants.export")
def export(slug: str, form: str) -> Response:
    """Give the log; that it was taken is written down."""
    found = the_event(slug)
    chunks = exports.table(form, mail_log.rows(found.id), names=_columns(), columns=mail_log.COLUMNS)
    name, number = f"{slug}-mail-log-{today(found.zone)}.{form}", mail_log.count(found.id)
    return downloads.file(chunks, name, noted="mail_log.exported", event=found.id, format=form, rows=number)


def _columns() -> tuple[str, ...]:
    labels = {
        "sent_at": _("Sent at (UTC)"),
        "email_state": _("Status"),
        "email_kind": _("Kind of e-mail"),
        "subject": _("Subject"),
        "reference": _("Reference"),
        "given_name": _("Given name"),
        "family_name": _("Family name"),
        "email": _("E-mail"),
        "language": _("Language"),
        "server_said": _("What the mail server said"),
        "message_id": "Message-ID",
    }
    return tuple(labels[column] for column in mail_log.COLUMNS)

"""The mailbox at the desk: what the program would have sent, where no mail server is set."""

import mimetypes
from dataclasses import replace
from email.utils import parseaddr

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from s3chem_events.core.guard import settings
from s3chem_events.desk.frame import allowed, desk, me, page_number
from s3chem_events.desk.outbox import sandboxed, with_frame
from s3chem_events.mailing import maildir
from s3chem_events.mailing.maildir import KeptMail

PAGE = 50
WAY_IN = "/desk/sign-in/"


@desk.route("/mailbox/")
@allowed("outbox.see")
def mailbox() -> ResponseReturnValue:
    """List the kept e-mails, newest first."""
    folder = settings().mailbox
    page = page_number()
    count = maildir.count(folder)
    return render_template(
        "desk/mail/mailbox.html",
        section="mail",
        envelopes=maildir.newest(folder, first=(page - 1) * PAGE, most=PAGE),
        page=page,
        pages=max(-(-count // PAGE), 1),
        count=count,
        in_use=settings().mail is None,
    )


@desk.route("/mailbox/<key>")
@allowed("outbox.see")
def kept_mail(key: str) -> ResponseReturnValue:
    """Show one kept e-mail as a person reads it."""
    mail = _kept(key)
    is_readable = _is_readable(mail)
    if not is_readable:
        mail = replace(mail, text="", html="", calendar="", attachments=())
    return with_frame(
        render_template("desk/mail/kept.html", section="mail", mail=mail, key=key, is_readable=is_readable)
    )


@desk.route("/mailbox/<key>/body")
@allowed("outbox.see")
def kept_mail_body(key: str) -> Response:
    """Return the HTML of a kept e-mail, for the frame in which it is shown."""
    return sandboxed(_opened(key).html)


@desk.route("/mailbox/<key>/attachments/<int:number>")
@allowed("outbox.see")
def kept_attachment(key: str, number: int) -> ResponseReturnValue:
    """Hand out a file that came with a kept e-mail; never shown in the browser."""
    files = _opened(key).attachments
    if not 1 <= number <= len(files):
        abort(404)
    file = files[number - 1]
    response = Response(file.content, content_type="application/octet-stream")
    ending = mimetypes.guess_extension(file.content_type) or ""
    response.headers.set("Content-Disposition", "attachment", filename=file.name or f"attachment-{number}{ending}")
    return response


def _opened(key: str) -> KeptMail:
    mail = _kept(key)
    return mail if _is_readable(mail) else abort(404)


def _kept(key: str) -> KeptMail:
    return maildir.opened(settings().mailbox, key) or abort(404)


def _is_readable(mail: KeptMail) -> bool:
    """A way into the desk is read by the colleague alone to whom it was sent."""
    secret = WAY_IN in mail.text or WAY_IN in mail.html
    return not secret or parseaddr(mail.envelope.to)[1].lower() == me().email

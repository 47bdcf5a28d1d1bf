"""What leaves the desk as a file: under a name of ours, to be saved and not opened, and written down before it goes."""

from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, redirect, request, stream_with_context, url_for
from flask_babel import gettext as _

from s3chem_events.accounts import audit, fresh
from s3chem_events.attendance import exports
from s3chem_events.core.db import transaction
from s3chem_events.desk.frame import by


def file(
    content: bytes | str | Iterator[bytes], name: str, *, content_type: str = "", noted: str = "", **data: Any
) -> Response:
    """Give a file to be saved; `noted` is the line of the audit trail that says it was taken, with its data."""
    if noted:
        note(noted, **data)
    return Response(
        content if isinstance(content, bytes | str) else stream_with_context(content),
        content_type=content_type or exports.TYPES[name.rpartition(".")[2]],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def note(kind: str, **data: Any) -> None:
    """Write down that something leaves the house; a HEAD takes nothing away."""
    if request.method == "GET":
        with transaction():
            audit.note(kind, by=by(), **data)


def fresh_only() -> None:
    """Ask for a fresh sign-in before what is worth stealing, and come back here after it."""
    if not fresh.is_fresh():
        flash(_("Please confirm once more that it is you: this list holds data that are worth stealing."))
        abort(redirect(url_for("security.verify", next=request.path)))

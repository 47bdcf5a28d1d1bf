"""Two lists that hang on a consent: participants to be handed on, and for the photographer whom not to show."""

from flask import Response, render_template
from flask_babel import gettext as _

from s3chem_events.attendance import exports
from s3chem_events.desk import downloads
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.registration import consenting

FILES = {consenting.LIST: "participants", consenting.PHOTO: "not-photographed"}


@desk.route("/events/<slug>/lists/<any(list, photo):which>")
@allowed("participants.see")
def consent_list(slug: str, which: str) -> str:
    """Show a list, to be printed: names and organisations, nothing else."""
    found = the_event(slug)
    return render_template(
        "desk/participants/consented.html",
        **header(found),
        which=which,
        is_asked=consenting.is_asked(found.id, which),
        rows=_rows(found.id, which),
    )


@desk.route("/events/<slug>/lists/<any(list, photo):which>.csv")
@allowed("participants.export")
def consent_list_file(slug: str, which: str) -> Response:
    """Give a list as a file; that it was taken is written down."""
    found = the_event(slug)
    rows = _rows(found.id, which)
    chunks = exports.csv_file([rows], names=(_("Name"), _("Organisation")))
    name = f"{slug}-{FILES[which]}.csv"
    return downloads.file(chunks, name, noted="list.exported", event=found.id, which=which, rows=len(rows))


def _rows(event_id: int, which: str) -> list[tuple[str, str]]:
    if which == consenting.LIST:
        return consenting.for_distribution(event_id)
    return consenting.not_photographed(event_id)

"""Links by which the entrance takes its list: made upon a fresh sign-in, with a passphrase that is told once."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.accounts import audit
from s3chem_events.attendance import gate_links
from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import settings
from s3chem_events.desk import downloads
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries as publishing


@desk.route("/events/<slug>/gate/link", methods=["GET", "POST"])
@allowed("gate.export")
def gate_link(slug: str) -> ResponseReturnValue:
    """Say what a link for the entrance is (GET); make one, and tell its passphrase this once (POST)."""
    found = the_event(slug)
    downloads.fresh_only()
    address = passphrase = ""
    if request.method == "POST":
        try:
            with transaction():
                found = the_event(slug)
                link, passphrase = gate_links.hand_out(found, by=by())
                audit.note("gate.handed_out", by=by(), event=link.event_id, link=link.id)
                address = gate_links.address(link, language=i18n.language(), base_url=settings().base_url)
        except gate_links.LinkOver:
            flash(_("The event is over: nobody needs the list any more."), "bad")
            return redirect(url_for("desk.gate", slug=slug), 303)
        found = the_event(slug)
    return render_template(
        "desk/gate/link.html",
        **header(found),
        address=address,
        passphrase=passphrase,
        until=i18n.stamp(publishing.ends_at(found), found.zone, i18n.language()),
    )


@desk.route("/events/<slug>/gate/links/<int:number>/revocation", methods=["POST"])
@allowed("gate.export")
def gate_link_revocation(slug: str, number: int) -> ResponseReturnValue:
    """Let a link open nothing any more."""
    with transaction():
        link = next((one for one in gate_links.of_event(the_event(slug).id) if one.id == number), None)
        if link is None:
            abort(404)
        gate_links.take_back(link, by=by())
        audit.note("gate.taken_back", by=by(), event=link.event_id, link=link.id)
    flash(_("The link opens nothing any more."), "good")
    return redirect(url_for("desk.gate", slug=slug), 303)

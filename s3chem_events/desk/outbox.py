"""The outbox at the desk: where each e-mail stands and why, how it was tried, and the two things one can do."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from s3chem_events.core.db import transaction
from s3chem_events.core.errors import NotFound
from s3chem_events.core.guard import POLICY, settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk import outage, searching
from s3chem_events.desk.frame import allowed, by, desk, page_number
from s3chem_events.desk.masking import masked
from s3chem_events.mailing import emptying, outbox, queries, relaying, render, restraint, streams, undelivered
from s3chem_events.mailing.letters import RETRIABLE, WAITING, State
from s3chem_events.mailing.mime import EMBLEM
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.mailing.results import Outcome
from s3chem_events.registration import codes, mail_log

CORRECTED = ("registration.address_corrected", "registration.address_changed")
"""After these nobody has to look any more at what had not reached the address before."""
SANDBOX = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""For the body of an e-mail: no script, no form, no other host, a world of its own."""


def states() -> dict[State, tuple[str, str]]:
    """Return the name of each state and the chip that carries it. What is kept in the mailbox has reached nobody."""
    sent = (_("Kept in the mailbox"), "") if settings().mail is None else (_("Sent"), "chip-open")
    return {
        State.QUEUED: (_("Waiting"), ""),
        State.SENDING: (_("Being sent"), "chip-save"),
        State.SENT: sent,
        State.DEFERRED: (_("Deferred"), "chip-moved"),
        State.UNKNOWN: (_("Uncertain"), "chip-moved"),
        State.FAILED: (_("Failed"), "chip-cancelled"),
        State.SUPPRESSED: (_("Not sent"), "chip-cancelled"),
        State.CANCELLED: (_("Stopped"), ""),
        State.BOUNCED: (_("Came back"), "chip-cancelled"),
    }


def outcomes() -> dict[Outcome, str]:
    """Return how a try ended, in words."""
    return {
        Outcome.SENT: _("accepted"),
        Outcome.LATER: _("to be tried again"),
        Outcome.NEVER: _("permanently refused"),
        Outcome.UNKNOWN: _("no answer after the text was given"),
        Outcome.SUPPRESSED: _("nothing is sent to this address any more"),
        Outcome.OUTLIVED: _("stopped: what it tells of is over"),
        Outcome.REPEATED: _("left out: somebody at this mailbox was reminded already"),
        Outcome.INTERRUPTED: _("interrupted"),
        Outcome.BOUNCED: _("came back undelivered"),
        Outcome.DELAYED: _("late: another server goes on trying"),
        Outcome.COMPLAINED: _("marked as spam by its reader"),
    }


def open_ones(state: State | None) -> queries.Wanted:
    """Ask for e-mails that somebody has to look at still: of which no address has been corrected since."""
    return queries.Wanted(state=state, unless=CORRECTED, about=mail_log.EMAILS)


def suppressed_because() -> dict[str, str]:
    """Return why nothing is sent to an address, in words."""
    return {
        "dead": _("Nothing is sent to this address any more: its mail server says that it does not exist."),
        "troubled": _("Nothing is sent to this address any more: five e-mails came back within 30 days."),
    }


@desk.app_template_filter("mail_reason")
def reason(text: str) -> str:
    """Say in the reader's language what the program says itself; what a server says stays as it is."""
    ours = {
        restraint.CROWDED: _("held back: too many to this address"),
        restraint.BROKEN: _("held back: too many registrations in an hour"),
        restraint.FLOODED: _("held back: too many sign-ups in an hour"),
        streams.STOPPED_TEXT: _("stopped by an organiser"),
        streams.TAKEN_BACK_TEXT: _("taken back, to be written anew"),
        emptying.GONE_TEXT: _("stopped: who was to read it has left, or was erased"),
    }
    return ours.get(text, text)


@desk.route("/mail/", endpoint="outbox", methods=["GET", "POST"])
@allowed("outbox.see")
def email_list() -> ResponseReturnValue:
    """List the e-mails, newest first; POST keeps the search."""
    page = page_number()
    state = request.values.get("state", "")
    address = (request.values.get("address", "") or searching.words()).strip()[:254]
    fact = request.values.get("fact", "")
    wanted = replace(
        open_ones(None) if request.args.get("open") else queries.Wanted(),
        state=State(state) if state in set(State) else None,
        address=address,
        fact_id=int(fact) if fact.isdecimal() and len(fact) < 10 else None,  # noqa: PLR2004 - an INTEGER
    )
    asked: dict[str, Any] = searching.asked(wanted.address, name="address")
    if wanted.state:
        asked["state"] = wanted.state
    if wanted.fact_id is not None:
        asked["fact"] = wanted.fact_id
    if wanted.unless:
        asked["open"] = "yes"
    if request.method == "POST":
        return redirect(url_for("desk.outbox", **asked), 303)
    if searching.is_lost():
        flash(_("This search is no longer known; everything is shown. Please search again."))
        return redirect(url_for("desk.outbox"))
    count = queries.email_count(wanted)
    return render_template(
        "desk/mail/outbox.html",
        section="mail",
        emails=queries.emails(wanted, page=page),
        counts=queries.counts(),
        states=states(),
        wanted=wanted,
        asked=asked,
        page=page,
        pages=max(-(-count // queries.PAGE), 1),
        count=count,
        has_mailbox=settings().mail is None,
        held=queries.held_count(),
        flowing=["", *streams.running()],
        most_an_hour=restraint.SITE_HOUR,
        unwritten=queries.unwritten(),
        outage=outage.sentences(),
    )


@desk.route("/mail/<int:email_id>")
@allowed("outbox.see")
def email(email_id: int) -> ResponseReturnValue:
    """Show one e-mail as its reader sees it, but for where its personal links lead, and what became of it."""
    found = _found(email_id)
    page = render_template(
        "desk/mail/email.html",
        section="mail",
        email=found,
        attempts=queries.attempts(email_id),
        flows=streams.flows(found.stream),
        states=states(),
        outcomes=outcomes(),
        can_retry=found.state in RETRIABLE and bool(found.text) and streams.flows(found.stream),
        can_cancel=found.state in WAITING,
        is_readable=_is_readable(found),
        suppression=undelivered.suppression(found.address_digest),
        suppressed_because=suppressed_because(),
    )
    return with_frame(page)


@desk.route("/mail/<int:email_id>/body")
@allowed("outbox.see")
def email_body(email_id: int) -> Response:
    """Return the HTML of an e-mail, for the frame in which it is shown."""
    found = _found(email_id)
    return sandboxed(with_emblem(masked(found.html)) if _is_readable(found) else "")


@desk.route("/mail/<int:email_id>/retry", methods=["POST"])
@allowed("outbox.manage")
def email_retry(email_id: int) -> ResponseReturnValue:
    """Have an e-mail tried at once."""
    found = _found(email_id)
    in_trouble = queries.outage(settings().way_out) is not None
    try:
        with transaction():
            outbox.retry(email_id, by=by())
    except outbox.NotRetriable:
        said = _("This e-mail is already on its way.")
        if not streams.flows(found.stream):
            said = _("This e-mail belongs to a campaign that is paused or stopped: it is not sent.")
        flash(said, "bad")
    else:
        said = _("Trying again now.")
        if in_trouble:
            said = _("The mail server has not been responding; trying again now, with this e-mail first in line.")
        flash(said, "good")
    return redirect(url_for("desk.email", email_id=email_id))


@desk.route("/mail/<int:email_id>/cancellation", methods=["POST"])
@allowed("outbox.manage")
def email_cancellation(email_id: int) -> ResponseReturnValue:
    """Take a waiting e-mail out of the queue."""
    _found(email_id)
    try:
        with transaction():
            outbox.cancel(email_id, by=by())
    except outbox.NotWaiting:
        flash(_("Too late: this e-mail is already on its way or settled."), "bad")
    else:
        flash(_("Stopped. You can still send it with “Try again now”."), "good")
    return redirect(url_for("desk.email", email_id=email_id))


@desk.route("/mail/held/release", methods=["POST"])
@allowed("outbox.manage")
def held_release() -> ResponseReturnValue:
    """Let go of all e-mails that are held back."""
    with transaction():
        count = restraint.release(by=by())
    flash(ngettext("%(num)s e-mail is on its way.", "%(num)s e-mails are on their way.", count), "good")
    return redirect(url_for("desk.outbox"))


@desk.route("/mail/unwritten/<int:fact_id>/retry", methods=["POST"])
@allowed("outbox.manage")
def unwritten_retry(fact_id: int) -> ResponseReturnValue:
    """Have a change turned into its e-mails once more."""
    try:
        with transaction():
            relaying.again(fact_id, by=by())
    except NotFound as refusal:
        abort(refusal.status)
    flash(_("Trying again now."), "good")
    return redirect(url_for("desk.outbox"))


def with_frame(page: str) -> Response:
    """Let a page show a frame of our own; all others show none."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


def sandboxed(html: str) -> Response:
    """Return somebody's HTML so that it can do nothing but be looked at."""
    response = Response(html or "<p>–</p>", content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def with_emblem(html: str) -> str:
    """Put the picture that travels with the e-mail into it."""
    return html.replace(f"cid:{EMBLEM}", f"data:image/png;base64,{b64encode(render.emblem()).decode()}")


def _is_readable(email: OutgoingEmail) -> bool:
    """A colleague's way in is read by that colleague alone, a participant's code by that participant."""
    return not email.kind.startswith("organiser.") and email.kind != codes.KIND


def _found(email_id: int) -> OutgoingEmail:
    return queries.email_by_id(email_id) or abort(404)

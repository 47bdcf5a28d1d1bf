"""What came by e-mail and needs a person: read as plain text, and put away when it is dealt with."""

from datetime import datetime
from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.calendar import itip
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import NotFound
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.later import Later
from s3chem_events.core.values import frozen
from s3chem_events.desk import words
from s3chem_events.desk.frame import allowed, arrivals_seen, by, desk, may, page_number
from s3chem_events.mailing import received, undelivered
from s3chem_events.mailing.kinds import CalendarReply
from s3chem_events.mailing.models import Arrival
from s3chem_events.registration import answered
from s3chem_events.registration.capacity import Said

if TYPE_CHECKING:
    from s3chem_events.mailing import arrivals, reading
else:  # 3 MB in each web worker, which few of them ever need
    arrivals = Later("s3chem_events.mailing.arrivals")
    reading = Later("s3chem_events.mailing.reading")

MOST_OF_ANSWER = 128 * 1024
"""Bytes in which a calendar's answer stands, twice and encoded as it may be."""
HEAD = 16 * 1024
"""Bytes that a list looks at, for the sender and the subject."""


@frozen
class Shown:
    """An e-mail of a stranger, as text."""

    id: int
    received_at: datetime
    kind: str
    reason: str
    sender: str
    subject: str
    headers: list[tuple[str, str]]
    text: str


def kinds() -> dict[str, str]:
    """Return what an e-mail can be, in words."""
    return {
        "bounce": _("Not delivered"),
        "delay": _("Delayed"),
        "complaint": _("Marked as spam"),
        "calendar_reply": _("Calendar answer"),
        "unsubscribe": _("Unsubscribe request"),
        "auto_reply": _("Automatic reply"),
        "human": _("Message"),
    }


def reasons() -> dict[str, str]:
    """Return why an e-mail stands where it does, in words."""
    return {
        "undelivered": _("Something did not arrive, but it is not clear which e-mail of ours it was."),
        "address_dead": _("An e-mail came back for good: nothing is sent to that address any more."),
        "address_given_up": _("The fifth e-mail within 30 days came back: nothing is sent to that address any more."),
        "address_troubled": _("An e-mail came back; the next one is sent there all the same."),
        "refused_contents": _("An e-mail was refused as spam or for its contents; that is not its address’s fault."),
        "bounced_before": _("It was known already that this e-mail came back."),
        "left_the_list": _(
            "Somebody has left a list by e-mail: as a follower of an event or a reader of the newsletter."
        ),
        "complained": _("A reader marked an e-mail as spam: no newsletter is sent to that address any more."),
        "complaint": _("A reader marked an e-mail of ours as spam, but it is not clear which."),
        "wants_out": _("Somebody asks to be left out from now on."),
        "somebody_wrote": _("Somebody wrote to us."),
        "on_its_way": _("An e-mail of ours is delayed; the other server goes on trying."),
        "automatic": _("An automatic reply: it is never answered."),
        "failed": _("It could not be processed because of an error in the program."),
        "accepted": _("Accepted: recorded at the registration."),
        "tentative": _("“Maybe”: recorded at the registration."),
        "declined": _("Declined: the place was given back, and the person was told how to undo it."),
        "unreadable_answer": _("A calendar answers, but says neither yes, no nor maybe."),
        "unknown_tag": _("The address it was sent to is not one of ours, or its link was replaced."),
        "another_event": _("It answers an invitation that this person was not sent."),
        "another_guest": _("Somebody else answers: the invitation was probably forwarded."),
        "not_proven": _("It is not certain who sent it."),
        "unknown_guest": _("Nobody is registered with this address."),
        "several_people": _("Several people are registered with this address."),
        "comes_again": _("The person would like to come after all, but has no place any more."),
        "to_and_fro": _("The calendar declined and accepted once before: please ask the person what holds."),
        "answers_itself": _("A machine answers the invitation, and an e-mail would follow: nothing was changed."),
        "wrong_clock": _("The answer is dated in the future, so it is not clear what it came after."),
        "old_invitation": _("It answers an older invitation; the date has changed since."),
        "said_before": _("The same or something newer was answered before."),
        "over": _("The event is cancelled, or this part of it has ended: nothing changes any more."),
        "not_coming": _("The person had given up the place already."),
        "wrote_besides": _("Somebody wrote words with it. What it answers is recorded, unless it came too late."),
    }


@desk.route("/mail/arrivals/", endpoint="arrivals")
@allowed("arrivals.see")
def arrival_list() -> ResponseReturnValue:
    """List what waits for a person, and what came last besides; to who is bound to events what is about these."""
    page, among, sees_all = page_number(), arrivals_seen(), may("outbox.see")
    count, settled = received.waiting_count(among=among), received.settled() if sees_all else []
    return render_template(
        "desk/mail/arrivals.html",
        section="mail",
        waiting=[_shown(arrival, (arrival.raw or b"")[:HEAD]) for arrival in received.waiting(page=page, among=among)],
        settled=settled,
        kinds=kinds(),
        reasons=reasons(),
        page=page,
        pages=max(-(-count // received.PAGE), 1),
        count=count,
        trouble=received.in_trouble() if sees_all else None,
        undelivered=undelivered.counts() if sees_all else None,
        has_inbox=not sees_all or settings().inbox_url is not None or settings().inbox_tags or bool(count or settled),
    )


@desk.route("/mail/arrivals/<int:arrival_id>")
@allowed("arrivals.see")
def arrival(arrival_id: int) -> ResponseReturnValue:
    """Show one e-mail that came, as plain text."""
    found = received.by_id(arrival_id) or abort(404)
    return render_template(
        "desk/mail/arrival.html",
        section="mail",
        arrival=_shown(found, found.raw or b""),
        is_waiting=found.raw is not None,
        registration=answered.about(arrival_id),
        kinds=kinds(),
        reasons=reasons(),
    )


@desk.route("/mail/arrivals/<int:arrival_id>/completion", methods=["POST"])
@allowed("arrivals.finish")
def arrival_completion(arrival_id: int) -> ResponseReturnValue:
    """Put an e-mail away that was dealt with; its text is erased."""
    try:
        with transaction():
            received.finish(arrival_id, by=by())
    except NotFound:
        flash(_("Nothing was changed."), "bad")
    else:
        flash(_("Done; the text of the e-mail has been erased."), "good")
    return redirect(url_for("desk.arrivals"), 303)


def _answers(arrival: Arrival, raw: bytes) -> list[tuple[str, str]]:
    """Return what a calendar answers, for whom, with the guest's own words."""
    if arrival.kind != CalendarReply.kind:
        return []
    arrived = arrivals.read(raw[:MOST_OF_ANSWER])
    if not isinstance(arrived, CalendarReply):
        return []
    try:
        found = itip.answers(arrived.calendar, charset=arrived.charset)
    except itip.NotAnAnswer:
        return []
    said = words.said()
    label = _("Calendar answer")
    return [(label, " · ".join(filter(None, (said[Said(a.says)], a.attendee, a.comment)))) for a in found]


def _shown(arrival: Arrival, raw: bytes) -> Shown:
    mail = reading.parsed(raw)
    names = ("From", "To", "Subject", "Date")
    return Shown(
        id=arrival.id,
        received_at=arrival.received_at,
        kind=arrival.kind,
        reason=arrival.reason,
        sender=reading.in_words(mail, "From"),
        subject=reading.in_words(mail, "Subject"),
        headers=[
            *((name, value) for name in names if (value := reading.in_words(mail, name))),
            *_answers(arrival, raw),
        ],
        text=reading.text(mail),
    )

"""Who still comes after a change: yes, no and silent; the silent reminded, and their places released in the end."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries
from s3chem_events.registration import coming, inquiries

AT_ONCE = 50
"""Withdrawals in one transaction, so that nobody who registers meanwhile waits."""
AT_MOST = 500
"""Withdrawals of one press, so that it is answered in time; the page still shows whoever is left for the next one."""


@desk.route("/events/<slug>/answers")
@allowed("participants.see")
def event_answers(slug: str) -> str:
    """Show who has said what, and who is silent."""
    return _page("answers", slug)


@desk.route("/events/<slug>/answers/reminder", methods=["POST"])
@allowed("participants.edit")
def answers_reminder(slug: str) -> ResponseReturnValue:
    """Write to the silent once more, at most once a day."""
    try:
        with transaction():
            event = queries.event_by_slug(slug, lock=True)
            if event is not None:
                coming.ask_again(event, by=by())
    except Refused as refusal:
        flash(_said(refusal), "bad")
    else:
        flash(_("Those who have not answered are being reminded."), "good")
    return redirect(url_for("desk.event_answers", slug=slug), 303)


@desk.route("/events/<slug>/answers/release", methods=["GET", "POST"])
@allowed("participants.edit")
def answers_release(slug: str) -> ResponseReturnValue:
    """Give the places of the silent to others, once their day has passed: GET asks, POST does."""
    if request.method == "GET":
        return _page("release", slug)
    released, more = 0, True
    refused: Refused | None = None
    try:
        while more and released < AT_MOST:
            with transaction():
                event = queries.event_by_slug(slug, lock=True)
                done = coming.release(event, by=by(), most=AT_ONCE) if event else 0
            released, more = released + done, done == AT_ONCE
    except Refused as refusal:
        refused = refusal
    if refused is not None and not released:
        flash(_said(refused), "bad")
    else:  # what was done before a later step was refused is done
        said = ngettext(
            "%(num)s registration has been withdrawn; the person will be notified by e-mail.",
            "%(num)s registrations have been withdrawn; the people will be notified by e-mail.",
            released,
        )
        flash(said if released else _("Nothing was changed."), "good")
    return redirect(url_for("desk.event_answers", slug=slug), 303)


def _page(view: str, slug: str) -> str:
    found = the_event(slug)
    language, inquiry = i18n.language(), inquiries.current(found)
    silent = inquiries.silent(found.id, inquiry) if inquiry else []
    counted = inquiries.by_part(found.id, inquiry) if inquiry else {}
    reminded = inquiries.reminded_at(found.id, inquiry) if inquiry else None
    until = inquiry.until if inquiry else None
    return render_template(
        f"desk/events/{view}.html",
        **header(found),
        inquiry=inquiry,
        asked_at=i18n.stamp(inquiry.asked_at, found.zone, language) if inquiry else "",
        until=i18n.short_range(until, until, language) if until else "",
        is_over=inquiry is not None and inquiry.is_over(found.zone),
        people=inquiries.people(found.id, inquiry) if inquiry else {},
        parts=[(part.title.said(language), counted[part.id]) for part in found.parts if part.id in counted],
        silent=silent,
        reachable=sum(one.has_address for one in silent),
        reminded_at=i18n.stamp(reminded, found.zone, language) if reminded else "",
    )


def _said(refusal: Refused) -> str:
    if isinstance(refusal, coming.RemindedLately):
        return _("They were reminded less than a day ago, so nothing was sent.")
    if isinstance(refusal, coming.NotYet):
        return _("The day until which places are kept without an answer has not passed. Nothing was changed.")
    return _("Nobody who could be written to has left a question unanswered, so nothing was sent.")

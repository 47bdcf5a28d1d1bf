"""The guest list of an event: who is invited to its closed parts, what has become of it, and the e-mails about it."""

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from s3chem_events.attendance import exports
from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import settings
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import downloads, guest_words, outbox, searching
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk, page_number
from s3chem_events.mailing import queries as mailing
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import batches, guest_list, invitation_posts, inviting
from s3chem_events.registration.invitation import SILENT, Invitation, Reply

LONGEST_SEARCH = 200
FORMS = ("csv", "xlsx")


@desk.route("/events/<slug>/invitations", methods=["GET", "POST"])
@allowed("invitations.see")
def invitations(slug: str) -> ResponseReturnValue:
    """Show who is invited, and what has become of it; POST keeps a search."""
    found = the_event(slug)
    if request.method == "POST":
        words = request.form.get("q", "")[:LONGEST_SEARCH].strip()
        asked: dict[str, Any] = {**searching.asked(words, name="q"), "state": request.form.get("state", "")}
        return redirect(url_for("desk.invitations", slug=slug, **{k: v for k, v in asked.items() if v}), 303)
    state, words = _state(), searching.words()
    page = guest_list.page(found.id, state=state, words=words, number=page_number())
    counts = guest_list.counts(found.id)
    asked = {k: v for k, v in {**searching.asked(words, name="q"), "state": state or ""}.items() if v}
    return render_template(
        "desk/invitations/list.html",
        **_shown(found),
        page=page,
        words=words,
        state=state or "",
        asked=asked,
        counts=[(one, counts[one]) for one in Reply if counts.get(one)],
        total=sum(counts.values()),
        silent=sum(counts.get(one, 0) for one in SILENT),
        closed=inviting.closed_parts(found),
        unsent=len(guest_list.unsent(found.id)),
        to_remind=len(guest_list.silent(found.id)),
        batches=invitation_posts.held(found.id),
        clock=lambda moment: i18n.clock(moment, found.zone, i18n.language()),
    )


@desk.route("/events/<slug>/invitations/sending", methods=["GET", "POST"])
@allowed("invitations.edit")
def invitations_sending(slug: str) -> ResponseReturnValue:
    """Show how the invitations would read and how many there are (GET); have them sent after a hold (POST)."""
    if request.method == "POST":
        return _write(slug, invitation_posts.send)
    found = the_event(slug)
    return _preview(found, guest_list.unsent(found.id), invitation_posts.SENT)


@desk.route("/events/<slug>/invitations/reminder", methods=["GET", "POST"])
@allowed("invitations.edit")
def invitations_reminder(slug: str) -> ResponseReturnValue:
    """Show how the silent would be reminded (GET); have it sent after a hold (POST)."""
    if request.method == "POST":
        return _write(slug, invitation_posts.remind)
    found = the_event(slug)
    return _preview(found, guest_list.silent(found.id), invitation_posts.REMINDED)


@desk.route("/events/<slug>/invitations/undo", methods=["POST"])
@allowed("invitations.edit")
def invitations_undo(slug: str) -> ResponseReturnValue:
    """Call back e-mails that have not left yet."""
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True) or abort(404)
            invitation_posts.undo(event.id, request.form.get("batch", ""), by=by())
    except batches.TooLate:
        flash(_("It is too late to undo this: the e-mails are on their way."), "bad")
    else:
        flash(_("Undone. Nobody has been told."), "good")
    return _back(slug)


@desk.route("/events/<slug>/invitations/<int:invitation_id>")
@allowed("invitations.see")
def invitation(slug: str, invitation_id: int) -> str:
    """Show one invitation: when what happened, who came by it, and its e-mails."""
    return _one_page("invitation", slug, invitation_id)


@desk.route("/events/<slug>/invitations/<int:invitation_id>/sending", methods=["POST"])
@allowed("invitations.edit")
def invitation_sending(slug: str, invitation_id: int) -> ResponseReturnValue:
    """Send one invitation at once, for the first time or once more."""
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True) or abort(404)
            one = guest_list.by_number(event.id, invitation_id) or abort(404)
            sent = invitation_posts.send_again(event, one, by=by())
    except Refused as refusal:
        flash(guest_words.refused(refusal), "bad")
    else:
        if sent:
            flash(_("The invitation is on its way."), "good")
        else:
            flash(_("Nothing was sent: it has been answered, has no address, or was sent a few minutes ago."), "bad")
    return redirect(url_for("desk.invitation", slug=slug, invitation_id=invitation_id), 303)


@desk.route("/events/<slug>/invitations/<int:invitation_id>/withdrawal", methods=["GET", "POST"])
@allowed("invitations.edit")
def invitation_withdrawal(slug: str, invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back: GET asks, POST does."""
    if request.method == "GET":
        return _one_page("withdrawal", slug, invitation_id)
    with transaction():
        event = publishing.event_by_slug(slug, lock=True) or abort(404)
        done = inviting.withdraw(guest_list.by_number(event.id, invitation_id) or abort(404), by=by())
    flash(_("The invitation has been withdrawn; its link and its code open nothing any more.") if done else "", "good")
    return redirect(url_for("desk.invitation", slug=slug, invitation_id=invitation_id), 303)


@desk.route(f"/events/<slug>/invitations.<any({', '.join(FORMS)}):form>")
@allowed("invitations.export")
def invitations_export(slug: str, form: str) -> Response:
    """Give the list as a file; that it was taken is written down."""
    found, state = the_event(slug), _state()
    counts, people = guest_list.counts(found.id), guest_list.exported(found.id, state=state)
    chunks = exports.table(form, people, names=guest_words.columns(), columns=guest_list.COLUMNS)
    name = f"{slug}-invitations-{today(found.zone)}.{form}"
    rows = counts.get(state, 0) if state else sum(counts.values())
    return downloads.file(chunks, name, noted="invitations.exported", event=found.id, format=form, rows=rows)


def _write(slug: str, write: Any) -> ResponseReturnValue:
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True) or abort(404)
            count = write(event, by=by())
    except Refused as refusal:
        flash(guest_words.refused(refusal), "bad")
    else:
        said = ngettext("%(num)s e-mail leaves in ten minutes.", "%(num)s e-mails leave in ten minutes.", count)
        flash(said, "good")
    return _back(slug)


def _preview(found: Event, people: list[Invitation], kind: str) -> str:
    samples = guest_words.samples(people, kind)
    return render_template(
        "desk/invitations/sending.html",
        **header(the_event(found.slug)),  # read anew: the composer has emptied the session
        samples=samples,
        count=len(people),
        reminds=kind == invitation_posts.REMINDED,
        silent_days=guest_list.PAUSE.days,
    )


def _one_page(view: str, slug: str, number: int) -> str:
    found = the_event(slug)
    one = guest_list.by_number(found.id, number) or abort(404)
    return render_template(
        f"desk/invitations/{view}.html",
        **_shown(found),
        line=guest_list.line(one),
        one=one,
        emails=mailing.about(one.id, guest_list.EMAILS),
        email_states=outbox.states(),
        language_name=LANGUAGES.get(one.language, one.language),
        codes_url=f"{settings().base_url.rstrip('/')}/{one.language}/invitations/",
    )


def _shown(found: Event) -> dict[str, Any]:
    language = i18n.language()
    return {
        **header(found),
        "states": guest_words.states(),
        "chips": guest_words.CHIPS,
        "parts": {part.key: part.title.within(language) for part in found.parts},
        "stamp": lambda moment: i18n.short_stamp(moment, found.zone, language),
    }


def _state() -> Reply | None:
    asked = request.args.get("state", "")
    return Reply(asked) if asked in set(Reply) else None


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("desk.invitations", slug=slug), 303)

"""Events at the desk: the list, one at a glance, a new one, its facts and parts."""

import json

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.attendance import presence
from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.desk import asking, changes, downloads, letters, overview, saving, translations, words
from s3chem_events.desk.fields import faulty
from s3chem_events.desk.frame import allowed, by, desk, own_events_only
from s3chem_events.desk.new_event import NewEventForm
from s3chem_events.publishing import actions, files, queries, values
from s3chem_events.publishing.booked import StillRegistered
from s3chem_events.publishing.lifecycle import NotADraft, State
from s3chem_events.publishing.models import Event, runs_of
from s3chem_events.registration import participants

MIME_JSON = "application/json; charset=utf-8"


@frozen
class Line:
    """One line of the list of events."""

    event: Event
    days: str
    state: State
    people: int
    missing: list[tuple[str, str]]


@desk.route("/events/")
@allowed("event.see")
def events() -> str:
    """Show the events that the organiser works for, those to come first."""
    own = own_events_only()
    people = participants.people_counts()
    found = [event for event in queries.all_events() if own is None or event.id in own]
    coming = [_line(event, people) for event in queries.coming(reversed(found))]
    past = [_line(event, people) for event in found if queries.is_past(event)]
    return render_template("desk/events/list.html", section="events", coming=coming, past=past, **_words())


@desk.route("/events/new", methods=["GET", "POST"])
@allowed("event.add")
def new_event() -> ResponseReturnValue:
    """Make an event out of a title and two dates."""
    form = NewEventForm()
    status = 422 if form.is_submitted() else 200
    questions: tuple[asking.Question, ...] = ()
    if form.validate_on_submit():
        confirmed = request.form.get("confirmed", "")
        state = State.SAVE_THE_DATE if confirmed or request.form.get("do") == "publish" else State.DRAFT
        try:
            with transaction():
                facts = form.facts(state, free=lambda slug: queries.event_by_slug(slug) is None)
                asking.check(None, facts, confirmed=confirmed, today=today(facts.zone))
                actions.add_event(facts, base_url=settings().base_url, by=by())
        except asking.Unasked as refusal:
            status, questions = refusal.status, refusal.questions
        else:
            flash(_("The event is public now.") if state is State.SAVE_THE_DATE else _("The draft is kept."), "good")
            return redirect(url_for("desk.event", slug=facts.slug), 303)
    page = render_template(
        "desk/events/new.html", section="events", form=form, faulty=faulty(form), questions=questions
    )
    return page, status


@desk.route("/events/<slug>/")
@allowed("event.see")
def event(slug: str) -> str:
    """Show one event at a glance."""
    found = the_event(slug)
    return render_template(
        "desk/events/overview.html", **header(found), **overview.shown(found), **letters.shown(found), **_words()
    )


@desk.route("/events/<slug>/deletion", methods=["GET", "POST"])
@allowed("event.add")
def event_deletion(slug: str) -> ResponseReturnValue:
    """Delete a draft that nobody registered for: GET asks, POST does."""
    found = the_event(slug)
    refusal = "" if found.state is State.DRAFT else _not_deleted(NotADraft.code)
    if request.method == "POST":
        try:
            with transaction():
                event = queries.event_by_slug(slug, lock=True)
                if event is not None:
                    actions.delete_draft(event, by=by())
        except (NotADraft, StillRegistered) as error:
            refusal = _not_deleted(error.code)
        else:
            flash(_("The draft has been deleted."), "good")
            return redirect(url_for("desk.events"), 303)
    page = render_template("desk/events/deletion.html", **header(the_event(slug)), refusal=refusal)
    return page, 409 if request.method == "POST" else 200


@desk.route("/events/<slug>/event.json")
@allowed("event.edit")  # it holds what only those registered see, such as the links for taking part online
def event_file(slug: str) -> Response:
    """Give the event as a file."""
    data = json.dumps(files.write(values.event_facts(the_event(slug))), ensure_ascii=False, indent=2)
    return downloads.file(data + "\n", f"{slug}.json", content_type=MIME_JSON)


def the_event(slug: str) -> Event:
    """Return the event of the address; the guard has looked at it already."""
    return queries.event_by_slug(slug) or abort(404)


def header(found: Event) -> dict[str, object]:
    """Return what stands on top of every page of one event."""
    language = i18n.language()
    return {
        "section": "events",
        "event": found,
        "title": found.title.said(language),
        "figures": i18n.figures_of(runs_of(found.live_parts), language),
        "state_word": words.states()[words.state_now(found)],
        "state_chip": words.chips().get(words.state_now(found), ""),
        "has_begun": any(presence.may_be_noted(part) for part in found.parts),
        "public_url": f"/{language}/events/{found.slug}",
    }


def answered(answer: saving.Answer) -> dict[str, object]:
    """Return what a page says of a refusal."""
    meanwhile = [(revision, changes.lines(revision.changes)) for revision in answer.meanwhile]
    return {
        "refusal": answer.refusal,
        "meanwhile": meanwhile,
        "merged": answer.merged is not None,
        "names": overview.names_of(one.by for one in answer.meanwhile),
        "questions": answer.questions,
    }


def _not_deleted(code: str) -> str:
    """Explain why an event stays."""
    said: dict[str, str] = {
        NotADraft.code: _(
            "Only a draft can be deleted. While nobody is registered, an event can be made a draft again first."
        ),
        StillRegistered.code: _("People have registered for this event, so it cannot be deleted."),
    }
    return said[code]


def _line(event: Event, people: dict[int, int]) -> Line:
    gaps = translations.missing(values.event_facts(event))
    past = queries.is_past(event)  # nobody translates what is over
    missing = [] if past else [(language, LANGUAGES[language]) for language, number in gaps.items() if number]
    days = i18n.short_days(runs_of(event.live_parts), i18n.language())
    return Line(event, days, words.state_now(event), people.get(event.id, 0), missing)


def _words() -> dict[str, object]:
    return {
        "language": i18n.language(),
        "states": words.states(),
        "chips": words.chips(),
        "kinds": words.kinds(),
        "modes": words.modes(),
        "visibilities": words.visibilities(),
    }

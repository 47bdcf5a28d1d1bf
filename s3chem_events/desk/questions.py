"""The form editor: an event's own questions, in their order, and what the form looks like with them."""

from dataclasses import replace

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from wtforms import Form

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import presets
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk, own_events_only
from s3chem_events.desk.question_form import ADDRESSES, new_key, readers, times
from s3chem_events.publishing import queries
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking, own_questions, previews
from s3chem_events.registration.models import Question
from s3chem_events.registration.questions import Asked, Kind, QuestionFacts


@desk.route("/events/<slug>/questions/")
@allowed("questions.edit")
def questions(slug: str) -> str:
    """Show what an event asks, in its order, and what else it may ask."""
    found = the_event(slug)
    everything = asking.asked_at(found.id, retired=True, when=None)
    live = [question for question in everything if not question.retired]
    return render_template(
        "desk/questions/list.html",
        **header(found),
        questions=[(question, missing_words(question)) for question in live],
        retired=[question for question in everything if question.retired],
        kinds=kinds(),
        readers=readers(),
        times=times(),
        parts={part.key: part.title.within(i18n.language()) for part in found.parts},
        languages=LANGUAGES,
    )


@desk.route("/events/<slug>/questions/preview")
@allowed("questions.edit")
def questions_preview(slug: str) -> str:
    """Show the questions as the form does, in any language."""
    found = the_event(slug)
    asked = asking.asked_at(found.id)
    asked_for = request.args.get("language", "")
    language = asked_for if asked_for in LANGUAGES else i18n.language()
    with force_locale(language):  # the form alone; around it the desk speaks to the organiser
        form = type("PreviewForm", (Form,), own_questions.fields(asked, language))()
        groups = own_questions.groups(form, asked, found, language)
        values = {"lang": language, "questions": groups}
        current_app.update_template_context(values)
        shown = current_app.jinja_env.get_template("desk/questions/_form.html").make_module(values)
    return render_template(
        "desk/questions/preview.html",
        **header(found),
        shown=shown,
        chosen=language,
        languages=LANGUAGES,
        whole=previews.path(found.id, language),
    )


@desk.route("/events/<slug>/questions/<question>/position", methods=["POST"])
@allowed("questions.edit")
def question_position(slug: str, question: str) -> ResponseReturnValue:
    """Move a question one place up or down."""
    found = the_event(slug)
    with transaction():
        queries.event_by_id(found.id, lock=True)
        up = request.form.get("to") == "up"
        moved = asking.move_question(row_of(found, question), up=up, by=by())
    if not moved:
        flash(_("It stays where it is: a question comes after the one that it depends on."), "bad")
    return redirect(url_for("desk.questions", slug=slug, at=question, to="up" if up else "down"), 303)


@desk.route("/events/<slug>/questions/<question>/retirement", methods=["POST"])
@allowed("questions.edit")
def question_retirement(slug: str, question: str) -> ResponseReturnValue:
    """Ask a question no more."""
    found = the_event(slug)
    try:
        with transaction():
            queries.event_by_id(found.id, lock=True)
            asking.retire_question(row_of(found, question), by=by())
    except Refused:
        flash(_("Another question is asked only upon an answer to this one. Change that one first."), "bad")
    else:
        said, again = (
            _("The question is asked no more. The answers that there are stay until their day."),
            _("It can be asked again below."),
        )
        flash(f"{said} {again}", "good")
    return redirect(url_for("desk.questions", slug=slug), 303)


@desk.route("/events/<slug>/questions/<question>/resumption", methods=["POST"])
@allowed("questions.edit")
def question_resumption(slug: str, question: str) -> ResponseReturnValue:
    """Ask a question again that is asked no more."""
    found = the_event(slug)
    try:
        with transaction():
            queries.event_by_id(found.id, lock=True)
            asking.resume_question(row_of(found, question, retired=True), by=by())
    except Refused:
        flash(_("It is asked only upon an answer that cannot be given now. Change that question first."), "bad")
    else:
        flash(_("The question is asked again; the answers that there were are still there."), "good")
    return redirect(url_for("desk.questions", slug=slug), 303)


@desk.route("/events/<slug>/questions/<question>/copy", methods=["POST"])
@allowed("questions.edit")
def question_copy(slug: str, question: str) -> ResponseReturnValue:
    """Ask the same once more, to be changed; it stands at the end."""
    found = the_event(slug)
    with transaction():
        event = queries.event_by_id(found.id, lock=True) or abort(404)
        facts = asking.plain(asking.asked(row_of(found, question)))
        taken = {one.key for one in asking.rows(event.id)} | ADDRESSES
        added = asking.add_question(event, replace(facts, key=new_key(facts.key, taken)), by=by())
        key = added.key
    flash(_("This is the copy; change what is to be different."), "good")
    return redirect(url_for("desk.question", slug=slug, question=key), 303)


@desk.route("/events/<slug>/questions/import", methods=["GET", "POST"])
@allowed("questions.edit")
def questions_import(slug: str) -> ResponseReturnValue:
    """Ask what another event asks (POST); only events that the organiser may see are offered (GET)."""
    found, mine = the_event(slug), own_events_only()
    others = {one.slug: one for one in queries.all_events() if one.id != found.id and (mine is None or one.id in mine)}
    if request.method == "GET":
        titles = {key: one.title.within(i18n.language()) for key, one in others.items()}
        return render_template("desk/questions/import.html", **header(found), others=titles)
    source = others.get(request.form.get("event", "")) or abort(404)
    with transaction():
        event = queries.event_by_id(found.id, lock=True) or abort(404)
        copied = asking.copy_questions(event, asking.asked_at(source.id, when=None), by=by())
    flash(ngettext("%(num)s question copied.", "%(num)s questions copied.", copied), "good")
    return redirect(url_for("desk.questions", slug=slug), 303)


def kinds() -> dict[str, str]:
    """Return in words what can be asked, what is ready first."""
    return {
        Kind.DIET: _("Dietary needs"),
        Kind.ACCESS: _("Access needs"),
        presets.PHOTO: _("Consent: photographs"),
        presets.LIST: _("Consent: list of participants"),
        Kind.TEXT: _("One line of text"),
        Kind.LONG_TEXT: _("Several lines of text"),
        Kind.NUMBER: _("Number"),
        Kind.YES_NO: _("Yes or no"),
        Kind.ONE_OF: _("One of several choices"),
        Kind.SEVERAL_OF: _("Any of several choices"),
        Kind.DATE: _("Date"),
        Kind.COUNTRY: _("Country"),
        Kind.PHONE: _("Telephone number"),
        Kind.FILE: _("File"),
        Kind.CONSENT: _("Consent"),
    }


def row_of(found: Event, key: str, *, retired: bool = False) -> Question:
    """Return a question of this very event that is asked still, or no more."""
    there = (row for row in asking.rows(found.id) if row.key == key and (row.retired_at is not None) is retired)
    return next(there, None) or abort(404)


def missing_words(question: QuestionFacts | Asked) -> list[str]:
    """Return the languages in which something of a question is not said yet."""
    texts = [question.label, question.purpose, *(option.label for option in question.options)]
    texts += [question.help] if question.help else []
    return [code for code in LANGUAGES if any(code not in text for text in texts)]

"""The form editor: an event's own questions, in their order, and what the form looks like with them."""

from dataclasses import replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from wtforms import Form

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import presets
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.fields import faulty
from s3chem_events.desk.frame import allowed, by, desk, own_events_only
from s3chem_events.desk.question_form import ADDRESSES, QuestionForm, new_key, readers, times
from s3chem_events.publishing import queries, values
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking, own_questions, previews
from s3chem_events.registration.models import Question
from s3chem_events.registration.questions import Asked, Kind, QuestionFacts, When


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
        questions=[(question, _missing(question)) for question in live],
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
    with force_locale(language):
        form = type("PreviewForm", (Form,), own_questions.fields(asked, language))()
        return render_template(
            "desk/questions/preview.html",
            **header(found) | {"lang": language},
            questions=own_questions.groups(form, asked, found, language),
            languages=LANGUAGES,
            whole={code: previews.path(found.id, code) for code in LANGUAGES},
        )


@desk.route("/events/<slug>/questions/new", methods=["GET", "POST"])
@allowed("questions.edit")
def new_question(slug: str) -> ResponseReturnValue:
    """Add a question of a kind, or one that is ready."""
    when = request.args.get("when", "")
    base = presets.preset(request.args.get("kind", Kind.TEXT), When(when) if when in set(When) else When.REGISTERING)
    return _edited(the_event(slug), base, None)


@desk.route("/events/<slug>/questions/<question>", methods=["GET", "POST"])
@allowed("questions.edit")
def question(slug: str, question: str) -> ResponseReturnValue:
    """Change a question, in one language at a time."""
    found = the_event(slug)
    row = _row(found, question)
    return _edited(found, asking.asked(row), row)


@desk.route("/events/<slug>/questions/<question>/position", methods=["POST"])
@allowed("questions.edit")
def question_position(slug: str, question: str) -> ResponseReturnValue:
    """Move a question one place up or down."""
    found = the_event(slug)
    with transaction():
        up = request.form.get("to") == "up"
        moved = asking.move_question(_row(found, question), up=up, by=by())
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
            asking.retire_question(_row(found, question), by=by())
    except Refused:
        flash(_("Another question is asked only upon an answer to this one. Change that one first."), "bad")
    else:
        flash(_("The question is asked no more. The answers that there are stay until their day."), "good")
    return redirect(url_for("desk.questions", slug=slug), 303)


@desk.route("/events/<slug>/questions/<question>/copy", methods=["POST"])
@allowed("questions.edit")
def question_copy(slug: str, question: str) -> ResponseReturnValue:
    """Ask the same once more, to be changed; it stands at the end."""
    found = the_event(slug)
    with transaction():
        event = queries.event_by_id(found.id, lock=True) or abort(404)
        facts = asking.plain(asking.asked(_row(found, question)))
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


def _edited(found: Event, base: QuestionFacts, row: Question | None) -> ResponseReturnValue:
    language = _language(found)
    there = asking.asked_at(found.id, retired=True, when=None)
    place = next((n for n, one in enumerate(there) if row is not None and one.id == row.id), len(there))
    before = tuple(one for one in there[:place] if not one.retired)
    form = QuestionForm.of(base, found, before, language)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit() and _saved(form, found, base, row, language):
        flash(_("The question is saved; the form shows it at once."), "good")
        return redirect(url_for("desk.questions", slug=found.slug), 303)
    page = render_template(
        "desk/questions/question.html",
        **header(the_event(found.slug)),
        form=form,
        faulty=faulty(form),
        base=base,
        is_new=row is None,
        kind=request.args.get("kind", "") if row is None else base.kind,
        kind_word=kinds()[base.kind],
        language=language,
        languages=LANGUAGES,
        missing=_missing(base) if base.label else [],
    )
    return page, status


def _saved(form: QuestionForm, found: Event, base: QuestionFacts, row: Question | None, language: str) -> bool:
    try:
        with transaction():
            event = queries.event_by_id(found.id, lock=True) or abort(404)
            taken = {one.key for one in asking.rows(event.id)} if row is None else set()
            facts = form.facts(base, language, taken=taken)
            if row is None:
                asking.add_question(event, facts, by=by())
            else:
                asking.revise_question(event, _row(event, row.key), asking.plain(facts), by=by())
    except Invalid as fault:
        form.blame(fault)
    except Refused:
        form.blame(Invalid("label", "refused"))
    else:
        return True
    return False


def _row(found: Event, key: str) -> Question:
    """Return a question of this very event that is asked still."""
    return next((row for row in asking.rows(found.id) if row.key == key and row.retired_at is None), None) or abort(404)


def _language(found: Event) -> str:
    """Return the language that is asked for, the event's first one unless told."""
    asked = request.args.get("language", "")
    return asked if asked in LANGUAGES else main_language(values.event_facts(found))


def _missing(question: QuestionFacts | Asked) -> list[str]:
    """Return the languages in which something of a question is not said yet."""
    texts = [question.label, question.purpose, *(option.label for option in question.options)]
    texts += [question.help] if question.help else []
    return [code for code in LANGUAGES if any(code not in text for text in texts)]

"""One question at the desk: written in one language at a time, tried in any, and never saved over somebody else's."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from wtforms import Form

from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import presets
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.fields import faulty
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.question_form import QuestionForm, reworded
from s3chem_events.desk.questions import kinds, missing_words, row_of
from s3chem_events.publishing import queries, values
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking, own_questions
from s3chem_events.registration import questions as rules
from s3chem_events.registration.changing import ChangedMeanwhile
from s3chem_events.registration.models import Question
from s3chem_events.registration.own_questions import Group
from s3chem_events.registration.questions import Asked, Kind, QuestionFacts, When

PREVIEW = "preview"
"""The button that shows the question instead of saving it."""


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
    row = row_of(found, question)
    return _edited(found, asking.asked(row), row)


def _edited(found: Event, base: QuestionFacts, row: Question | None) -> ResponseReturnValue:
    language, there = _language(found), asking.asked_at(found.id, retired=True, when=None)
    place = next((n for n, one in enumerate(there) if row is not None and one.id == row.id), len(there))
    before = tuple(one for one in there[:place] if not one.retired)
    form = QuestionForm.of(base, found, before, language)
    status, said = 422 if form.is_submitted() else 200, dict[str, Any](fault="", meanwhile=[], preview=[])
    if form.validate_on_submit():
        try:
            if request.form.get("press") == PREVIEW:
                status, said[PREVIEW] = 200, _preview(form, found, base, before, language)
            else:
                _save(form, found, base, row, language)
                flash(_("The question is saved; the form shows it at once."), "good")
                if row is not None:
                    _say_reworded(base, asking.asked(row_of(found, base.key)), language)
                return redirect(url_for("desk.questions", slug=found.slug), 303)
        except Invalid as fault:
            form.blame(fault)
        except ChangedMeanwhile as refusal:
            fresh = the_event(found.slug)  # the roll-back has taken the other away
            base = asking.asked(row_of(fresh, base.key))
            status, said["meanwhile"] = refusal.status, form.meanwhile(base, language)
            said["fault"] = _(
                "Something has been changed since you opened this page. Nothing of yours is saved yet: look at what "
                "changed, and press again if your entries are to stand."
            )
            form.knows(base, language)
        except Refused as refusal:
            form.blame(Invalid(refusal.code, "refused"))
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
        missing=missing_words(base) if base.label else [],
        shown_in=_shown_in(language),
        in_language=_in_language,
        **said,
    )
    return page, status


def _save(form: QuestionForm, found: Event, base: QuestionFacts, row: Question | None, language: str) -> None:
    """Write a question down, unless somebody else has written meanwhile what this would overwrite.

    Raises:
        Invalid, ChangedMeanwhile, and what `asking` refuses.

    """
    with transaction():
        event = queries.event_by_id(found.id, lock=True) or abort(404)
        if row is None:
            asking.add_question(event, form.facts(base, language, taken=_keys(event)), by=by())
            return
        there = row_of(event, row.key)
        now_said = asking.asked(there)
        if form.meanwhile(now_said, language):
            raise ChangedMeanwhile
        asking.revise_question(event, there, asking.plain(form.facts(now_said, language, taken=set())), by=by())


def _say_reworded(before: QuestionFacts, after: QuestionFacts, language: str) -> None:
    """Say which choices were taken for the same with other words, and where these are to be said anew."""
    changed = reworded(before, after, language)
    if not changed:
        return
    sentences = [
        _(
            "Other words for the same choice, with its answers: %(changes)s.",
            changes=", ".join(f"{old} → {new}" for old, new in changed.items()),
        ),
        _("For another choice put the old words back and add a line of its own."),
    ]
    others = {code for one in before.options if one.label.get(language) in changed for code in one.label} - {language}
    if others:
        names = ", ".join(name for code, name in LANGUAGES.items() if code in others)
        sentences.insert(1, _("Its words are to be given anew in: %(languages)s.", languages=names))
    flash(" ".join(sentences), "note")


def _preview(
    form: QuestionForm, found: Event, base: QuestionFacts, before: tuple[Asked, ...], language: str
) -> list[Group]:
    """Return the questions of the form as visitors will see them once this one is saved; nothing is.

    Raises:
        Invalid: it does not hold together.

    """
    facts = form.facts(base, language, taken=set() if isinstance(base, Asked) else _keys(found))
    rules.check(facts, {one.key: one for one in before})
    this = facts if isinstance(facts, Asked) else asking.unsaved(facts)
    asked = [one for one in asking.asked_at(found.id, when=facts.when) if one.id != this.id]
    asked.insert(sum(one in before for one in asked), this)
    shown_in = _shown_in(language)
    shown = type("PreviewForm", (Form,), own_questions.fields(asked, shown_in))()
    return own_questions.groups(shown, asked, found, shown_in)


def _in_language(language: str, caller: Callable[[], str]) -> str:
    """Render what stands in a `call` block of a template in another language than the page around it."""
    with force_locale(language):
        return caller()


def _keys(event: Event) -> set[str]:
    return {one.key for one in asking.rows(event.id)}


def _shown_in(language: str) -> str:
    asked = request.form.get("shown_in", "")
    return asked if asked in LANGUAGES else language


def _language(found: Event) -> str:
    """Return the language that is asked for, the event's first one unless told."""
    asked = request.args.get("language", "")
    return asked if asked in LANGUAGES else main_language(values.event_facts(found))

"""The texts of an event, one language at a time, beside the words that they are translated from."""

import unicodedata
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from s3chem_events.core import i18n
from s3chem_events.core.text import LANGUAGES, UNWRITABLE
from s3chem_events.desk import previewing, saving, translations, words
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.events import answered, header, the_event
from s3chem_events.desk.fields import LONGEST_TITLE, Needed, clean, faulty
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.desk.translations import Passage
from s3chem_events.publishing import values
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.registration.names import stream_safe

LONGEST_TEXT = 20_000


@desk.route("/events/<slug>/texts/", defaults={"language": ""})
@desk.route("/events/<slug>/texts/<language>", methods=["GET", "POST"])
@allowed("event.edit")
def event_texts(slug: str, language: str) -> ResponseReturnValue:
    """Write the texts of an event in one language."""
    found = the_event(slug)
    facts = saving.opened(found, request.form.get("revision")) if request.form else values.event_facts(found)
    main = main_language(facts)
    if not language:
        return redirect(url_for("desk.event_texts", slug=slug, language=main))
    if language not in LANGUAGES:
        abort(404)
    form = _form(facts, language, main)(data=_filled(facts, language, found.revision))
    answer = saving.Answer(slug)
    if form.is_submitted() and not request.form.get("do"):
        answer = saving.Answer(slug, 422)
        if form.validate():
            said = {passage.name: form[passage.name].data for passage in translations.passages(facts)}
            answer = saving.save(slug, form, lambda seen: translations.put(seen, language, said), seen=facts)
        if answer.pending:
            return previewing.page(slug, answer.pending)
        if answer.is_saved:
            to = url_for("desk.event_texts", slug=answer.slug, language=language)
            return redirect(url_for("desk.event", slug=answer.slug) if answer.is_told else to, 303)
    if answer.merged is not None:
        facts = answer.merged
        form = _form(facts, language, main)(formdata=None, data=_filled(facts, language, answer.revision))
        saving.mark(form, answer)
    page = render_template(
        "desk/events/texts.html",
        **header(the_event(slug)),  # read anew: a refusal has rolled back
        **answered(answer),
        form=form,
        faulty=faulty(form),
        groups=_groups(facts, form, main),
        language=language,
        languages_left=translations.missing(facts),
        names_of_languages=LANGUAGES,
        called={code: i18n.language_name(code, i18n.language()) for code in LANGUAGES},
        main=main,
    )
    return page, answer.status


def tidy(value: str | None) -> str:
    """Return a text of several lines in NFC, without control characters, its ends trimmed."""
    lines = UNWRITABLE.sub("", (value or "").replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", stream_safe(lines))
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc").strip()


def _form(event: EventFacts, language: str, main: str) -> type[FlaskForm]:
    fields: dict[str, Any] = {"revision": HiddenField()}
    for passage in translations.passages(event):
        label = words.event_fields().get(passage.what, _("Abstract"))
        needed = [Needed()] if language == main and passage.what == "title" else []
        if passage.long:
            fields[passage.name] = TextAreaField(label, [Length(max=LONGEST_TEXT)], filters=[tidy])
        else:
            fields[passage.name] = StringField(label, [*needed, Length(max=LONGEST_TITLE)], filters=[clean])
    return type("TextsForm", (FlaskForm,), fields)


def _filled(event: EventFacts, language: str, revision: int) -> dict[str, str]:
    texts = {passage.name: passage.text.get(language, "") for passage in translations.passages(event)}
    return {**texts, "revision": str(revision)}


def _groups(event: EventFacts, form: FlaskForm, main: str) -> list[tuple[str, list[tuple[Passage, Any]]]]:
    """Return the passages with their fields, under the title of the part or programme item that they belong to."""
    groups: list[tuple[str, list[tuple[Passage, Any]]]] = []
    for passage in translations.passages(event):
        where = passage.where.within(main)
        stem = passage.name.rpartition("-")[0]
        if not groups or groups[-1][1][-1][0].name.rpartition("-")[0] != stem:
            groups.append((where, []))
        groups[-1][1].append((passage, form[passage.name]))
    return groups

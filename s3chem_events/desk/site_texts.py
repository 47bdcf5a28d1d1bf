"""The texts of the site: the notices and what is said of the project, one language at a time."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, EmailField, Field, HiddenField, TextAreaField
from wtforms.validators import Length, Optional, Regexp

from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.i18n import language_name
from s3chem_events.core.text import DEFAULT, LANGUAGES, Said, Text
from s3chem_events.core.values import frozen
from s3chem_events.desk import asking
from s3chem_events.desk.fields import LONGEST_TITLE, Needed, clean, faulty, line, say, sensible
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.texts import LONGEST_TEXT, tidy
from s3chem_events.publishing import actions, audited, queries, site_texts
from s3chem_events.publishing.actions import Stale
from s3chem_events.publishing.models import Document
from s3chem_events.publishing.site_texts import NOTICES, PROJECT, Passage
from s3chem_events.registration.names import address
from s3chem_events.sample import load

KEYS = (PROJECT, *NOTICES)


@frozen
class Listed:
    """A text of the site in the list of the desk."""

    key: str
    title: Said
    is_approved: bool
    gaps: int
    missing: list[str]


@desk.route("/site-texts/")
@allowed("pages.edit")
def site_texts_list() -> ResponseReturnValue:
    """List the texts of the site, and what each of them lacks."""
    listed = [_listed(found) for key in KEYS if (found := queries.document(key))]
    return render_template("desk/pages/list.html", section="pages", texts=listed, languages=LANGUAGES)


@desk.route("/site-texts/<text>/<language>", methods=["GET", "POST"])
@allowed("pages.edit")
def site_text(text: str, language: str) -> ResponseReturnValue:
    """Write a text of the site in one language."""
    found = _found(text)
    if language not in LANGUAGES:
        abort(404)
    form, refusal = _form(found, language)(data=_filled(found, language)), ""
    questions: tuple[asking.Question, ...] = ()
    if form.is_submitted() and _is_fit(form, found, language):
        try:
            _ask(form, found, language)
            with transaction():
                actions.revise_document(text, _written(form, found, language), seen=form["seen"].data or "", by=by())
        except asking.Unasked as unasked:
            questions = unasked.questions
        except Stale:
            found = _found(text)
            refusal = _("Someone else has saved meanwhile. Compare with their text, then save again.")
            form["seen"].data, form["seen"].raw_data = found.revised_at.isoformat(), None
        else:
            flash(_("Saved."), "good")
            return redirect(url_for("desk.site_text", text=text, language=language), 303)
    wrong = faulty(form)
    passages = site_texts.passages(text, found.data)
    page = render_template(
        "desk/pages/edit.html",
        **_header(found, language),
        form=form,
        faulty=wrong,
        refusal=refusal,
        questions=questions,
        theirs=[passage.text.get(language, "") for passage in passages] if refusal else [],
        groups=_groups(passages, form),
        shared=[form[name] for name in _shared(found)],
        gaps=site_texts.gaps(text, found.data).get(language, []),
        done=set(LANGUAGES) - set(site_texts.missing(text, found.data)),
        main=DEFAULT,
        is_the_programs=text == PROJECT or site_texts.says_the_same(found.data, load.text_of_the_site(text)),
    )
    return page, 409 if refusal or questions else 422 if wrong else 200


@desk.route("/site-texts/<text>/original", methods=["GET", "POST"])
@allowed("pages.edit")
def site_text_original(text: str) -> ResponseReturnValue:
    """Ask (GET) and take over a notice as this version of the program brings it (POST)."""
    found = _found(text) if text in NOTICES else abort(404)
    data = load.text_of_the_site(text)
    if request.method == "GET":
        shown = [passage for passage in site_texts.passages(text, data) if passage.text]
        header = _header(found, i18n.language())
        return render_template("desk/pages/original.html", **header, passages=shown, seen=found.revised_at.isoformat())
    data = site_texts.dated(data, found.data, today("UTC"))
    try:
        with transaction():
            actions.revise_document(text, data, seen=request.form.get("seen", ""), by=by())
    except Stale:
        flash(_("Someone else has changed it in the meantime. Look at it once more."), "bad")
    else:
        flash(_("Taken over. Read it, fill in what stands in square brackets, and say that it is approved."), "good")
    return redirect(url_for("desk.site_text", text=text, language=i18n.language()), 303)


def _ask(form: FlaskForm, found: Document, language: str) -> None:
    """Ask before everybody can read a link to join.

    Raises:
        asking.Unasked.

    """
    passages = site_texts.passages(found.key, found.data)
    texts = [(form[p.name].label.text, p.text.get(language, ""), form[p.name].data or "") for p in passages]
    asking.check_texts(texts, queries.coming(queries.all_events()), confirmed=request.form.get("confirmed", ""))


def _found(text: str) -> Document:
    found = queries.document(text) if text in KEYS else None
    return found or abort(404)


def _form(found: Document, language: str) -> type[FlaskForm]:
    """Return the form of a text: its passages in this language, then what holds for all languages."""
    fields: dict[str, Any] = {"seen": HiddenField()}
    for passage in site_texts.passages(found.key, found.data):
        label = _labels()[passage.what]
        needed = [Needed()] if language == DEFAULT and passage.name == "title" else []
        fields[passage.name] = (
            TextAreaField(label, [Length(max=LONGEST_TEXT)], filters=[tidy])
            if passage.is_long
            else line(label, *needed, longest=LONGEST_TITLE)
        )
    return type("SiteTextForm", (FlaskForm,), fields | _shared(found))


def _shared(found: Document) -> dict[str, Any]:
    if found.key in NOTICES:
        return {"approved": BooleanField(_l("Whoever answers for this text has approved it"))}
    url = Regexp(r"https?://\S+", message=_l("Please enter an address that starts with https://."))
    return {
        "address": EmailField(_l("E-mail"), filters=[clean]),
        "telephone": line(_l("Telephone"), longest=40),
        **{f"social-{one['network']}": line(one["label"], Optional(), url) for one in found.data.get("social", [])},
        "audit_until": DateField(_l("Audit date"), [Optional(), sensible]),
        "approved": BooleanField(_l("The funding programme has approved the funding statement")),
    }


def _labels() -> dict[str, str]:
    return {
        "title": _("Title"),
        "intro": _("In short"),
        "heading": _("Heading"),
        "body": _("Text"),
        "claim": _("The project in one line"),
        "about": _("About the project"),
        "contact": _("Contact point"),
        "statement": _("Funding statement"),
    }


def _filled(found: Document, language: str) -> dict[str, Any]:
    data = found.data
    said = {one.name: one.text.get(language, "") for one in site_texts.passages(found.key, data)}
    said["seen"] = found.revised_at.isoformat()
    if found.key in NOTICES:
        return {**said, "approved": not data.get("to_be_approved")}
    contact, day = data.get("contact", {}), audited.day_in(data)
    return {
        **said,
        **{f"social-{one['network']}": one.get("url") or "" for one in data.get("social", [])},
        "address": contact.get("address", ""),
        "telephone": contact.get("telephone", ""),
        "audit_until": day,
        "approved": bool(data.get("funding", {}).get("approved")),
    }


def _written(form: FlaskForm, found: Document, language: str) -> dict[str, Any]:
    """Return the text as the form has it."""
    said = {one.name: form[one.name].data or "" for one in site_texts.passages(found.key, found.data)}
    data = site_texts.put(found.key, found.data, language, said)
    if found.key in NOTICES:
        data["to_be_approved"] = not form["approved"].data
        return site_texts.dated(data, found.data, today("UTC"))
    day = form["audit_until"].data
    data["contact"] |= {"address": form["address"].data or "", "telephone": form["telephone"].data or ""}
    data["social"] = [{**one, "url": form[f"social-{one['network']}"].data or None} for one in data.get("social", [])]
    data["audit_until"] = day.isoformat() if day else None
    data["funding"]["approved"] = form["approved"].data
    return data


def _is_fit(form: FlaskForm, found: Document, language: str) -> bool:
    """Hold the address together, and approve nothing that has gaps."""
    fits: bool = form.validate()
    if found.key == PROJECT and form["address"].data:
        try:
            address(form["address"].data)
        except Invalid:
            fits = False
            say(form["address"], _("This is not an e-mail address."))
    if found.key in NOTICES and form["approved"].data:
        left = site_texts.gaps(found.key, _written(form, found, language))
        if left:
            fits = False
            where = ", ".join(language_name(code, i18n.language()) for code in left)
            say(form["approved"], _("First fill in what stands in square brackets: %(languages)s.", languages=where))
    return fits


def _groups(passages: list[Passage], form: FlaskForm) -> list[tuple[str, list[tuple[Passage, Field]]]]:
    """Return the passages with their fields, section by section."""
    groups: dict[str, list[tuple[Passage, Field]]] = {}
    for passage in passages:
        groups.setdefault(passage.section, []).append((passage, form[passage.name]))
    return list(groups.items())


def _header(found: Document, language: str) -> dict[str, object]:
    return {
        "section": "pages",
        "key": found.key,
        "title": _title(found, i18n.language()),
        "language": language,
        "languages": LANGUAGES,
    }


def _title(found: Document, language: str) -> Said:
    return Said(_("The project"), language) if found.key == PROJECT else Text(found.data.get("title")).said(language)


def _listed(found: Document) -> Listed:
    is_approved = found.data.get("funding", {}).get("approved") if found.key == PROJECT else None
    return Listed(
        key=found.key,
        title=_title(found, i18n.language()),
        is_approved=bool(is_approved) if found.key == PROJECT else not found.data.get("to_be_approved"),
        gaps=sum(map(len, site_texts.gaps(found.key, found.data).values())),
        missing=site_texts.missing(found.key, found.data),
    )

"""Organisers' own words for the e-mails of the program: which there are, writing them, taking them back."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from s3chem_events.accounts import queries as accounts
from s3chem_events.core.clock import now
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import outbox, wording_words
from s3chem_events.desk.fields import clean, faulty, say
from s3chem_events.desk.frame import allowed, by, desk, me
from s3chem_events.desk.texts import tidy
from s3chem_events.mailing import render, rewording, wording, wording_samples
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.models import Wording
from s3chem_events.mailing.rewording import Stale
from s3chem_events.publishing.letterhead import letterhead_of


class WordingForm(FlaskForm):
    """The passages of an e-mail; one that is empty says what the original says."""

    subject = StringField(_l("Subject"), [Length(max=wording.LONGEST["subject"])], filters=[clean])
    greeting = StringField(_l("Greeting"), [Length(max=wording.LONGEST["greeting"])], filters=[clean])
    opening = TextAreaField(_l("Opening"), [Length(max=wording.LONGEST["opening"])], filters=[tidy])
    closing = TextAreaField(_l("Closing words"), [Length(max=wording.LONGEST["closing"])], filters=[tidy])
    version = HiddenField()


@desk.route("/mail/wordings/")
@allowed("wordings.edit")
def wordings() -> ResponseReturnValue:
    """List every e-mail that the program writes, and in which languages it has been reworded."""
    reworded: dict[str, list[str]] = {}
    for (kind, language), one in rewording.wordings().items():
        if one.passages:
            reworded.setdefault(kind, []).append(language)
    return render_template(
        "desk/mail/wordings.html",
        section="mail",
        groups=wording_words.groups(),
        reworded=reworded,
        languages=LANGUAGES,
    )


@desk.route("/mail/wordings/<kind>/<language>", methods=["GET", "POST"])
@allowed("wordings.edit")
def wording_edit(kind: str, language: str) -> ResponseReturnValue:
    """Reword one e-mail in one language."""
    original, found = _original(kind, language), rewording.wording_of(kind, language)
    form = WordingForm(data={**_said(found, original), "version": _version(found)})
    status, refusal = 422 if form.is_submitted() else 200, ""
    if form.validate_on_submit():
        try:
            _save(form, kind, language, original)
        except Invalid as fault:
            _say(form, fault, kind)
        except Stale:
            status, refusal = 409, _("Someone else has saved meanwhile. Compare with their text, then save again.")
            form.version.data = _version(rewording.wording_of(kind, language))
            form.version.raw_data = None
        else:
            flash(_("Saved. E-mails that are written from now on say this."), "good")
            return redirect(url_for("desk.wording_edit", kind=kind, language=language), 303)
    found = rewording.wording_of(kind, language)  # read anew: a refusal has rolled back
    own = found.passages if found else {}
    page = render_template(
        "desk/mail/wording.html",
        **_header(kind, language, found),
        form=form,
        faulty=faulty(form),
        refusal=refusal,
        theirs=_said(found, original) if refusal else {},
        original=original,
        placeholders=tuple(wording.KINDS[kind]),
        differences={
            name: list(wording_words.difference(original[name], own[name])) for name in original if name in own
        },
        changed=_changed(found, original),
        is_sound=wording.is_sound(kind, own),
        letter=_letter(kind, language),
        history=_history(found),
        steps=wording_words.steps(),
    )
    return outbox.with_frame(page), status


@desk.route("/mail/wordings/<kind>/<language>/body")
@allowed("wordings.edit")
def wording_body(kind: str, language: str) -> Response:
    """Return the HTML of the e-mail as a made-up person gets it, for the frame in which it is shown."""
    _check(kind, language)
    return outbox.sandboxed(outbox.with_emblem(_letter(kind, language).html))


@desk.route("/mail/wordings/<kind>/<language>/reset", methods=["GET", "POST"])
@allowed("wordings.edit")
def wording_reset(kind: str, language: str) -> ResponseReturnValue:
    """Ask (GET) and put the original back (POST)."""
    _check(kind, language)
    found = rewording.wording_of(kind, language)
    if request.method == "GET":
        return render_template("desk/mail/wording_reset.html", **_header(kind, language, found), own=found)
    try:
        with transaction():
            rewording.reset(kind, language, version=request.form.get("version", 0, type=int), by=by())
    except Stale:
        flash(_("Someone else has changed it in the meantime. Look at it once more."), "bad")
    else:
        flash(_("The original is back. E-mails that are written from now on say what it says."), "good")
    return redirect(url_for("desk.wording_edit", kind=kind, language=language), 303)


@desk.route("/mail/wordings/<kind>/<language>/test", methods=["POST"])
@allowed("wordings.edit")
def wording_test(kind: str, language: str) -> ResponseReturnValue:
    """Send the e-mail to the organiser who asks."""
    _check(kind, language)
    with transaction():
        rewording.test(kind, language, by=by())
    flash(_("A test is on its way to %(address)s.", address=me().email), "good")
    return redirect(url_for("desk.wording_edit", kind=kind, language=language), 303)


def _check(kind: str, language: str) -> None:
    if kind not in wording.KINDS or language not in LANGUAGES:
        abort(404)


def _original(kind: str, language: str) -> dict[str, str]:
    _check(kind, language)
    return wording_samples.original(kind, language, letterhead_of(settings()))


def _letter(kind: str, language: str) -> Letter:
    letterhead = letterhead_of(settings())
    sample = wording_samples.sample(kind, language, letterhead)
    return render.written(sample, letterhead, at=now(), wordings=rewording.in_force())


def _said(found: Wording | None, original: dict[str, str]) -> dict[str, str]:
    """Return what the e-mail says now, passage by passage."""
    own = found.passages if found else {}
    return {name: own.get(name, said) for name, said in original.items()}


def _version(found: Wording | None) -> str:
    return str(found.version if found else 0)


def _save(form: WordingForm, kind: str, language: str, original: dict[str, str]) -> None:
    version = int(form.version.data) if (form.version.data or "").isdecimal() else 0
    said = {name: form[name].data or "" for name in original}
    with transaction():
        rewording.save(kind, language, passages=said, original=original, version=version, by=by())


def _say(form: WordingForm, fault: Invalid, kind: str) -> None:
    """Put the sentence at the passage that it is about."""
    what = fault.detail.partition(": ")
    names = ", ".join(f"{{{{{name}}}}}" for name in wording.KINDS[kind]) or "–"
    say(form[fault.path], wording_words.faults()[what[0]] % {"name": what[2], "names": names})


def _changed(found: Wording | None, original: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return what the program words otherwise than when an organiser reworded it."""
    before = found.original if found and found.passages else original
    return {
        name: list(wording_words.difference(before.get(name, ""), said))
        for name, said in original.items()
        if before.get(name, "") != said
    }


def _history(found: Wording | None) -> list[tuple[object, str]]:
    """Return what happened with the name of who did it."""
    names = {str(one.id): one.name or one.email for one in accounts.organisers()}
    steps = rewording.history(found.id) if found else []
    return [(fact, names.get(fact.by.partition(":")[2], "")) for fact in steps]


def _header(kind: str, language: str, found: Wording | None) -> dict[str, object]:
    titles = {one: title for group in wording_words.groups().values() for one, title in group.items()}
    written = {code for (one, code), words in rewording.wordings().items() if one == kind and words.passages}
    return {
        "section": "mail",
        "kind": kind,
        "language": language,
        "title": titles[kind],
        "passages": wording_words.passages(),
        "languages": LANGUAGES,
        "written": written,
        "version": found.version if found else 0,
    }

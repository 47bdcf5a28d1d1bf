"""What the gate or a letter wants, told by the own link once a place is confirmed. It is never shown again here."""

from dataclasses import replace

from flask import abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import filing
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.registration import asking, details, file_fields, own_questions, queries
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import Asked, Given, Kind, When, field_name, said
from s3chem_events.site import detail_view, opened, own_view
from s3chem_events.site.detail_view import STEPS
from s3chem_events.site.fields import Form
from s3chem_events.site.own import own, pressed, private_page, registration_of, too_many


@own.route("/<lang>/registrations/<token>/<any(details, letter):step>", methods=["GET", "POST"])
@filing
def more_details(lang: str, token: str, step: str) -> BaseResponse:
    """Ask (GET) and keep (POST) what is wanted later; what was told before is replaced."""
    registration = registration_of(lang, token)
    when = STEPS[step]
    before = details.given_by(registration.id, shown_at=opened.shown_at(registration, when))
    asked = details.asked_of(registration, asking.asked_at(registration.event_id, when=when), before=before)
    told = details.given_by(registration.id)  # a file stays where no other one comes
    asked = tuple(replace(q, required=False) if q.kind is Kind.FILE and q.key in told else q for q in asked)
    form = _form(asked, lang)
    if request.method != "POST" or not asked:
        return _page(registration, form, asked, lang, token, step, status=200 if request.method == "GET" else 409)
    status, words = _turned_away(form)
    if status:  # what stands in a passport is not shown again to whoever comes to an old page
        form = _form(asked, lang, blank=bool(form.errors))
        return _page(registration, form, asked, lang, token, step, status=status, refusal=words)
    given = own_questions.answers(
        form,
        asked,
        parts=[one.part for one in asked],
        seen=own_questions.remember(form, asked),
        lang=lang,
        before=before,
    )
    if form.errors:
        if file_fields.has_new(given):
            with transaction():
                file_fields.put_aside(form, given)
        return _page(registration, form, asked, lang, token, step, status=422)
    if refusal := _kept(token, given, when):
        return _page(registration, _form(asked, lang, blank=True), asked, lang, token, step, status=refusal.status)
    return redirect(f"/{lang}/registrations/{token}/{step}", 303)


@own.route("/<lang>/registrations/<token>/letter/request", methods=["GET", "POST"])
def letter_request(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and open (POST) the questions of a letter of invitation."""
    press = pressed(lang, token, lambda found: details.ask_for_letter(found, by=PARTICIPANT))
    registration = press.registration
    if press.done or registration.letter_at is not None:
        return redirect(f"{press.here}/letter", 303)
    return press.page(
        "site/own/letter_request.html",
        "letter/request",
        event=own_view.seen_by(registration, lang),
        may_ask=details.may_ask_for_letter(registration),
    )


@own.route("/<lang>/registrations/<token>/<any(details, letter):step>/erasure", methods=["GET", "POST"])
@own.route("/<lang>/registrations/<token>/<any(details, letter):step>/erasure/<key>", methods=["GET", "POST"])
def details_erasure(lang: str, token: str, step: str, key: str = "") -> BaseResponse:
    """Ask (GET) and delete at once (POST) what was told, or one file of it; a second press changes nothing."""
    press = pressed(lang, token, lambda found: details.erase(found, when=STEPS[step], by=PARTICIPANT, file=key))
    registration = press.registration
    if press.done:
        return redirect(f"{press.here}/{step}" if key else press.here, 303)
    return press.page(
        "site/own/details_erasure.html",
        f"{step}/erasure/{key}" if key else f"{step}/erasure",
        event=own_view.seen_by(registration, lang),
        file=_file(registration, step, key).label.said(lang) if key else None,
    )


def _file(registration: Registration, step: str, key: str) -> Asked:
    asked = asking.asked_at(registration.event_id, retired=True, when=STEPS[step])
    return next((one for one in asked if (one.key, one.kind) == (key, Kind.FILE)), None) or abort(404)


def _form(asked: tuple[Asked, ...], lang: str, *, blank: bool = False) -> Form:
    made = type("DetailsForm", (Form,), own_questions.fields(asked, lang))
    form: Form = made(formdata=None) if blank else made()
    if not form.is_submitted() or blank:
        own_questions.remember(form, asked)
    return form


def _turned_away(form: Form) -> tuple[int, str]:
    if not form.validate():
        return 422, _(
            "The page was open for a long time. To protect you, what you typed was not kept; please enter it again."
        )
    try:
        limits.spend(limits.REGISTRATIONS, "details", limits.network())  # each may bring files
    except limits.TooMany as refusal:
        return refusal.status, too_many()
    return 0, ""


def _kept(token: str, given: tuple[Given, ...], when: When) -> Refused | None:
    try:
        with transaction():
            found = queries.registration_by_token(token, lock=True)
            if found is not None:
                details.fill(found, given, when=when, by=PARTICIPANT, openly=opened.shown_at(found, when) is None)
    except Refused as refusal:
        return refusal
    return None


def _page(
    registration: Registration,
    form: Form,
    asked: tuple[Asked, ...],
    lang: str,
    token: str,
    step: str,
    *,
    status: int,
    refusal: str = "",
) -> BaseResponse:
    when, here = STEPS[step], f"/{lang}/registrations/{token}"
    if not asked and when is When.LETTER and details.may_ask_for_letter(registration):
        return redirect(f"{here}/letter/request", 303)
    perhaps = detail_view.may_ask_more(registration, when)
    if not asked and not perhaps and status == 200:  # noqa: PLR2004 - she is not asked this, or not any more
        return redirect(here, 303)
    told = details.given_by(registration.id)
    return private_page(
        "site/own/details.html",
        lang,
        f"/registrations/{token}/{step}",
        status,
        title=detail_view.titles()[when],
        event=own_view.seen_by(registration, lang),
        until=detail_view.until(registration, lang) if when is When.AFTERWARDS else "",
        code_url=f"{here}/code?for={step}" if perhaps else "",
        is_open=(bool(asked) or perhaps) and details.is_open(registration.event, when),
        is_told=any(one.key in told for one in asked),
        groups=_groups(registration, form, asked, lang, f"{here}/{step}/erasure") if asked else [],
        form=form,
        own_url=here,
        erase_url=f"{here}/{step}/erasure",
        refusal=refusal,
    )


def _groups(
    registration: Registration, form: Form, asked: tuple[Asked, ...], lang: str, erase_url: str
) -> list[own_questions.Group]:
    """Return the questions as they stand in the form; a file that is kept is named, and can be removed alone."""
    found = own_questions.groups(form, asked, registration.event, lang)
    files, told = {field_name(q.key): q for q in asked if q.kind is Kind.FILE}, details.given_by(registration.id)
    for group in found:
        for number, line in enumerate(group.lines):
            question = files.get(line.field.name)
            if question is None or question.key not in told or line.kept:
                continue
            words = _("Your file is kept, but not shown here. Choose another one only to replace it.")
            if opened.is_open(registration):
                words = file_fields.kept_words(said(question, told[question.key], lang), lang)
            group.lines[number] = replace(line, kept=words, remove_url=f"{erase_url}/{question.key}")
    return found

"""What a participant told us, changed by the own link, and a former address put back; GET asks, POST does."""

from dataclasses import replace
from typing import Any

from flask import abort, redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import TelField
from wtforms.validators import Length

from s3chem_events.core import i18n, limits, signing
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import filing
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT, Fact
from s3chem_events.mailing import typos
from s3chem_events.mailing.addresses import digest, mailbox_digest
from s3chem_events.registration import (
    asked_again,
    asking,
    changing,
    codes,
    file_fields,
    history,
    links,
    names,
    own_questions,
    queries,
)
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered
from s3chem_events.registration.changing import Answered, Details
from s3chem_events.registration.history import Difference
from s3chem_events.registration.links import FORMER_ADDRESS
from s3chem_events.registration.models import LONGEST_PHONE, Registration
from s3chem_events.registration.own_questions import Group
from s3chem_events.registration.places import INTERESTED
from s3chem_events.registration.questions import Kind, field_name, said
from s3chem_events.site import answered, mailboxes, opened, own_view
from s3chem_events.site.forms import PressForm, RegistrationForm
from s3chem_events.site.own import own, press_again, private_page, registration_of, status_of, too_many, unknown_link
from s3chem_events.site.own_actions import CHANGE
from s3chem_events.site.pages import contact
from s3chem_events.site.person_form import PersonForm


class DetailsForm(PersonForm):
    """What was told, to be changed; what others may not see is asked only after the code."""

    @classmethod
    def about(cls, registration: Registration, lang: str, *, openly: bool) -> "DetailsForm":
        """Make the form of a registration; what was typed under a code that has ended meanwhile is kept."""
        shown = openly or ("email" in request.form)
        questions = asked_again.changeable(registration, openly=shown)
        more: dict[str, Any] = {"email": RegistrationForm.email} if shown else {}
        if shown and registration.phone:
            more["phone"] = TelField(_l("Telephone"), [Length(max=LONGEST_PHONE)])
        parts = [held.part.key for held in registration.participations if held.standing in INTERESTED]
        form = cls.of(questions, lang, parts=parts, more=more)
        if not form.is_submitted():
            values = {name: getattr(registration, name) for name in changing.COLUMNS}
            values |= {"seen": str(history.newest(registration.id))}
            form.show(values, asked_again.shown_answers(registration, questions))
        return form

    def details(self, registration: Registration) -> Details:
        """Return what was filled in, and what was not asked as it is."""
        return Details(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            email=self.told("email", registration.email),
            phone=names.clean_line(self.told("phone", registration.phone)),
            organisation=self.organisation.data or "",
            organisation_type=self.organisation_type.data,
            country=self.nation,
            region=self.region.data,
            language=self.language.data,
        )

    def known(self) -> int:
        """Return the last change that the page showed."""
        typed = self.seen.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < 10 else 0  # noqa: PLR2004 - an INTEGER


@own.route(f"/<lang>/registrations/<token>/{CHANGE}", methods=["GET", "POST"])
@filing
def change(lang: str, token: str) -> BaseResponse:
    """Show what was told (GET), and change it (POST)."""
    registration = registration_of(lang, token)
    here = f"/{lang}/registrations/{token}"
    if not changing.may_change(registration):
        return redirect(here, 303)
    form = DetailsForm.about(registration, lang, openly=opened.is_open(registration))
    return _changed(registration, form, lang, token) if form.is_submitted() else _page(registration, form, lang, token)


@own.route(f"/<lang>/registrations/{FORMER_ADDRESS}/<token>", methods=["GET", "POST"])
def former_address(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and put a former address back (POST); a second press changes nothing."""
    found = _former(token) or abort(unknown_link(lang))
    registration, fact = found
    form, refused, done = PressForm(), None, False
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                locked = queries.registration_by_id(registration.id, lock=True)
                if locked is not None:
                    changing.put_back(locked, fact, by=PARTICIPANT)
            done = True
        except Refused as refusal:
            refused = refusal
    registration, fact = _former(token) or found
    return private_page(
        "site/own/former_address.html",
        lang,
        f"/registrations/{FORMER_ADDRESS}/{token}",
        status_of(form, refused),
        event=own_view.seen_by(registration, lang),
        done=done,
        may=changing.may_put_back(registration, fact),
        until=i18n.stamp(changing.put_back_until(fact), registration.event.zone, lang),
        form=form,
        refusal=press_again() if form.errors else _sentence(refused) if refused else "",
    )


def _changed(registration: Registration, form: DetailsForm, lang: str, token: str) -> BaseResponse:
    if not form.validate():
        if file_fields.has_new(form.answers):
            with transaction():
                file_fields.put_aside(form, form.answers)
        return _page(registration, form, lang, token, 422, press_again() if form.csrf_token.errors else "")
    if "email" in form and not opened.is_open(registration):
        return _page(registration, form, lang, token, 403, _("The half hour after your code is over. Enter a new one."))
    number, version, here = registration.id, registration.link_version, f"/{lang}/registrations/{token}"
    try:
        done = _change(registration, form, token)
    except Refused as refusal:
        seen, form.seen.data = form.known(), str(history.newest(number))
        meanwhile = _meanwhile(number, seen, lang) if isinstance(refusal, changing.ChangedMeanwhile) else []
        return _page(registration, form, lang, token, refusal.status, _sentence(refusal), meanwhile)
    if not done:
        return _page(registration, form, lang, token, same=True)
    answered.remember_not_kept(registration, form.answers)
    if registration.link_version != version:  # of another address: the link that was sent leads nowhere any more
        here = links.own_page(number, registration.link_version, language=lang)
    return redirect(f"{here}?done={CHANGE}", 303)


def _former(token: str) -> tuple[Registration, Fact] | None:
    signed = signing.read(FORMER_ADDRESS, token)
    if not isinstance(signed, list) or len(signed) != 2:  # noqa: PLR2004 - registration and fact
        return None
    registration, fact = queries.registration_by_id(signed[0]), changing.fact_by_id(signed[1])
    return (registration, fact) if registration is not None and fact is not None else None


def _change(registration: Registration, form: DetailsForm, token: str) -> bool:
    details = form.details(registration)
    if digest(details.email) != registration.address_digest:
        limits.spend(limits.ADDRESS, "register-address", mailbox_digest(details.email))
    with transaction():
        found = queries.registration_by_token(token, lock=True)
        if found is None:
            raise changing.Unchangeable
        mailboxes.read(found.email, links.OWN_PAGE, token)
        told = Answered(form.questions, form.answers)
        return changing.change(found, details, by=PARTICIPANT, answered=told, seen=form.known())


def _meanwhile(registration_id: int, seen: int, lang: str) -> list[Difference]:
    registration = queries.registration_by_id(registration_id)
    asked = asking.asked_at(registration.event_id, retired=True) if registration else ()
    openly = registration is not None and opened.is_open(registration)
    return history.said(history.since(registration_id, seen), asked, lang, openly=openly)


def _page(
    registration: Registration,
    form: DetailsForm,
    lang: str,
    token: str,
    status: int = 200,
    refusal: str = "",
    meanwhile: list[Difference] | None = None,
    *,
    same: bool = False,
) -> BaseResponse:
    if form.csrf_token.errors:
        form.csrf_token.raw_data = None
    fresh = queries.registration_by_id(registration.id) or registration  # a roll-back has taken the other away
    here = f"/{lang}/registrations/{token}"
    return private_page(
        "site/own/change.html",
        lang,
        f"/registrations/{token}/{CHANGE}",
        status,
        event=own_view.seen_by(fresh, lang),
        form=form,
        questions=_groups(fresh, form, lang, here),
        meant=typos.meant(form.told("email")),
        hides=not opened.is_open(fresh),
        code_url=f"{here}/code?for={CHANGE}" if codes.may_be_sent(fresh) else "",
        contact=contact(lang),
        meanwhile=meanwhile or [],
        same=same,
        own_url=here,
        refusal=refusal,
    )


def _groups(registration: Registration, form: DetailsForm, lang: str, here: str) -> list[Group]:
    """Return the questions as they stand in the form; a file that is kept is said, and given to whoever may see it."""
    found = own_questions.groups(form, form.questions, registration.event, lang)
    asked = [one for one in form.questions if one.kind is Kind.FILE]
    told = asked_again.shown_answers(registration, asked)
    files = {field_name(one.key): (one.key, said(one, told[one.key], lang)) for one in asked if one.key in told}
    for group in found:
        for number, line in enumerate(group.lines):
            if not line.kept and line.field.name in files:
                key, words = files[line.field.name]
                url = f"{here}/files/{key}" if opened.is_open(registration) else ""
                group.lines[number] = replace(line, kept=file_fields.kept_words(words, lang), url=url)
    return found


def _sentence(refusal: Refused) -> str:
    said: dict[type[Refused], str] = {
        changing.Unchangeable: _("This can no longer be changed here. Nothing has changed."),
        changing.ChangedMeanwhile: _(
            "Something has been changed since you opened this page. Nothing of yours is saved yet: look at what "
            "changed, and press again if your entries are to stand."
        ),
        AddressBlocked: _("This address cannot be used at the moment. Use another one, or write to us."),
        AlreadyRegistered: _("Somebody with this name and this address is registered for this event already."),
        limits.TooMany: too_many(),
    }
    return said.get(type(refusal)) or _("This can no longer be changed here. Nothing has changed.")

"""A colleague comes instead, by the own link: who it is, asked anew with all that depends on the person."""

from typing import Any

from flask import redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.mailing import typos
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing.queries import version_of
from s3chem_events.registration import asking, codes, names, own_questions, queries, resending, substituting
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered, Applicant
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import FREE, NEEDS, Kind
from s3chem_events.site import opened, own_view, terms
from s3chem_events.site.forms import REFUSALS, RegistrationForm
from s3chem_events.site.own import own, press_again, private_page, registration_of, too_many
from s3chem_events.site.own_actions import SUBSTITUTION
from s3chem_events.site.pages import contact
from s3chem_events.site.person_form import PersonForm
from s3chem_events.site.proving import ProofAsked, Proving

AGREED = _l("My colleague wants to come, and knows the privacy notice.")
MISSING = _l("Please ask your colleague first, and confirm it here.")
OFFERED = ("organisation", "organisation_type", "region", "country")
"""What a colleague usually shares."""


class SuccessorForm(Proving, PersonForm):
    """Who comes instead. Nothing is filled in of the first person but where she is from.

    What nobody can agree to for somebody else, needs and consents, is asked of the colleague on her own page.
    """

    asks_needs = False

    @classmethod
    def instead_of(cls, registration: Registration, lang: str) -> "SuccessorForm":
        """Make the form for whoever takes the places of a registration."""
        parts = [held.part.key for held in substituting.places(registration)]
        asked = asking.asked_at(registration.event_id)
        questions = [one for one in asked if one.part in {"", *parts} and one.kind not in FREE | {Kind.FILE}]
        agreed = BooleanField(AGREED, validators=[InputRequired(MISSING)])
        more = {"email": RegistrationForm.email, "same": HiddenField(), "agreed": agreed}
        form = cls.of(questions, lang, parts=parts, more=more)
        form.asks_needs = any(one.kind in NEEDS for one in asked)
        if not form.is_submitted():
            form.show({name: getattr(registration, name) for name in OFFERED} | {"language": lang}, {})
        return form

    def asks_again(self, registration: Registration) -> bool:
        """Whether the address is the first person's own: only who sends it once more means it."""
        own = "" if registration.via_contact else registration.email
        if not own or mailbox_digest(own) != mailbox_digest(self.told("email")) or self.told("same") == "y":
            return False
        self["same"].data = "y"
        again = _("This is your own address. If your colleague really uses it, too, press the button once more.")
        self._blame(self["email"], again)
        return True

    def successor(self, registration: Registration, privacy_version: str) -> Applicant:
        """Return who was filled in, as plain values."""
        return Applicant(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            email=self.told("email"),
            organisation=self.organisation.data or "",
            organisation_type=self.organisation_type.data,
            country=self.nation,
            region=self.region.data,
            language=self.language.data,
            choices={held.part.key: held.mode for held in substituting.places(registration)},
            privacy_version=privacy_version,
            answers=self.answers,
        )


@own.route(f"/<lang>/registrations/<token>/{SUBSTITUTION}", methods=["GET", "POST"])
def substitution(lang: str, token: str) -> BaseResponse:
    """Ask who comes instead (GET), and hand the places over (POST); a second press finds it done."""
    registration = registration_of(lang, token)
    here = f"/{lang}/registrations/{token}"
    if not substituting.may_hand_over(registration):
        return redirect(here, 303)
    form = SuccessorForm.instead_of(registration, lang)
    return _answered(registration, form, lang, token) if form.is_submitted() else _page(registration, form, lang, token)


def _answered(registration: Registration, form: SuccessorForm, lang: str, token: str) -> BaseResponse:
    if not form.validate():
        return _page(registration, form, lang, token, 422, press_again() if form.csrf_token.errors else "")
    if not opened.may_act(registration):
        first = _("Please enter the code first; your entries have been kept.")
        if not codes.may_be_sent(registration):
            first = _("We have no e-mail address to which a code could be sent. Please write to us.")
        return _page(registration, form, lang, token, 403, first)
    if form.asks_again(registration):
        return _page(registration, form, lang, token, 422)
    try:
        _hand_over(registration, token, form)
    except Refused as refusal:
        return _page(registration, form, lang, token, refusal.status, _sentence(refusal))
    return redirect(f"/{lang}/registrations/{token}", 303)


def _hand_over(registration: Registration, token: str, form: SuccessorForm) -> None:
    version = version_of("privacy")
    limits.spend(limits.REGISTRATIONS, "register", limits.network())
    who = names.person_of(form.successor(registration, version))
    form.prove(lambda: f"{registration.reference} {who}")  # it is handed over once
    limits.spend(limits.MAILBOXES, "mailboxes", limits.network())
    limits.spend(limits.ADDRESS, "register-address", mailbox_digest(form.told("email")))
    with transaction():
        found = queries.registration_by_token(token, lock=True)
        if found is not None and found.handed_over_at is None:
            substituting.hand_over(found, form.successor(found, version), by=PARTICIPANT)


def _page(
    registration: Registration, form: SuccessorForm, lang: str, token: str, status: int = 200, refusal: str = ""
) -> BaseResponse:
    if form.csrf_token.errors:
        form.csrf_token.raw_data = None
    fresh = queries.registration_by_id(registration.id) or registration  # a roll-back has taken the other away
    here = f"/{lang}/registrations/{token}"
    values: dict[str, Any] = {
        "event": own_view.seen_by(fresh, lang, only=[held.part_id for held in substituting.places(fresh)]),
        "form": form,
        "questions": own_questions.groups(form, form.questions, fresh.event, lang),
        "meant": typos.meant(form.told("email")) if request.method == "POST" else "",
        "erasure": terms.erasure(fresh.event, lang),
        "is_written_to": resending.is_written_to(fresh),
        "locked": not opened.may_act(fresh),
        "code_url": f"{here}/code?for={SUBSTITUTION}" if codes.may_be_sent(fresh) else "",
        "contact": contact(lang),
        "own_url": here,
        "refusal": refusal,
    }
    path = f"/registrations/{token}/{SUBSTITUTION}"
    return private_page("site/own/substitution.html", lang, path, status, **values)


def _sentence(refusal: Refused) -> str:
    said: dict[type[Refused], str] = {
        substituting.NothingToHandOver: _("This can no longer be changed here. Nothing has changed."),
        AddressBlocked: _("This address cannot be used at the moment. Use another one, or write to us."),
        AlreadyRegistered: _(
            "Somebody with this name and this address is registered for this event already. If that is your "
            "colleague, simply withdraw: your place is then free for somebody else."
        ),
        limits.TooMany: too_many(),
        ProofAsked: str(REFUSALS[ProofAsked.code]),
    }
    return said.get(type(refusal)) or _("This can no longer be changed here. Nothing has changed.")

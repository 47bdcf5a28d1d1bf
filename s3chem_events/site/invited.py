"""By invitation: its page, the form that it opens, a no, and the code for the telephone. GET asks, POST does.

What a GET or HEAD finds is the same however often it asks: mail scanners open every link (C9).
"""

from typing import Any

from flask import Blueprint, abort, redirect, request
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import InputRequired

from s3chem_events.core import i18n, limits
from s3chem_events.core.clock import now
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import cleaning, csrf, filing, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing import lines
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.places import ways_of
from s3chem_events.registration import bringing, guest_list, invitation, inviting, joining, ways_back
from s3chem_events.registration.actions import AlreadyRegistered
from s3chem_events.registration.capacity import Full
from s3chem_events.registration.delegations import Group
from s3chem_events.registration.invitation import Invitation
from s3chem_events.registration.inviting import InvitationOver
from s3chem_events.registration.models import Delegation, Registration
from s3chem_events.site import delegating, registering
from s3chem_events.site.delegating_form import DelegationForm
from s3chem_events.site.events_seen import event_view, narrowed, part_place
from s3chem_events.site.fields import Form, Line
from s3chem_events.site.forms import REFUSALS, PressForm, RegistrationForm
from s3chem_events.site.frame import render, translated, urls
from s3chem_events.site.own import press_again, too_many
from s3chem_events.site.pages import contact

invited = Blueprint("invited", __name__)
invited.after_request(private)  # refusals and redirects too: their address holds the key
csrf.exempt(invited)  # each form here checks its own token, and says in words what to do about an old one
JOINING = frozenset({"join", "wait"})
"""The presses by which a registration that is there is added to."""
FIELDS = ("given_name", "family_name", "email", "organisation")
"""What the organisers may know of a guest, and the form then holds already."""


class CodeForm(Form):
    """Asks for the code of an invitation."""

    code = StringField(_l("Invitation code"), validators=[InputRequired(_l("Enter your invitation code."))])


class RegretsForm(Form):
    """A no, with a word to the organisers."""

    message = Line(_l("A word to the organisers (optional)"), longest=invitation.LONGEST_MESSAGE)


@invited.route("/<lang>/invitations/", methods=["GET", "POST"])
def code(lang: str) -> BaseResponse:
    """Ask for a code, and lead to its invitation; an unknown one and a used one are answered alike."""
    form = CodeForm()
    if not form.is_submitted():
        return _page("site/invited/code.html", lang, "/invitations/", form=form, refusal="")
    status, words = 422, press_again() if form.csrf_token.errors else ""
    if form.validate():
        try:
            limits.spend(limits.LINKS, "invitation-code", limits.network())
        except limits.TooMany as refusal:
            status = refusal.status
            words = too_many()
        else:
            found = guest_list.by_code(form.code.data or "")
            if found is not None and inviting.is_open(_event(found)) and guest_list.has_room(found):
                return redirect(invitation.address_of(found.id, language=lang), 303)
            form.code.errors = [_("This code opens no invitation. Check each letter, or write to us.")]
    return _page("site/invited/code.html", lang, "/invitations/", status, form=form, refusal=words)


@invited.route("/<lang>/invitations/<token>", methods=["GET", "POST"])
def invitation_page(lang: str, token: str) -> BaseResponse:
    """Show what somebody is invited to (GET); a press leads on to the form, and says that it was read (POST)."""
    found = _found(token) or abort(_unknown(lang))
    form, press = PressForm(), request.form.get("press", "")
    if press in JOINING:
        return _joined(form, lang, token, may_wait=press == "wait")
    if form.validate_on_submit():
        with transaction():
            there = guest_list.by_token(token)
            if there is not None:
                inviting.open_form(there, by=VISITOR)
        return redirect(f"/{lang}/invitations/{token}/registration", 303)
    return _shown("site/invited/invitation.html", lang, token, found, form=form, refusal=_again(form))


def _joined(form: PressForm, lang: str, token: str, *, may_wait: bool) -> BaseResponse:
    """Add the invited parts to what this mailbox is registered for; the answer shows nothing of that registration."""
    refused: Refused | None = None
    if form.validate():
        try:
            with transaction():
                joining.join(inviting.opened(token), may_wait=may_wait, by=VISITOR)
        except Refused as refusal:
            refused = refusal
        else:
            return redirect(f"/{lang}/invitations/{token}", 303)
    found = _found(token) or abort(_unknown(lang))
    is_full = isinstance(refused, Full)
    page = _shown(
        "site/invited/invitation.html",
        lang,
        token,
        found,
        form=form,
        may_wait=is_full and not may_wait and inviting.has_list(_event(found)),
        refusal=_sentence(refused) if refused else _again(form),
    )
    page.status_code = refused.status if refused else 422
    return page


def _sentence(refusal: Refused) -> str:
    if isinstance(refusal, Full):
        return _("All places are taken. Your registration stays as it is.")
    if isinstance(refusal, joining.NothingToJoin):
        return _("Your registration has changed meanwhile. Please look at this page again.")
    return str(REFUSALS[InvitationOver.code])


@invited.route("/<lang>/invitations/<token>/registration", methods=["GET", "POST"])
@cleaning
@filing
def registration(lang: str, token: str) -> BaseResponse:
    """Show the form with the closed parts beside the open ones (GET), register (POST)."""
    found = _found(token) or abort(_unknown(lang))
    event = _event(found)
    form = RegistrationForm.of(event, lang, invited=ways_back.opened_by(found), at=f"/invitations/{token}/registration")
    if not form.invited or not form.parts.choices:
        return redirect(f"/{lang}/invitations/{token}", 303)  # it says why
    form.is_decided = inviting.is_decided(found)
    if not form.is_submitted():
        _fill(form, found)
        return registering.page(form, event, lang, 200)
    if request.form.get("switch_language") in LANGUAGES:
        return registering.switched(form, event.slug, lang)
    return registering.answer(form, event.slug, lang, lambda filled, slug: _accept(token, filled, slug))


@invited.route("/<lang>/invitations/<token>/registration/group", methods=["GET", "POST"])
@cleaning
def registration_of_several(lang: str, token: str) -> BaseResponse:
    """Show the form for several people with the closed parts beside the open ones (GET), register them (POST)."""
    found = _found(token) or abort(_unknown(lang))
    event, path = _event(found), f"/invitations/{token}/registration"
    form = DelegationForm.of(event, lang, invited=found.parts, at=f"{path}/group")
    if found.uses == 1 or not form.parts.choices:
        return redirect(f"/{lang}{path}", 303)  # a personal one is for one person
    return delegating.served(form, event.slug, lang, lambda locked, group: _bring(token, locked, group))


@invited.route("/<lang>/invitations/<token>/regrets", methods=["GET", "POST"])
def regrets(lang: str, token: str) -> BaseResponse:
    """Ask (GET) whether somebody cannot come, and keep the no, or take it back (POST)."""
    form, refused = RegretsForm(), None
    if form.validate_on_submit():
        try:
            with transaction():
                _say_no(token, form)
        except Refused as refusal:
            refused = refusal
        else:
            return redirect(f"/{lang}/invitations/{token}", 303)
    found = _found(token) or abort(_unknown(lang))
    words = str(REFUSALS[InvitationOver.code]) if refused else _again(form)
    page = _shown("site/invited/regrets.html", lang, token, found, form=form, refusal=words)
    page.status_code = refused.status if refused else 422 if form.errors else 200
    return page


def _say_no(token: str, form: RegretsForm) -> None:
    found = guest_list.by_token(token)
    event = publishing.event_by_id(found.event_id, lock=True) if found else None
    if found is None or event is None:
        raise InvitationOver
    if request.form.get("press") == "back":
        inviting.reconsider(event, found, by=VISITOR)
    else:
        inviting.decline(event, found, message=form.message.data or "", by=VISITOR)


def _accept(token: str, form: RegistrationForm, slug: str) -> Registration:
    applicant = form.applicant(publishing.version_of("privacy"))
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True)
            if event is None:
                raise InvitationOver
            return inviting.accept(event, inviting.opened(token), applicant, by=VISITOR)
    except AlreadyRegistered:
        with transaction():
            joining.recognise(inviting.opened(token), applicant, by=VISITOR)
        raise


def _bring(token: str, event: Event, group: Group) -> Delegation:
    return bringing.bring(event, inviting.opened(token), group, by=VISITOR)


def _fill(form: RegistrationForm, found: Invitation) -> None:
    """Put in what the organisers know; of a code that many use that is the organisation alone."""
    for name in FIELDS if found.uses == 1 else ("organisation",):
        form[name].data = getattr(found, name)
    keys = {choice.value for choice in form.parts.choices}
    form.parts.data = [key for key in found.parts if key in keys]


def _found(token: str) -> Invitation | None:
    """Return the invitation of a link, as long as its event is public."""
    found = guest_list.by_token(token)
    return found if found is not None and inviting.is_public(found.event) else None


def _event(found: Invitation) -> Event:
    return publishing.event_by_id(found.event_id) or abort(404)


def _shown(template: str, lang: str, token: str, found: Invitation, **values: Any) -> Response:
    event = _event(found)
    here = f"/{lang}/invitations/{token}"
    opened = ways_back.opened_by(found)
    parts = [part for part in event.parts if part.key in found.parts and not part.cancelled]
    has_room = guest_list.has_room(found)
    registration = joining.registration_of(found)
    is_hers = registration is not None and joining.is_hers(found, registration)
    return _page(
        template,
        lang,
        request.path.removeprefix(f"/{lang}"),
        event=narrowed(event_view(event, lang, calendar=False), event, ways_of(parts), lang),
        name=found.full_name,
        parts=[
            (translated(part.title, lang), *lines.when(event, part, lang), part_place(event, part, lang))
            for part in parts
        ],
        may_register=bool(opened and publishing.open_parts(event, invited=opened)) and has_room,
        registered_as=registration.full_name if registration is not None else "",
        is_registered=is_hers and bool(opened),
        may_join=registration is not None
        and is_hers
        and has_room
        and bool(joining.parts_to_join(event, found, registration)),
        why_not=_why_not(event, lang) if opened else REFUSALS[InvitationOver.code],
        is_open=inviting.is_open(event) and bool(parts),
        is_declined=found.declined_at is not None,
        is_used=not has_room,
        may_decline=found.uses == 1 and has_room,
        own_url=here,
        regrets_url=f"{here}/regrets",
        **values,
    )


def _why_not(event: Event, lang: str) -> str:
    """Say why a guest cannot register at the moment; the public's reason, "by invitation", is none for her."""
    if not inviting.is_open(event):
        return event_view(event, lang, calendar=False).no_register_reason
    opens = publishing.takes_registrations_from(event)
    if opens is None or now() < opens:
        moment = i18n.stamp(opens, event.zone, lang) if opens else ""
        return _("Registration opens on %(moment)s.", moment=moment) if moment else _("Registration is not open yet.")
    return _("Registration closed on %(moment)s.", moment=i18n.stamp(publishing.closes_at(event), event.zone, lang))


def _again(form: Form) -> str:
    return press_again() if form.csrf_token.errors else ""


def _unknown(lang: str) -> Response:
    return _page("site/invited/unknown.html", lang, None, 404, code_url=f"/{lang}/invitations/")


def _page(template: str, lang: str, path: str | None, status: int = 200, **values: Any) -> Response:
    body = render(
        template,
        lang=lang,
        path=path,
        private=True,
        contact=contact(lang),
        lost_link_url=urls(lang).lost_link,
        **values,
    )
    return Response(body, status=status)

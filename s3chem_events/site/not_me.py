"""Whoever owns an address says that it was not she who entered it; GET asks, POST removes."""

from flask import abort, redirect, request
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField

from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import CONTACT, PARTICIPANT
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event
from s3chem_events.registration import codes, delegations, disowning, links, queries
from s3chem_events.registration.actions import NotOpen
from s3chem_events.registration.delegation_queries import delegation_by_token
from s3chem_events.registration.models import Delegation, Registration
from s3chem_events.site import opened
from s3chem_events.site.events_seen import event_view
from s3chem_events.site.forms import PressForm
from s3chem_events.site.own import own, press_again, private_page, status_of, unknown_link
from s3chem_events.site.pages import contact
from s3chem_events.site.unlocking import NOT_ME


class NotMeForm(PressForm):
    """Says that an address stands on no registration of its owner."""

    others = BooleanField(_l("Remove the others too: none of them is mine or a colleague’s."))


@own.route("/<lang>/events/<slug>/removed")
def removed(lang: str, slug: str) -> Response:
    """Say that a registration was removed, also when the page is loaded again."""
    event = publishing.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    return private_page(
        "site/own/not_me.html",
        lang,
        f"/events/{slug}/removed",
        event=event_view(event, lang),
        done=True,
        contact=contact(lang),
    )


@own.route(f"/<lang>/registrations/<token>/{NOT_ME}", methods=["GET", "POST"])
def not_me(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and remove (POST) a registration whose address belongs to somebody else; once more changes nothing."""
    registration = queries.registration_by_token(token, purpose=links.NOT_ME)
    if registration is None:
        event = disowning.removed_from(token) or abort(unknown_link(lang))
        return redirect(f"/{lang}/events/{event.slug}/removed", 303)
    form, event, refusal = NotMeForm(), registration.event, _refusal(registration)
    if form.is_submitted() and form.validate():
        try:
            with transaction():
                found = queries.registration_by_token(token, lock=True, purpose=links.NOT_ME)
                if found is not None:
                    proven, all_of_them = opened.is_open(found), form.others.data
                    disowning.disown(found, by=PARTICIPANT, all_of_them=all_of_them, proven=proven)
            return redirect(f"/{lang}/events/{event.slug}/removed", 303)
        except Refused as refused:
            refusal = refused
    registration = queries.registration_by_token(token, purpose=links.NOT_ME) or abort(unknown_link(lang))
    own_url = links.own_page(registration.id, registration.link_version, language=lang)
    return _page(
        registration.event,
        form,
        lang,
        f"/registrations/{token}/{NOT_ME}",
        refusal,
        others=disowning.beside(registration),
        own_url=f"{own_url}/withdrawal",
        code_url=f"{own_url}/code?for={NOT_ME}" if codes.may_be_sent(registration) else "",
    )


@own.route("/<lang>/delegations/<token>/not-me", methods=["GET", "POST"])
def delegation_not_me(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and remove (POST) a delegation whose contact's address belongs to somebody else."""
    found = delegation_by_token(token, purpose=links.DELEGATION_NOT_ME) or abort(unknown_link(lang))
    form, slug, refusal = NotMeForm(), found.event.slug, _refusal(found)
    if form.is_submitted() and form.validate():
        try:
            with transaction():
                locked = delegation_by_token(token, lock=True, purpose=links.DELEGATION_NOT_ME)
                if locked is not None:
                    delegations.disown(locked, by=CONTACT)
            return redirect(f"/{lang}/events/{slug}/removed", 303)
        except Refused as refused:
            refusal = refused
    found = delegation_by_token(token, purpose=links.DELEGATION_NOT_ME) or abort(unknown_link(lang))
    own_url = links.delegation(found.id, found.link_version, language=lang)
    return _page(
        found.event, form, lang, f"/delegations/{token}/not-me", refusal, others=0, own_url=own_url, code_url=""
    )


def _refusal(named: Registration | Delegation) -> Refused | None:
    """Return why nothing is removed by the link alone; None where it is."""
    proven = isinstance(named, Registration) and opened.is_open(named)
    try:
        disowning.check(named, proven=proven)
    except Refused as refused:
        return refused
    return None


def _page(
    event: Event,
    form: NotMeForm,
    lang: str,
    path: str,
    refusal: Refused | None,
    *,
    others: int,
    own_url: str,
    code_url: str,
) -> Response:
    return private_page(
        "site/own/not_me.html",
        lang,
        path,
        status_of(form, refusal) if request.method == "POST" else 200,
        event=event_view(event, lang),
        form=form,
        others=others,
        done=False,
        over=isinstance(refusal, NotOpen),
        is_confirmed=isinstance(refusal, disowning.MailboxConfirmed),
        own_url=own_url,
        code_url=code_url,
        contact=contact(lang),
        refusal=press_again() if form.errors else "",
    )

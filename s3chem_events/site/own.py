"""A participant's own pages, behind a signed link. GET asks, POST does."""

from collections.abc import Callable

from flask import Blueprint, abort, redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import i18n, limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import csrf, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT, VISITOR
from s3chem_events.core.values import frozen
from s3chem_events.mailing import confirming
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration import (
    actions,
    consenting,
    delegations,
    links,
    queries,
    resending,
    substituting,
)
from s3chem_events.registration.models import Registration
from s3chem_events.site import answered, besides, detail_view, more_parts, opened, own_actions, own_view
from s3chem_events.site.forms import LostLinkForm, PressForm
from s3chem_events.site.frame import render, urls
from s3chem_events.site.pages import contact

Deed = Callable[[Registration], object]
"""What a press does to a registration of a locked event."""
own = Blueprint("own", __name__)
own.after_request(private)  # refusals and redirects too: their address holds the key
csrf.exempt(own)  # each form here checks its own token, and says in words what to do about an old one


@own.route("/<lang>/registrations/lost-link", methods=["GET", "POST"])
def lost_link(lang: str) -> Response:
    """Send the links of an address to it; the answer is the same for known and unknown ones."""
    form = LostLinkForm()
    if not form.is_submitted():
        return private_page("site/own/lost_link.html", lang, "/registrations/lost-link", form=form, refusal="")
    if not form.validate() or form.website.data:
        refusal = press_again() if form.csrf_token.errors else ""
        return private_page(
            "site/own/lost_link.html", lang, "/registrations/lost-link", 422, form=form, refusal=refusal
        )
    try:
        limits.spend(limits.LINKS, "lost-link", limits.network())
    except limits.TooMany as refusal:
        words = too_many()
        return private_page(
            "site/own/lost_link.html", lang, "/registrations/lost-link", refusal.status, form=form, refusal=words
        )
    with transaction():
        delegations.request_links(form.email.data, by=VISITOR)
    return private_page("site/own/lost_link_sent.html", lang, "/registrations/lost-link", contact=contact(lang))


@own.route("/<lang>/registrations/<token>")
def own_page(lang: str, token: str) -> Response:
    """What was registered, and what can be done about it."""
    registration = queries.registration_by_token(token) or abort(unknown_link(lang))
    if registration.handed_over_at is not None:
        return _handed_over(registration, lang, token)
    event, openly, here = registration.event, opened.is_open(registration), f"/{lang}/registrations/{token}"
    seen = own_view.seen_by(registration, lang)
    mailed = links.was_mailed_to(registration.email, links.OWN_PAGE, token)
    shown = own_view.shown(registration, lang, token, openly=openly)
    held = confirming.waiting(registration.email) if mailed else 0
    return private_page(
        "site/own/own_page.html",
        lang,
        f"/registrations/{token}",
        registration=shown,
        besides=besides.shown(registration, lang, openly=openly, mailed=mailed),
        answers=answered.rows(registration, lang, unlocked=openly),
        actions=own_actions.offered(registration, here, openly=openly),
        is_written_to=resending.is_written_to(registration),
        mailed=mailed,
        held=held,
        done=request.args.get("done", ""),
        gone=more_parts.gone(registration, request.args.getlist("gone"), lang),
        not_kept=answered.not_kept(registration, lang),
        consents=consenting.consents(registration, openly=openly),
        own_url=here,
        wanted=detail_view.wanted(registration, lang, here),
        event=seen,
        more=more_parts.offered(registration, seen, here),
        register_url=f"/{lang}/events/{event.slug}/register" if publishing.open_parts(event) else "",
        # A mere reader is given no cookie.
        press=PressForm() if held or any(part.waits for part in shown.parts) else None,
        contact=contact(lang),
    )


def _handed_over(registration: Registration, lang: str, token: str) -> Response:
    """Say to whoever has the old link that somebody else comes, and nothing more."""
    moment = registration.handed_over_at or registration.changed_at
    return private_page(
        "site/own/handed_over.html",
        lang,
        f"/registrations/{token}",
        event=own_view.seen_by(registration, lang, only=substituting.handed_parts(registration)),
        moment=i18n.stamp(moment, registration.event.zone, lang),
        contact=contact(lang),
    )


@own.route("/<lang>/registrations/<token>/withdrawal", methods=["GET", "POST"])
def withdrawal(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and withdraw (POST); a second press changes nothing."""
    press = pressed(lang, token, _leave)
    registration = press.registration
    if press.done or registration.withdrawn_at is not None:
        return redirect(press.here, 303)
    return press.page(
        "site/own/withdrawal.html",
        "withdrawal",
        refused=_("This event is over. You were registered.") if press.refusal else "",
        registration=own_view.shown(registration, lang, token),
        event=own_view.seen_by(registration, lang),
    )


def _leave(registration: Registration) -> None:
    """Withdraw somebody by her own link; after the event her registration is evidence."""
    if publishing.is_past(registration.event):
        raise actions.NotOpen
    actions.withdraw(registration, by=PARTICIPANT)


@frozen
class Press:
    """A button below the own link: whose it is, and what came of it where it was pressed."""

    lang: str
    token: str
    registration: Registration
    form: PressForm
    refusal: Refused | None
    done: bool

    @property
    def here(self) -> str:
        """Where the own page is."""
        return f"/{self.lang}/registrations/{self.token}"

    def page(self, template: str, path: str, *, refused: str = "", **values: object) -> Response:
        """Ask, below the own page, or say why the press did not count; `refused` is a refusal in words."""
        return private_page(
            template,
            self.lang,
            f"/registrations/{self.token}/{path}",
            status_of(self.form, self.refusal),
            form=self.form,
            own_url=self.here,
            refusal=press_again() if self.form.csrf_token.errors else refused,
            mailed=links.was_mailed_to(self.registration.email, links.OWN_PAGE, self.token),
            is_written_to=resending.is_written_to(self.registration),
            **values,
        )


def registration_of(lang: str, token: str) -> Registration:
    """Return whose link it is; ends the request where it leads nowhere, or where somebody else has her place."""
    registration = queries.registration_by_token(token) or abort(unknown_link(lang))
    if registration.handed_over_at is not None:
        abort(redirect(f"/{lang}/registrations/{token}", 303))
    return registration


def pressed(lang: str, token: str, deed: Deed, *, form: PressForm | None = None) -> Press:
    """Do what was pressed, if it was, under the event's lock; ends the request where the link leads nowhere."""
    form, refusal, done = form or PressForm(), None, False
    if form.is_submitted() and form.validate():
        try:
            with transaction():
                found = queries.registration_by_token(token, lock=True)
                if found is not None and found.handed_over_at is None:
                    deed(found)
            done = True
        except Refused as refused:
            refusal = refused
    return Press(lang, token, registration_of(lang, token), form, refusal, done)


def status_of(form: PressForm, refusal: Refused | None) -> int:
    return refusal.status if refusal else 422 if form.errors else 200


def press_again() -> str:
    """Say what to do about a token that is too old or came without its cookie."""
    return _("The page was open for a long time, or cookies are switched off. Please try again.")


def too_many() -> str:
    """Say what to do where a network has spent its tries."""
    return _("Too many requests came from your network. Wait a minute and try again.")


def unknown_link(lang: str) -> Response:
    return private_page("site/own/unknown_link.html", lang, None, 404, lost_link_url=urls(lang).lost_link)


def private_page(template: str, lang: str, path: str | None, status: int = 200, **values: object) -> Response:
    return Response(render(template, lang=lang, path=path, private=True, **values), status=status)

"""Keep me informed: the form, the owner's own word, and the way out. GET asks, POST does."""

from typing import Self

from flask import Blueprint, abort, redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.campaigns import actions, links, queries
from s3chem_events.campaigns.models import Follower
from s3chem_events.core.guard import csrf
from s3chem_events.core.journal import VISITOR
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event
from s3chem_events.site.asking_twice import AddressForm, asked_page, done, press_page, pressed, private_page, taken
from s3chem_events.site.events_seen import event_view
from s3chem_events.site.forms import LANGUAGES_OFFERED, PressForm
from s3chem_events.site.pages import contact

following = Blueprint("following", __name__)
csrf.exempt(following)  # the forms check their own tokens; leaving needs none (RFC 8058 3.2: no cookie, no context)


class FollowForm(AddressForm):
    """Asks to be kept informed of one event."""

    @classmethod
    def of(cls, lang: str) -> Self:
        """Make the form in a language, which the e-mails have unless another is chosen."""
        form = cls()
        form.language.options = LANGUAGES_OFFERED
        form.language.data = form.language.data or lang
        return form


@following.route("/<lang>/events/<slug>/updates", methods=["GET", "POST"])
def updates(lang: str, slug: str) -> BaseResponse:
    """Show the form (GET), have the address asked (POST); the answer is the same whatever is known of it."""
    event = publishing.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    view = event_view(event, lang, calendar=False)
    if not view.keep_informed:
        return redirect(view.url, 303)
    form, path = FollowForm.of(lang), f"/events/{slug}/updates"
    try:
        status, refusal = taken(form, "updates", lambda version: _ask(form, slug, version, lang))
    except actions.NothingAwaited:  # registration opened while the form was filled
        return redirect(view.url, 303)
    if status:
        return private_page("site/following/ask.html", lang, path, status, event=view, form=form, refusal=refusal)
    return asked_page("site/following/asked.html", lang, path, form, event=view)


@following.route("/<lang>/updates/<token>", methods=["GET", "POST"])
def confirmation(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and put an address on the list (POST); a second press changes nothing."""
    follower = queries.follower_to_confirm(token)
    event = _event_of(follower)
    if follower is None or event is None:
        return _unknown(lang)
    form, path = PressForm(), f"/updates/{token}"
    if pressed(form, queries.follower_to_confirm, token, actions.confirm):
        return redirect(f"/{lang}{path}", 303)
    return press_page(
        "site/following/confirm.html",
        lang,
        path,
        form,
        event=event_view(event, lang, calendar=False),
        done=follower.confirmed_at is not None,
        leave_url=links.leave(follower.id, language=lang),
    )


@following.route("/<lang>/updates/<token>/leave", methods=["GET", "POST"])
def leaving(lang: str, token: str) -> Response:
    """Ask (GET) and take an address off the list (POST): by hand, or by a mail program in one click (RFC 8058).

    The signed address alone is the right to do so: no cookie, no token of the page, no redirection.
    """
    if not queries.may_leave(token):
        return _unknown(lang)
    if request.method == "POST":
        done(queries.follower_to_leave, token, actions.leave)
    follower = queries.follower_to_leave(token)
    event = _event_of(follower)
    return private_page(
        "site/following/leave.html",
        lang,
        f"/updates/{token}/leave",
        event=event_view(event, lang, calendar=False) if event else None,
        unconfirmed=follower is not None and follower.confirmed_at is None,
        done=request.method == "POST" or follower is None or follower.left_at is not None,
        contact=contact(lang),
    )


def _ask(form: FollowForm, slug: str, version: str, lang: str) -> None:
    event = publishing.event_by_slug(slug, lock=True)
    if event is None:
        raise actions.NothingAwaited
    actions.ask(
        event,
        email=form.email.data,
        language=form.language.data,
        text_version=version,
        text_language=lang,
        by=VISITOR,
    )


def _event_of(follower: Follower | None) -> Event | None:
    event = publishing.event_by_id(follower.event_id) if follower else None
    return event if event is not None and event.state in LISTED else None


def _unknown(lang: str) -> Response:
    return private_page("site/following/unknown_link.html", lang, None, 404)

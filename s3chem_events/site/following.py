"""Keep me informed: the form, the owner's own word, and the way out. GET asks, POST does."""

from flask import Blueprint, abort, redirect, request
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import EmailField, StringField
from wtforms.validators import InputRequired

from s3chem_events.campaigns import actions, links, queries
from s3chem_events.campaigns.models import Follower
from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import csrf, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event
from s3chem_events.site.events_seen import event_view
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import LANGUAGES_OFFERED, PressForm, check_address, refuse_filled
from s3chem_events.site.frame import check_language, render
from s3chem_events.site.lists import ListField
from s3chem_events.site.own import press_again
from s3chem_events.site.pages import contact
from s3chem_events.site.views import EventView

following = Blueprint("following", __name__)
csrf.exempt(following)  # the forms check their own tokens; leaving needs none (RFC 8058 3.2: no cookie, no context)


class FollowForm(Form):
    """Asks to be kept informed of one event."""

    email = EmailField(_l("E-mail address"), validators=[InputRequired(_l("Enter your e-mail address."))])
    language = ListField(_l("Language"))
    website = StringField(_l("Leave this field empty"))

    @classmethod
    def of(cls, lang: str) -> "FollowForm":
        """Make the form in a language, which the e-mails have unless another is chosen."""
        form = cls()
        form.language.options = LANGUAGES_OFFERED
        form.language.data = form.language.data or lang
        return form

    def validate_email(self, field: EmailField) -> None:
        """Accept one address."""
        check_address(field)

    def validate_website(self, field: StringField) -> None:
        """Only a robot fills what nobody sees."""
        refuse_filled(field)


@following.route("/<lang>/events/<slug>/updates", methods=["GET", "POST"])
def updates(lang: str, slug: str) -> BaseResponse:
    """Show the form (GET), have the address asked (POST); the answer is the same whatever is known of it."""
    check_language(lang)
    event = publishing.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    view = event_view(event, lang, calendar=False)
    if not view.keep_informed:
        return redirect(view.url, 303)
    form = FollowForm.of(lang)
    if not form.is_submitted():
        return _form(form, view, lang, 200)
    if not form.validate():
        return _form(form, view, lang, 422, press_again() if form.csrf_token.errors else "")
    try:
        limits.spend(limits.LINKS, "updates", limits.network())
        limits.spend(limits.ADDRESS, "updates-address", mailbox_digest(form.email.data))
        _ask(form, slug, lang)
    except limits.TooMany as refusal:
        words = _("Too many requests came from your network. Wait a minute and try again.")
        return _form(form, view, lang, refusal.status, words)
    except actions.NothingAwaited:  # registration opened while the form was filled
        return redirect(view.url, 303)
    return _private("site/following/asked.html", lang, f"/events/{slug}/updates", event=view, contact=contact(lang))


@following.route("/<lang>/updates/<token>", methods=["GET", "POST"])
def confirmation(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and put an address on the list (POST); a second press changes nothing."""
    check_language(lang)
    follower = queries.follower_to_confirm(token)
    event = _event_of(follower)
    if follower is None or event is None:
        return _unknown(lang)
    form, path = PressForm(), f"/updates/{token}"
    if request.method == "POST" and form.validate():
        with transaction():
            found = queries.follower_to_confirm(token, lock=True)
            if found is not None:
                actions.confirm(found, by=VISITOR)
        return redirect(f"/{lang}{path}", 303)
    return _private(
        "site/following/confirm.html",
        lang,
        path,
        422 if form.errors else 200,
        event=event_view(event, lang, calendar=False),
        form=form,
        done=follower.confirmed_at is not None,
        leave_url=links.leave(follower.id, language=lang),
        refusal=press_again() if form.errors else "",
    )


@following.route("/<lang>/updates/<token>/leave", methods=["GET", "POST"])
def leaving(lang: str, token: str) -> Response:
    """Ask (GET) and take an address off the list (POST): by hand, or by a mail program in one click (RFC 8058).

    The signed address alone is the right to do so: no cookie, no token of the page, no redirection.
    """
    check_language(lang)
    if not queries.may_leave(token):
        return _unknown(lang)
    done = request.method == "POST"
    if done:
        with transaction():
            found = queries.follower_to_leave(token, lock=True)
            if found is not None:
                actions.leave(found, by=VISITOR)
    follower = queries.follower_to_leave(token)
    event = _event_of(follower)
    return _private(
        "site/following/leave.html",
        lang,
        f"/updates/{token}/leave",
        event=event_view(event, lang, calendar=False) if event else None,
        done=done or follower is None or follower.left_at is not None,
    )


def _form(form: FollowForm, view: EventView, lang: str, status: int, refusal: str = "") -> Response:
    path = f"/events/{view.slug}/updates"
    return _private("site/following/ask.html", lang, path, status, event=view, form=form, refusal=refusal)


def _ask(form: FollowForm, slug: str, lang: str) -> None:
    notice = publishing.document("privacy")
    version = str(notice.data.get("version", "")) if notice else ""
    with transaction():
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
    return _private("site/following/unknown_link.html", lang, None, 404)


def _private(template: str, lang: str, path: str | None, status: int = 200, **values: object) -> Response:
    return private(Response(render(template, lang=lang, path=path, private=True, **values), status=status))

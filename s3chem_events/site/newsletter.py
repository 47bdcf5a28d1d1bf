"""The newsletter: the form, the owner's own word, her preferences, and the ways out. GET asks, POST does."""

from functools import partial
from typing import Self

from flask import Blueprint, abort, redirect, request
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from s3chem_events.campaigns import audience, links, subscribing, topics
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscribing import Wish
from s3chem_events.campaigns.subscriptions import State, masked
from s3chem_events.core.guard import csrf
from s3chem_events.core.journal import VISITOR
from s3chem_events.site.asking_twice import AddressForm, asked_page, done, press_page, pressed, private_page, taken
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import LANGUAGES_OFFERED, PressForm
from s3chem_events.site.lists import ListField
from s3chem_events.site.pages import contact

newsletter = Blueprint("newsletter", __name__)
csrf.exempt(newsletter)  # the forms check their own tokens; leaving needs none (RFC 8058 3.2: no cookie, no context)


class PreferencesForm(Form):
    """The language of the newsletter, and what it is to be about."""

    language = ListField(_l("Language"))
    topics = SelectMultipleField(
        _l("Topics"), option_widget=CheckboxInput(), validators=[InputRequired(_l("Choose at least one topic."))]
    )

    @classmethod
    def of(cls, lang: str, *, language: str, about: list[str]) -> Self:
        """Make the form in a language, with what is chosen as long as nothing has been sent."""
        form = cls()
        form.language.options = LANGUAGES_OFFERED
        form.topics.choices = [SelectChoice(key, label) for key, label in topics.labels(lang).items()]
        if not form.is_submitted():
            form.language.data, form.topics.data = language, about
        return form


class SubscribeForm(AddressForm, PreferencesForm):
    """Asks for the newsletter."""


@newsletter.route("/<lang>/newsletter", methods=["GET", "POST"])
def subscribe(lang: str) -> Response:
    """Show the form (GET), have the address asked (POST); the answer is the same whatever is known of it."""
    form = SubscribeForm.of(lang, language=lang, about=list(topics.USUAL))
    status, refusal = taken(form, "newsletter", lambda version: _ask(form, version, lang))
    if status:
        return private_page("site/newsletter/subscribe.html", lang, "/newsletter", status, form=form, refusal=refusal)
    return asked_page("site/newsletter/asked.html", lang, "/newsletter", form)


@newsletter.route("/<lang>/newsletter/confirmation/<token>", methods=["GET", "POST"])
def confirmation(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and put an address on the list (POST); a second press changes nothing."""
    subscriber = audience.subscriber_to_confirm(token) or abort(_unknown(lang))
    form, path = PressForm(), f"/newsletter/confirmation/{token}"
    if pressed(form, audience.subscriber_to_confirm, token, subscribing.confirm):
        return redirect(f"/{lang}{path}", 303)
    return press_page(
        "site/newsletter/confirm.html",
        lang,
        path,
        form,
        done=subscriber.state is State.CONFIRMED,
        chosen=_labels(subscriber, lang),
        preferences_url=links.preferences(subscriber.id, language=lang),
        leave_url=links.leave_newsletter(subscriber.id, language=lang),
    )


@newsletter.route("/<lang>/newsletter/preferences/<token>", methods=["GET", "POST"])
def preferences(lang: str, token: str) -> BaseResponse:
    """Show what a subscriber has chosen (GET), and change it (POST); the address is neither shown nor changed."""
    subscriber = audience.subscriber_of(token) or abort(_unknown(lang))
    form = PreferencesForm.of(lang, language=subscriber.language, about=subscriber.topics)
    path = f"/newsletter/preferences/{token}"
    wish = partial(subscribing.change, language=form.language.data, about=form.topics.data)
    if pressed(form, audience.subscriber_of, token, wish):
        return redirect(f"/{form.language.data}{path}?saved=yes", 303)
    return press_page(
        "site/newsletter/preferences.html",
        lang,
        path,
        form,
        masked=masked(subscriber.email),
        saved=bool(request.args.get("saved")) and not form.errors,
        leave_url=links.leave_newsletter(subscriber.id, language=lang),
        erase_url=f"/{lang}{path}/erasure",
    )


@newsletter.route("/<lang>/newsletter/preferences/<token>/erasure", methods=["GET", "POST"])
def erasure(lang: str, token: str) -> Response:
    """Ask (GET) and erase all that is known of a subscriber (POST)."""
    subscriber = audience.subscriber_of(token) or abort(_unknown(lang))
    form, path = PressForm(), f"/newsletter/preferences/{token}"
    if pressed(form, audience.subscriber_of, token, subscribing.erase):
        return private_page("site/newsletter/erased.html", lang, "/newsletter")
    return press_page(
        "site/newsletter/erase.html",
        lang,
        f"{path}/erasure",
        form,
        masked=masked(subscriber.email),
        back_url=f"/{lang}{path}",
    )


@newsletter.route("/<lang>/newsletter/leave/<token>", methods=["GET", "POST"])
def leaving(lang: str, token: str) -> Response:
    """Ask (GET) and take an address off the list (POST): by hand, or by a mail program in one click (RFC 8058).

    The signed address alone is the right to do so: no cookie, no token of the page, no redirection.
    """
    if not audience.may_leave(token):
        return _unknown(lang)
    if request.method == "POST":
        done(audience.subscriber_to_leave, token, subscribing.leave)
    subscriber = audience.subscriber_to_leave(token)
    return private_page(
        "site/newsletter/leave.html",
        lang,
        f"/newsletter/leave/{token}",
        done=subscriber is None,
        blocked=subscriber is None and audience.said_not_me(token),
        contact=contact(lang),
        unconfirmed=subscriber is not None and subscriber.state is State.ASKED,
        masked=masked(subscriber.email) if subscriber is not None else "",
    )


def _labels(subscriber: Subscriber, lang: str) -> list[str]:
    labels = topics.labels(lang)
    return [labels[topic] for topic in subscriber.topics]


def _ask(form: SubscribeForm, version: str, lang: str) -> None:
    wish = Wish(
        email=form.email.data,
        language=form.language.data,
        topics=form.topics.data,
        text_version=version,
        text_language=lang,
    )
    subscribing.ask(wish, by=VISITOR)


def _unknown(lang: str) -> Response:
    return private_page("site/newsletter/unknown_link.html", lang, None, 404)

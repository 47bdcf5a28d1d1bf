"""The newsletter: the form, the owner's own word, her preferences, and the ways out. GET asks, POST does."""

from flask import Blueprint, redirect, request
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import EmailField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from s3chem_events.campaigns import audience, links, subscribing, topics
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscribing import Wish
from s3chem_events.campaigns.subscriptions import State, masked
from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import csrf, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing import queries as publishing
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import LANGUAGES_OFFERED, PressForm, check_address, refuse_filled
from s3chem_events.site.frame import check_language, render
from s3chem_events.site.lists import ListField
from s3chem_events.site.own import press_again
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
    def of(cls, lang: str, *, language: str, about: list[str]) -> "PreferencesForm":
        """Make the form in a language, with what is chosen as long as nothing has been sent."""
        form = cls()
        form.language.options = LANGUAGES_OFFERED
        form.topics.choices = [SelectChoice(key, label) for key, label in topics.labels(lang).items()]
        if not form.is_submitted():
            form.language.data, form.topics.data = language, about
        return form


class SubscribeForm(PreferencesForm):
    """Asks for the newsletter."""

    email = EmailField(_l("E-mail address"), validators=[InputRequired(_l("Enter your e-mail address."))])
    website = StringField(_l("Leave this field empty"))

    def validate_email(self, field: EmailField) -> None:
        """Accept one address."""
        check_address(field)

    def validate_website(self, field: StringField) -> None:
        """Only a robot fills what nobody sees."""
        refuse_filled(field)


@newsletter.route("/<lang>/newsletter", methods=["GET", "POST"])
def subscribe(lang: str) -> Response:
    """Show the form (GET), have the address asked (POST); the answer is the same whatever is known of it."""
    check_language(lang)
    form = SubscribeForm.of(lang, language=lang, about=list(topics.USUAL))
    if not form.is_submitted():
        return _form(form, lang, 200)
    if not form.validate():
        return _form(form, lang, 422, press_again() if form.csrf_token.errors else "")
    try:
        limits.spend(limits.LINKS, "newsletter", limits.network())
        limits.spend(limits.ADDRESS, "newsletter-address", mailbox_digest(form.email.data))
    except limits.TooMany as refusal:
        words = _("Too many requests came from your network. Wait a minute and try again.")
        return _form(form, lang, refusal.status, words)
    notice = publishing.document("privacy")
    wish = Wish(
        email=form.email.data,
        language=form.language.data,
        topics=form.topics.data,
        text_version=str(notice.data.get("version", "")) if notice else "",
        text_language=lang,
    )
    with transaction():
        subscribing.ask(wish, by=VISITOR)
    return _private("site/newsletter/asked.html", lang, "/newsletter", contact=contact(lang))


@newsletter.route("/<lang>/newsletter/confirmation/<token>", methods=["GET", "POST"])
def confirmation(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and put an address on the list (POST); a second press changes nothing."""
    check_language(lang)
    subscriber = audience.subscriber_to_confirm(token)
    if subscriber is None:
        return _unknown(lang)
    form, path = PressForm(), f"/newsletter/confirmation/{token}"
    if request.method == "POST" and form.validate():
        with transaction():
            found = audience.subscriber_to_confirm(token, lock=True)
            if found is not None:
                subscribing.confirm(found, by=VISITOR)
        return redirect(f"/{lang}{path}", 303)
    return _private(
        "site/newsletter/confirm.html",
        lang,
        path,
        422 if form.errors else 200,
        form=form,
        done=subscriber.state is State.CONFIRMED,
        chosen=_labels(subscriber, lang),
        preferences_url=links.preferences(subscriber.id, language=lang),
        leave_url=links.leave_newsletter(subscriber.id, language=lang),
        refusal=press_again() if form.errors else "",
    )


@newsletter.route("/<lang>/newsletter/preferences/<token>", methods=["GET", "POST"])
def preferences(lang: str, token: str) -> BaseResponse:
    """Show what a subscriber has chosen (GET), and change it (POST); the address is neither shown nor changed."""
    check_language(lang)
    subscriber = audience.subscriber_of(token)
    if subscriber is None:
        return _unknown(lang)
    form = PreferencesForm.of(lang, language=subscriber.language, about=subscriber.topics)
    path = f"/newsletter/preferences/{token}"
    if form.is_submitted() and form.validate():
        with transaction():
            found = audience.subscriber_of(token, lock=True)
            if found is not None:
                subscribing.change(found, language=form.language.data, about=form.topics.data, by=VISITOR)
        return redirect(f"/{form.language.data}{path}?saved=yes", 303)
    return _private(
        "site/newsletter/preferences.html",
        lang,
        path,
        422 if form.errors else 200,
        form=form,
        masked=masked(subscriber.email),
        saved=bool(request.args.get("saved")) and not form.errors,
        leave_url=links.leave_newsletter(subscriber.id, language=lang),
        erase_url=f"/{lang}{path}/erasure",
        refusal=press_again() if form.errors.get("csrf_token") else "",
    )


@newsletter.route("/<lang>/newsletter/preferences/<token>/erasure", methods=["GET", "POST"])
def erasure(lang: str, token: str) -> Response:
    """Ask (GET) and erase all that is known of a subscriber (POST)."""
    check_language(lang)
    subscriber = audience.subscriber_of(token)
    if subscriber is None:
        return _unknown(lang)
    form, path = PressForm(), f"/newsletter/preferences/{token}"
    if request.method == "POST" and form.validate():
        with transaction():
            found = audience.subscriber_of(token, lock=True)
            if found is not None:
                subscribing.erase(found, by=VISITOR)
        return _private("site/newsletter/erased.html", lang, "/newsletter")
    return _private(
        "site/newsletter/erase.html",
        lang,
        f"{path}/erasure",
        422 if form.errors else 200,
        form=form,
        masked=masked(subscriber.email),
        back_url=f"/{lang}{path}",
        refusal=press_again() if form.errors else "",
    )


@newsletter.route("/<lang>/newsletter/leave/<token>", methods=["GET", "POST"])
def leaving(lang: str, token: str) -> Response:
    """Ask (GET) and take an address off the list (POST): by hand, or by a mail program in one click (RFC 8058).

    The signed address alone is the right to do so: no cookie, no token of the page, no redirection.
    """
    check_language(lang)
    if not audience.may_leave(token):
        return _unknown(lang)
    if request.method == "POST":
        with transaction():
            found = audience.subscriber_to_leave(token, lock=True)
            if found is not None:
                subscribing.leave(found, by=VISITOR)
    subscriber = audience.subscriber_to_leave(token)
    return _private(
        "site/newsletter/leave.html",
        lang,
        f"/newsletter/leave/{token}",
        done=subscriber is None,
        unconfirmed=subscriber is not None and subscriber.state is State.ASKED,
        masked=masked(subscriber.email) if subscriber is not None else "",
    )


def _labels(subscriber: Subscriber, lang: str) -> list[str]:
    labels = topics.labels(lang)
    return [labels[topic] for topic in subscriber.topics]


def _form(form: SubscribeForm, lang: str, status: int, refusal: str = "") -> Response:
    return _private("site/newsletter/subscribe.html", lang, "/newsletter", status, form=form, refusal=refusal)


def _unknown(lang: str) -> Response:
    return _private("site/newsletter/unknown_link.html", lang, None, 404)


def _private(template: str, lang: str, path: str | None, status: int = 200, **values: object) -> Response:
    return private(Response(render(template, lang=lang, path=path, private=True, **values), status=status))

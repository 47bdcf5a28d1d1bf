"""A participant's own pages, behind a signed link. GET asks, POST does."""

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.calendar.links import subscription
from s3chem_events.core import i18n, limits
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import csrf, private, settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT, VISITOR
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.words import modes
from s3chem_events.registration import actions, answers, choices, links, queries
from s3chem_events.registration.capacity import Said, Standing
from s3chem_events.registration.emails import RESTORATION
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.site.events_seen import event_view, narrowed, part_hours, part_place, part_range
from s3chem_events.site.forms import LostLinkForm, PressForm
from s3chem_events.site.frame import check_language, render, urls
from s3chem_events.site.pages import contact
from s3chem_events.site.views import CalendarLinks, EventView

own = Blueprint("own", __name__)
csrf.exempt(own)  # each form here checks its own token, and says in words what to do about an old one


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A registration as its owner sees it."""

    reference: str
    name: str
    email: str
    organisation: str
    rows: list[tuple[str, str]]
    parts: list[tuple[str, ...]]
    status_sentence: str
    status_kind: str
    calendar: CalendarLinks
    withdraw_url: str
    is_withdrawn: bool
    next_steps: list[str]


@own.route("/<lang>/registrations/lost-link", methods=["GET", "POST"])
def lost_link(lang: str) -> Response:
    """Send the links of an address to it; the answer is the same for known and unknown ones."""
    check_language(lang)
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
        words = _("Too many requests came from your network. Wait a minute and try again.")
        return private_page(
            "site/own/lost_link.html", lang, "/registrations/lost-link", refusal.status, form=form, refusal=words
        )
    with transaction():
        actions.request_link(form.email.data, by=VISITOR)
    return private_page("site/own/lost_link_sent.html", lang, "/registrations/lost-link", contact=contact(lang))


@own.route("/<lang>/registrations/<token>")
def own_page(lang: str, token: str) -> Response:
    """What was registered, and what can be done about it."""
    check_language(lang)
    registration = queries.registration_by_token(token)
    if registration is None:
        return unknown_link(lang)
    event = registration.event
    return private_page(
        "site/own/own_page.html",
        lang,
        f"/registrations/{token}",
        registration=_view(registration, lang, token),
        event=seen_by(registration, lang),
        register_url=f"/{lang}/events/{event.slug}/register" if publishing.open_parts(event) else "",
        contact=contact(lang),
    )


@own.route("/<lang>/registrations/<token>/withdrawal", methods=["GET", "POST"])
def withdrawal(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and withdraw (POST); a second press changes nothing."""
    check_language(lang)
    registration = queries.registration_by_token(token)
    if registration is None:
        return unknown_link(lang)
    form = PressForm()
    here = f"/{lang}/registrations/{token}"
    if request.method == "POST" and form.validate():
        with transaction():
            found = queries.registration_by_token(token, lock=True)
            if found is not None:
                actions.withdraw(found, by=PARTICIPANT)
        return redirect(here, 303)
    if registration.withdrawn_at is not None:
        return redirect(here, 303)
    return private_page(
        "site/own/withdrawal.html",
        lang,
        f"/registrations/{token}/withdrawal",
        422 if form.errors else 200,
        registration=_view(registration, lang, token),
        event=seen_by(registration, lang),
        form=form,
        own_url=here,
        refusal=press_again() if form.errors else "",
    )


@own.route("/<lang>/events/<slug>/removed")
def removed(lang: str, slug: str) -> Response:
    """Say that a registration was removed, also when the page is loaded again."""
    check_language(lang)
    event = publishing.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    return private_page(
        "site/own/not_me.html", lang, f"/events/{slug}/removed", event=event_view(event, lang), done=True
    )


@own.route("/<lang>/registrations/<token>/not-me", methods=["GET", "POST"])
def not_me(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and remove (POST) a registration whose address belongs to somebody else."""
    check_language(lang)
    registration = queries.registration_by_token(token)
    if registration is None:
        return unknown_link(lang)
    form, slug = PressForm(), registration.event.slug
    if request.method == "POST" and form.validate():
        with transaction():
            found = queries.registration_by_token(token, lock=True)
            if found is not None:
                actions.disown(found, by=PARTICIPANT)
        return redirect(f"/{lang}/events/{slug}/removed", 303)
    return private_page(
        "site/own/not_me.html",
        lang,
        f"/registrations/{token}/not-me",
        422 if form.errors else 200,
        event=event_view(registration.event, lang),
        form=form,
        done=False,
        refusal=press_again() if form.errors else "",
    )


def press_again() -> str:
    """Say what to do about a token that is too old or came without its cookie."""
    return _("The page was open for a long time, or cookies are switched off. Please try again.")


def unknown_link(lang: str) -> Response:
    return private_page("site/own/unknown_link.html", lang, None, 404, lost_link_url=urls(lang).lost_link)


def private_page(template: str, lang: str, path: str | None, status: int = 200, **values: object) -> Response:
    return private(Response(render(template, lang=lang, path=path, private=True, **values), status=status))


def seen_by(registration: Registration, lang: str) -> EventView:
    """The event as it concerns this person: the own days, the own way to take part."""
    held = [(participation.part, participation.mode) for participation in registration.participations]
    return narrowed(event_view(registration.event, lang), registration.event, held, lang)


def _view(registration: Registration, lang: str, token: str) -> RegistrationView:
    withdrawn = registration.withdrawn_at is not None
    steps = [
        _("An e-mail with your calendar entry is on its way to %(address)s.", address=registration.email),
        _("Times, venue and programme will be published on the event page; a subscribed calendar updates itself."),
    ]
    return RegistrationView(
        reference=registration.reference,
        name=f"{registration.given_name} {registration.family_name}".strip(),
        email=registration.email,
        organisation=registration.organisation,
        rows=_rows(registration, lang),
        parts=[_part(registration, participation, lang, token) for participation in registration.participations],
        status_sentence=_status(registration, lang),
        status_kind="changed" if withdrawn else "good",
        calendar=_calendar(registration, lang),
        withdraw_url=f"/{lang}/registrations/{token}/withdrawal",
        is_withdrawn=withdrawn,
        next_steps=steps,
    )


def _status(registration: Registration, lang: str) -> str:
    if registration.withdrawn_at is not None:
        moment = i18n.stamp(registration.withdrawn_at, registration.event.zone, lang)
        return _("You withdrew on %(moment)s. Your place is now available to someone else.", moment=moment)
    return _("You are registered.")


def _rows(registration: Registration, lang: str) -> list[tuple[str, str]]:
    types, regions = choices.organisation_types(lang), choices.regions(lang)
    return [
        (_("Name"), f"{registration.given_name} {registration.family_name}".strip()),
        (_("E-mail address"), registration.email),
        (_("Organisation"), registration.organisation),
        (_("Type of organisation"), types.get(registration.organisation_type, registration.organisation_type)),
        (_("Country"), i18n.country_name(registration.country, lang)),
        (_("Region"), regions.get(registration.region, registration.region)),
        (_("Language of our e-mails"), LANGUAGES[registration.language]),
    ]


def _part(registration: Registration, held: Participation, lang: str, token: str) -> tuple[str, ...]:
    words = {
        Standing.CONFIRMED: (_("Confirmed"), "open"),
        Standing.WITHDRAWN: (_("Withdrawn"), "over"),
        Standing.WAITING: (_("Waiting list"), "full"),
        Standing.OFFERED: (_("A place is offered to you"), "moved"),
        Standing.PENDING: (_("Awaiting decision"), "moved"),
        Standing.REJECTED: (_("Not accepted"), "cancelled"),
    }
    text, kind = words[held.standing]
    part = held.part
    place = part_place(registration.event, part) if held.mode.value == "on_site" else ""
    title = part.title.within(lang)
    may_undo = answers.may_undo(registration, held)
    undo = f"/{lang}/registrations/{token}/{RESTORATION}/{part.key}" if may_undo else ""
    days, hours = part_range(part, lang), part_hours(part, lang)
    return (title, days, hours, place, modes(lang)[held.mode], text, kind, _said(held), undo)


def _said(held: Participation) -> str:
    """Say what the person's calendar answered."""
    words = {
        Said.ACCEPTED: _("You accepted in your calendar."),
        Said.TENTATIVE: _("You answered “maybe” in your calendar."),
        Said.DECLINED: _("You declined in your calendar."),
    }
    return words.get(held.answer, "")


def _calendar(registration: Registration, lang: str) -> CalendarLinks:
    url = links.calendar(registration.id, registration.link_version, base_url=settings().base_url)
    feed = subscription(url, name=registration.event.title.within(lang))
    return CalendarLinks(
        download_url=url.removeprefix(settings().base_url),
        google_url=feed.google,
        outlook_url=feed.outlook,
        webcal_url=feed.webcal,
        ics_copy_url=feed.plain,
    )

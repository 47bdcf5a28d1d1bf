"""Registering: the form, and what answers it."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, abort, current_app, redirect, request
from flask.wrappers import Response
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import cleaning, csrf, filing, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing import typos
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.places import ways_of
from s3chem_events.registration import actions, crowds, file_fields, inviting, links, names, own_questions
from s3chem_events.registration import queries as registrations
from s3chem_events.registration.actions import AlreadyRegistered
from s3chem_events.registration.capacity import Full
from s3chem_events.registration.models import Registration
from s3chem_events.registration.openness import ENDED, Openness, openness, queues
from s3chem_events.site import again, answered, opening, terms
from s3chem_events.site.blanks import of_this_process
from s3chem_events.site.delegating_form import DelegateForm
from s3chem_events.site.events_seen import event_view, narrowed, part_place
from s3chem_events.site.forms import RegistrationForm, new_attempt
from s3chem_events.site.frame import render, urls
from s3chem_events.site.pages import contact
from s3chem_events.site.views import EventView, PartView

registering = Blueprint("registering", __name__)
csrf.exempt(registering)  # the form checks its own token, so that an old one costs a press and not the typing
GONE, FORBIDDEN = 410, 403
Registrar = Callable[[RegistrationForm, str], Registration]
"""What registers a checked form for the event of a slug, under its lock."""


@registering.route("/<lang>/events/<slug>/register", methods=["GET", "POST"])
@cleaning
@filing
def register(lang: str, slug: str) -> BaseResponse:
    """Show the form (GET), register (POST)."""
    if request.method == "GET" and not request.query_string and not again.is_known(slug):
        return _blank(lang, slug)
    event = queries.bookable_event(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    form = RegistrationForm.of(event, lang)
    if not form.parts.choices:
        return closed(whole(slug), lang)
    if not form.is_submitted():
        return page(form, whole(slug), lang, 200)
    if request.form.get("switch_language") in LANGUAGES:
        return switched(form, slug, lang)
    return answer(form, slug, lang, _register)


def _blank(lang: str, slug: str) -> BaseResponse:
    """Show the form that nobody has filled in: all but two hidden values is the same for everybody."""
    blanks = of_this_process()
    if blank := blanks.find(request.path):
        return private(Response(blank.filled((generate_csrf(), new_attempt(), opening.stamp(slug)))))
    revision = blanks.fresh()
    event = queries.event_by_slug(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    if not queries.open_parts(event):
        return closed(event, lang)
    form = RegistrationForm.of(event, lang)
    response = page(form, event, lang, 200)
    own = (form.csrf_token.current_token, form.attempt.data or "", form.opened.data or "")
    blanks.keep(request.path, response.get_data(as_text=True), revision, own)
    return response


def switched(form: RegistrationForm, slug: str, lang: str) -> Response:
    """Show what was typed in another language, with the files that were chosen; nothing is judged."""
    if request.files and not limits.is_over(limits.REGISTRATIONS, "register", limits.network()):
        form.answers = file_fields.chosen(form, form.questions)
        _keep_files(form)
    return page(form, whole(slug), lang, 200)


def answer(form: RegistrationForm, slug: str, lang: str, register: Registrar) -> BaseResponse:
    """Check what was sent, have it registered, and answer what was refused."""
    try:
        limits.spend(limits.REGISTRATIONS, "register", limits.network())
        if form.asks_for_closed_part():
            raise actions.NotOpen
        if not form.validate():
            _keep_files(form)
            return page(form, whole(slug), lang, 422, token_fault(form))
        form.prove(lambda: _what_is_sent(form))
        if limits.is_over(limits.ADDRESS, "register-address", mailbox_digest(form.email.data or "")):
            raise actions.AddressBlocked  # in the same words: nobody learns whether an address is blocked
        registration = register(form, slug)
        answered.remember_not_kept(registration, form.answers)
        again.remember(form)
    except AlreadyRegistered as refusal:
        return _already(whole(slug), lang, refusal.status, back=_invitation_of(form, lang))
    except Refused as refusal:
        _keep_files(form)
        return page(form, whole(slug), lang, refusal.status, refused=refusal)
    except OperationalError:  # somebody else writes for longer than anybody waits
        return _busy(form, slug, lang)
    return redirect(links.own_page(registration.id, registration.link_version, language=lang), 303)


def _busy(form: RegistrationForm, slug: str, lang: str) -> Response:
    """Say that nothing was stored, with everything typed; where not even a page can be read, site.faults answers."""
    words = _(
        "The system is busy at the moment. Nothing has been saved yet, but your entries have been kept: "
        "please submit the form again in a minute."
    )
    response = page(form, whole(slug), lang, 503, words)
    response.headers["Retry-After"] = "30"
    return response


def _register(form: RegistrationForm, slug: str) -> Registration:
    version = queries.version_of("privacy")
    with transaction():
        event = queries.bookable_event(slug, lock=True)
        if event is None:
            raise actions.NotOpen
        return actions.register(event, form.applicant(version), by=VISITOR)


def _what_is_sent(form: RegistrationForm) -> str:
    """Say what a puzzle is solved for: one person's registration, which the same form makes once.

    Where it has made one that was withdrawn or is somebody else's now, it is another form, with a puzzle of its own.
    """
    person = names.person_of(form.applicant(""))
    if registrations.has_made_another(form.event.id, form.attempt.data or "", person=person):
        form.attempt.data = new_attempt()
    return f"{form.event.slug} {form.attempt.data} {person}"


def _keep_files(form: RegistrationForm) -> None:
    """Put aside what was uploaded with a form that is not whole, so that nobody has to choose it again."""
    if file_fields.has_new(form.answers):
        with transaction():
            file_fields.put_aside(form, form.answers)


def whole(slug: str) -> Event:
    """Read the event with all that a page shows of it; to decide, its parts and their places are enough."""
    return queries.event_by_slug(slug) or abort(404)


def token_fault(form: RegistrationForm) -> str:
    """Say what to do about a token that is too old, or that came without its cookie."""
    if not form.csrf_token.errors:
        return ""
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return _(
            "Your browser did not return the cookie that protects this form. "
            "Allow cookies for this site and submit the form again; your entries have been kept."
        )
    return _("The page was open for a long time. Your entries have been kept: please submit the form again.")


def page(
    form: RegistrationForm,
    event: Event,
    lang: str,
    status: int,
    refusal: str = "",
    *,
    refused: Refused | None = None,
    preview: str = "",
) -> Response:
    """Show the form, with what an invitation opens beside what anybody may choose; a `preview` has an own address."""
    view = as_offered(form, event, lang)
    offered = {part.key for part in form.offered()}
    shut = _("Not open for registration at the moment.")
    body = render(
        "site/registering/register.html",
        lang=lang,
        path=preview or form.at,
        private=bool(form.invited or preview),
        is_preview=bool(preview),
        kept_until=terms.kept_until(event, lang),
        erasure=terms.erasure(event, lang),
        name_kept=terms.name_kept(lang),
        section="events",
        event=view,
        form=form,
        offers=offers(form, event, view, lang),
        not_offered=[(part, shut) for part in view.parts if part.key not in offered and not part.invited],
        questions=own_questions.groups(form, form.questions, event, lang),
        told_again=not preview and again.fill(form),
        refusal=form.sentence(refused) if refused else refusal,
        meant=typos.meant(form.email.data or "") if form.is_submitted() else "",
        offers_list=isinstance(refused, Full) and bool(form.waits_for_chosen()),
        submit_label=_submit_label(form, lang),
        terms=[
            *terms.said(event, form.offered(), lang, decided=form.is_decided),
            *terms.at_the_entrance(event, form.offered(), lang),
        ],
        action=f"/{lang}{form.at}",
        code_url="" if form.invited else code_url(event, lang),
        language_form="" if preview else "registration",
    )
    return private(Response(body, status=status))


def as_offered(form: RegistrationForm, event: Event, lang: str) -> EventView:
    """Return the event as `with_places` does, and renew a token that is too old."""
    if form.csrf_token.errors:
        form.csrf_token.raw_data = None
    return with_places(form, event, lang)


def with_places(form: RegistrationForm | DelegateForm, event: Event, lang: str) -> EventView:
    """Return the event on the days and at the place of what one can choose, and let the form say where one waits."""
    there = crowds.of(event.id)
    form.show_waiting(queues(event, there, invited=form.invited, opened_at=form.opened_at))
    open_now = queries.open_parts(event, invited=form.invited, opened_at=form.opened_at)
    return narrowed(event_view(event, lang, calendar=False, there=there), event, ways_of(open_now), lang)


def offers(form: RegistrationForm | DelegateForm, event: Event, view: EventView, lang: str) -> dict[str, PartView]:
    """Return what can be chosen, with its place: to whom a closed part is open, its room is told."""
    places = {part.key: part_place(event, part, lang) for part in form.offered()}
    return {part.key: replace(part, place=places[part.key]) for part in view.parts if part.key in places}


def _submit_label(form: RegistrationForm, lang: str) -> str:
    """Say what a press does: nobody joins a waiting list by a button that says "register".

    Days are named where whatever is ticked takes place on them; of several, the boxes above say which.
    """
    waits, offered = form.waits_for_chosen(), form.offered()
    if waits == "all" or (offered and all(form.waits(part.key) for part in offered)):
        return _("Put me on the waiting list")
    if waits == "some":
        return _("Register, and put me on the waiting list")
    is_one = len({(part.starts_on, part.ends_on) for part in offered}) == 1
    return terms.register_label(offered, lang) if is_one else _("Register")


def code_url(event: Event, lang: str) -> str:
    """Return where a code is typed; nothing where an event has no closed part that it could open."""
    return f"/{lang}/invitations/" if inviting.closed_parts(event) and inviting.is_open(event) else ""


def closed(event: Event, lang: str) -> Response:
    """Say why one cannot register, and what one can do instead."""
    view = event_view(event, lang)
    how = openness(event, {})
    gone = how in ENDED
    title = _("No registration") if gone or how is Openness.INVITED else _("Registration is not open")
    advice = (
        ""  # a postponed event has no date that anybody could note
        if gone or how is Openness.POSTPONED
        else _("You can already add the date to your calendar. If you subscribe, changes will appear automatically.")
    )
    body = render(
        "site/registering/closed.html",
        lang=lang,
        path=f"/events/{event.slug}/register",
        section="events",
        event=view,
        title=title,
        reason=view.no_register_reason,
        advice=advice,
        code_url=code_url(event, lang),
        contact=contact(lang),
    )
    return private(Response(body, status=GONE if gone else FORBIDDEN))


def _invitation_of(form: RegistrationForm, lang: str) -> str:
    """Return the page of the invitation that opened a form; there its parts are added to what is registered already."""
    return f"/{lang}{form.at}".removesuffix("/registration") if form.invited else ""


def _already(event: Event, lang: str, status: int, *, back: str = "") -> Response:
    body = render(
        "site/registering/already.html",
        lang=lang,
        private=True,
        event=event_view(event, lang),
        lost_link_url=urls(lang).lost_link,
        invitation_url=back,
        contact=contact(lang),
    )
    return private(Response(body, status=status))

"""Registering several people at once. Adding and removing somebody are presses that keep everything typed."""

from collections.abc import Callable

from flask import abort, redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import cleaning, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.mailing import typos
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import LISTED, Mode
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import actions, delegations, links
from s3chem_events.registration.admitting import CONTACT_PLACE, PeopleRefused, PlacesShort
from s3chem_events.registration.bringing import InvitationShort
from s3chem_events.registration.capacity import Which
from s3chem_events.registration.delegations import MOST, Group
from s3chem_events.registration.models import Delegation
from s3chem_events.site import again, terms
from s3chem_events.site.delegating_form import DelegationForm
from s3chem_events.site.frame import render
from s3chem_events.site.registering import as_offered, closed, offers, registering, token_fault, whole

Registrar = Callable[[Event, Group], Delegation]
"""What registers a checked group for a locked event."""


@frozen
class Short:
    """The choice where there are fewer places than people: who would wait, and who has a place."""

    sentences: list[str]
    placed: list[str]
    waiting: list[str]
    all_waiting: list[str]
    first_label: str
    all_label: str


@registering.route("/<lang>/events/<slug>/register/group", methods=["GET", "POST"])
@cleaning
def register_group(lang: str, slug: str) -> BaseResponse:
    """Show the form (GET), register everybody or nobody (POST)."""
    event = queries.bookable_event(slug)
    if event is None or event.state not in LISTED:
        abort(404)
    form = DelegationForm.of(event, lang, at=f"/events/{slug}/register/group")
    if not form.parts.choices:
        return closed(whole(slug), lang)
    return served(form, slug, lang, _bring)


def served(form: DelegationForm, slug: str, lang: str, register: Registrar) -> BaseResponse:
    """Answer whatever was pressed in a form for several people; `register` is what puts them down."""
    if not form.is_submitted() or request.form.get("switch_language") in LANGUAGES:
        return _page(form, slug, lang, 200)
    if pressed := _rearranged(form):
        return _page(form, slug, lang, 200, said=pressed)
    return _answer(form, slug, lang, register)


def _rearranged(form: DelegationForm) -> str:
    """Add or remove people, if that was pressed; returns in words what was done."""
    number = request.form.get("add") or request.form.get("remove") or ""
    if not number.isdecimal() or len(number) > len("20"):
        return ""
    if "add" in request.form:
        form.add(int(number))
        return _("There is room for %(number)s people now.", number=len(form.people))
    gone = form.remove(int(number))
    return _("Removed from your list: %(person)s", person=gone) if gone else _("Nothing was changed.")


def _answer(form: DelegationForm, slug: str, lang: str, register: Registrar) -> BaseResponse:
    try:
        limits.spend(limits.REGISTRATIONS, "register", limits.network())
        if form.asks_for_closed_part():
            raise actions.NotOpen
        if not form.validate():
            return _page(form, slug, lang, 422, _fault(form))
        delegation = _register(form, slug, register)
    except PeopleRefused as refusal:
        form.blame_people(refusal.faults)
        return _page(form, slug, lang, refusal.status)
    except PlacesShort as refusal:
        form.show_split(refusal)
        return _page(form, slug, lang, refusal.status, short=refusal)
    except InvitationShort as refusal:
        return _page(form, slug, lang, refusal.status, _invitation_short(refusal))
    except Refused as refusal:
        return _page(form, slug, lang, refusal.status, form.sentence(refusal))
    again.remember(form)
    return redirect(links.delegation(delegation.id, delegation.link_version, language=lang), 303)


def _register(form: DelegationForm, slug: str, register: Registrar) -> Delegation:
    group = form.group(queries.version_of("privacy"))
    typed = enumerate((group.contact, *group.people), start=CONTACT_PLACE)
    mailboxes = {place: mailbox_digest(one.email) for place, one in typed if one.email}
    form.prove(lambda: f"{slug} {delegations.digest(group)}", weight=max(len(set(mailboxes.values())), 1))
    limits.spend(limits.MAILBOXES, "mailboxes", limits.network(), cost=len(set(mailboxes.values())))
    # To a network twenty people are one press, to a stranger's mailbox they are not.
    spent = {one for one in sorted(set(mailboxes.values())) if limits.is_over(limits.ADDRESS, "register-address", one)}
    if spent:
        raise PeopleRefused({place: "address_blocked" for place, one in mailboxes.items() if one in spent})
    with transaction():
        event = queries.bookable_event(slug, lock=True)
        if event is None:
            raise actions.NotOpen
        return register(event, group)


def _bring(event: Event, group: Group) -> Delegation:
    return delegations.register_delegation(event, group, by=VISITOR)


def _invitation_short(refusal: InvitationShort) -> str:
    return _(
        "People who can still register with this invitation: %(left)s. People in your list who would need it: "
        "%(asked)s. Nobody has been registered yet, and everything you typed has been kept.",
        **refusal.values,
    )


def _fault(form: DelegationForm) -> str:
    if form.is_crowded:
        return _("A delegation can have %(number)s people at most. Register the others in a second one.", number=MOST)
    return token_fault(form)


def _page(
    form: DelegationForm,
    slug: str,
    lang: str,
    status: int,
    refusal: str = "",
    *,
    short: PlacesShort | None = None,
    said: str = "",
) -> Response:
    event = whole(slug)
    view = as_offered(form, event, lang)
    body = render(
        "site/registering/group.html",
        lang=lang,
        path=form.at,
        private=bool(form.invited),
        section="events",
        event=view,
        form=form,
        offers=offers(form, event, view, lang),
        told_again=again.fill(form),
        refusal=refusal,
        short=_short(form, event, short, lang) if short else None,
        said=said,
        most=MOST,
        terms=[*terms.said(event, form.offered(), lang), *terms.at_the_entrance(event, form.offered(), lang)],
        erasure=terms.erasure(event, lang),
        meant=typos.meant(form.email.data or "") if form.is_submitted() else "",
        action=f"/{lang}{form.at}",
        single_url=f"/{lang}{form.at}".removesuffix("/group"),
        language_form="registration",
    )
    return private(Response(body, status=status))


def _short(form: DelegationForm, event: Event, short: PlacesShort, lang: str) -> Short:
    """Say what each choice would mean, and for whom."""
    titles, modes = {part.key: part.title.within(lang) for part in event.parts}, mode_words(lang)

    def where(which: Which) -> str:
        return f"{titles[which[0]]} ({modes[Mode(which[1])]})"

    def who(place: int) -> str:
        name = form.people[place - 1].name if place != CONTACT_PLACE else _full_name(form)
        return name or _("Person %(number)s", number=place)

    sentences = [
        _("%(part)s: places left: %(number)s.", part=where(which), number=left)
        if left
        else _("%(part)s: no place left.", part=where(which))
        for which, left in sorted(short.left.items())
    ]
    if short.closed:
        return Short(sentences, [], [], [], "", "")
    lacking = frozenset(short.left)
    wanted = {place: lacking & _wanted(form, place) for place in short.waits}
    enough = frozenset[Which]().union(*(_wanted(form, place) for place in short.waits)) - lacking
    sentences += [_("%(part)s: a place for everybody who chose it.", part=where(which)) for which in sorted(enough)]
    waiting = [f"{who(p)}: {', '.join(map(where, sorted(places)))}" for p, places in short.waits.items() if places]
    placed = [who(place) for place, places in short.waits.items() if wanted[place] and not places]
    return Short(
        sentences,
        placed,
        waiting,
        [f"{who(p)}: {', '.join(map(where, sorted(places)))}" for p, places in wanted.items() if places],
        _first_label(len(placed), len(waiting), is_everybody_in=bool(enough)),
        _("Register everybody, and let all of these wait together")
        if enough
        else _("Put all of them on the waiting list"),
    )


def _first_label(placed: int, waiting: int, *, is_everybody_in: bool) -> str:
    if not placed:
        return ""
    if is_everybody_in:
        return _("Register everybody, and let %(waiting)s wait for what is full", waiting=waiting)
    return _("Register %(placed)s, %(waiting)s on the waiting list", placed=placed, waiting=waiting)


def _wanted(form: DelegationForm, place: int) -> frozenset[Which]:
    own = form.people[place - 1].choices() if place != CONTACT_PLACE else {}
    chosen = own or {part.key: form.mode_of(part) for part in form.chosen()}
    return frozenset((key, mode.value) for key, mode in chosen.items())


def _full_name(form: DelegationForm) -> str:
    return f"{form.given_name.data or ''} {form.family_name.data or ''}".strip()

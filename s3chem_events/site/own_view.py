"""A registration as its owner's page shows it: how things are now, and what she can do about them."""

from collections.abc import Collection, Mapping

from s3chem_events.calendar.links import subscription
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.core.values import frozen
from s3chem_events.mailing import typos
from s3chem_events.publishing import lines
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING, Mode, State
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import (
    actions,
    adding,
    calendar_answers,
    cancelled_parts,
    choices,
    coming,
    entries,
    giving_up,
    inquiries,
    leaving,
    links,
    modes,
    places,
    resending,
    returning,
    ways_back,
)
from s3chem_events.registration.adding import Way
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.links import PARTS
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.waiting import PLACE
from s3chem_events.site import answered, next_steps, own_standing, standings, waiting_words
from s3chem_events.site.events_seen import event_view, narrowed, part_place
from s3chem_events.site.frame import Translated, translated
from s3chem_events.site.queueing import in_words
from s3chem_events.site.views import CalendarLinks, EventView, WebLinks


@frozen
class HeldView:
    """One part as it stands for this person.

    `room` is the way in, `room_from` when it will stand here, and `room_is_late` that it should stand here by now.
    """

    title: Translated
    days: str
    hours: str
    place: str
    mode: str
    status: str
    status_kind: str
    said: str
    undo_url: str
    room: str
    room_from: str
    room_is_late: bool
    change_url: str
    change_label: str
    change_is_full: bool
    told: str
    reason: Translated
    place_url: str
    waits: bool
    give_up_url: str


@frozen
class AskedView:
    """That the person is asked whether she still comes, or what she said."""

    question: str
    until: str
    said: str
    yes_url: str
    no_url: str


@frozen
class RegistrationView:
    """A registration as its owner sees it."""

    reference: str
    rows: list[tuple[str, str]]
    parts: list[HeldView]
    status_sentence: str
    status_kind: str
    reason: Translated
    """Why the whole event does not take place as planned, where that was said."""
    asked: AskedView | None
    calendar: CalendarLinks | None
    undo_url: str
    undo_until: str
    came_anew: bool
    """Whether the same person has registered again since, so that nothing of this one can be taken back."""
    is_withdrawn: bool
    may_withdraw: bool
    only_waits: bool
    waits_for: str
    """What she waits for, or is offered, in words."""
    is_limited: bool
    """Whether somebody else may get the place that she gives up."""
    invitations: bool
    invitations_url: str
    """Empty for who has no mailbox of her own: nothing of hers goes into the contact's calendar."""
    on_its_way: str
    next_steps: list[str]
    meant: str
    """The address that was probably meant, where the typed one looks mistyped."""
    comes_back: bool
    """Whether e-mails to her address come back, so that none is sent."""


def shown(registration: Registration, lang: str, token: str, *, openly: bool = False) -> RegistrationView:
    """Return what the own page shows of a loaded registration; `openly` after the code."""
    own, event = f"/{lang}/registrations/{token}", registration.event
    ordered = entries.in_order(registration, registration.participations)
    may_undo = returning.may_take_back(registration)
    came_anew = registration.withdrawn_at is not None and ways_back.come_anew(registration) is not None
    sentence, kind, lost = *_status(registration, lang), cancelled_parts.stood(registration)
    others = {held.part: [other] for held in ordered if (other := modes.other_mode(registration, held))}
    ways, left = adding.ways(event, others), leaving.stood(registration)
    return RegistrationView(
        reference=registration.reference,
        rows=_rows(registration, lang, openly=openly),
        parts=[_held(registration, held, lang, own, lost=lost, left=left, ways=ways) for held in ordered],
        status_sentence=sentence,
        status_kind=kind,
        reason=translated(Text() if registration.withdrawn_at or event.state in TAKING else event.reason, lang),
        asked=_asked(registration, lang, own),
        calendar=None if next_steps.is_unscheduled(registration) else _calendar(registration, lang),
        undo_url=f"{own}/{links.RESTORATION}" if may_undo and not came_anew else "",
        came_anew=came_anew,
        undo_until=i18n.stamp(returning.undo_until(registration), event.zone, lang),
        is_withdrawn=registration.withdrawn_at is not None,
        may_withdraw=next_steps.is_ahead(event) and actions.may_withdraw(registration),
        only_waits=standings.only_wait(registration.participations),
        waits_for=in_words(event, [returning.which(p) for p in ordered if p.standing in IN_LINE], lang),
        is_limited=modes.is_limited(registration),
        invitations=registration.invitations,
        invitations_url="" if registration.via_contact else f"{own}/{links.INVITATIONS}",
        on_its_way=next_steps.on_its_way(
            registration, lang, mailed=links.was_mailed_to(registration.email, links.OWN_PAGE, token)
        ),
        next_steps=next_steps.after(registration),
        comes_back=not registration.via_contact and resending.comes_back(registration),
        meant="" if registration.withdrawn_at or registration.via_contact else typos.meant(registration.email),
    )


def seen_by(registration: Registration, lang: str, *, only: Collection[int] = ()) -> EventView:
    """Return the event as it concerns this person: the own days, the own way to take part; of some parts only."""
    there = [held for held in registration.participations if held.part_id in only] or registration.participations
    kept = [held for held in there if held.standing not in places.OVER] or there
    live = [held for held in kept if not held.part.cancelled] or kept
    theirs = [(held.part, held.part.mode_of(held.mode)) for held in live]
    return narrowed(event_view(registration.event, lang), registration.event, theirs, lang)


def _status(registration: Registration, lang: str) -> tuple[str, str]:
    if registration.withdrawn_at is not None:
        moment = i18n.stamp(registration.withdrawn_at, registration.event.zone, lang)
        if returning.only_waited(registration):
            return _("Since %(moment)s you are no longer on the waiting list.", moment=moment), "changed"
        if not modes.is_limited(registration):
            return _("Your registration was withdrawn on %(moment)s.", moment=moment), "changed"
        words = _(
            "Your registration was withdrawn on %(moment)s. Your place is available to someone else.", moment=moment
        )
        return words, "changed"
    return _of_event(registration.event) or standings.of_parts(registration.participations)


def _of_event(event: Event) -> tuple[str, str] | None:
    """Say what became of the whole event, where it does not simply take place."""
    if event.state is State.CANCELLED:
        return _("This event has been cancelled. There is nothing that you have to do."), "bad"
    if event.state is State.POSTPONED:
        return _("This event has been postponed. Your registration is kept until the new date is known."), "changed"
    if publishing.is_past(event):
        return _("This event is over. You were registered."), "changed"
    return None


def _asked(registration: Registration, lang: str, own: str) -> AskedView | None:
    inquiry = inquiries.current(registration.event)
    if inquiry is None or not coming.may_answer(registration) or not inquiries.was_asked(registration, inquiry):
        return None
    words = {True: _("You said that you still come. Thank you!"), None: "", False: ""}
    until = inquiry.keeps_until(registration.event.zone)
    return AskedView(
        question=_("Will you still come?"),
        until=i18n.short_range(until, until, lang) if until else "",
        said=words[inquiries.said(registration, inquiry)],
        yes_url=f"{own}/answer/yes",
        no_url=f"{own}/answer/no",
    )


def _rows(registration: Registration, lang: str, *, openly: bool) -> list[tuple[str, str]]:
    types, regions = choices.organisation_types(lang), choices.regions(lang)
    phone = registration.phone if openly else answered.not_shown()
    return [
        (_("Name"), registration.full_name),
        (
            _("E-mail address"),
            _("none of your own: we write to the contact who registered you")
            if registration.via_contact
            else registration.email,
        ),
        *([(_("Telephone"), phone)] if registration.phone else []),
        (_("Organisation"), registration.organisation),
        (_("Type of organisation"), types.get(registration.organisation_type, registration.organisation_type)),
        (_("Country"), i18n.country_name(registration.country, lang)),
        (_("Region"), regions.get(registration.region, registration.region)),
        (_("Language of our e-mails"), LANGUAGES[registration.language]),
    ]


def _held(
    registration: Registration,
    held: Participation,
    lang: str,
    own: str,
    *,
    lost: Collection[int],
    left: Mapping[int, Standing],
    ways: dict[str, dict[Mode, Way]],
) -> HeldView:
    part, event = held.part, registration.event
    days, hours, mode = *lines.when(event, part, lang), part.mode_of(held.mode)
    text, kind = own_standing.how(registration, held, lost, left)
    comes = held.standing is Standing.CONFIRMED and not part.cancelled
    joins = comes and mode is Mode.ONLINE and now() < publishing.part_ends_at(part)
    open_now = joins and entries.may_join(event, part)
    joins &= event.state in TAKING
    is_early = joins and now() < entries.joins_from(part)
    other = modes.other_mode(registration, held)
    is_on = registration.withdrawn_at is None and event.state is not State.CANCELLED and not part.cancelled
    in_line = is_on and held.standing in IN_LINE
    return HeldView(
        title=translated(part.title, lang),
        days=days,
        hours=hours,
        place=part_place(event, part, lang) if mode is Mode.ON_SITE and event.state is not State.POSTPONED else "",
        mode=mode_words(lang)[mode],
        status=text,
        status_kind=kind,
        said=own_standing.said(held),
        undo_url=f"{own}/{links.RESTORATION}/{part.key}" if calendar_answers.may_undo(registration, held) else "",
        room=part.online_url if open_now else "",
        room_from=i18n.stamp(entries.joins_from(part), part.zone, lang) if is_early and part.starts_at else "",
        room_is_late=joins and not is_early and not part.online_url,
        change_url=f"{own}/mode/{part.key}" if other else "",
        change_label=change_label(other),
        change_is_full=other is not None and ways[part.key][other] is not Way.FREE,
        told=waiting_words.how_it_stands(held, event, lang) if in_line or held.standing is Standing.WITHDRAWN else "",
        reason=own_standing.why(held, kind, lang),
        place_url=f"{own}/{PLACE}/{part.key}" if in_line else "",
        waits=held.standing is Standing.WAITING,
        give_up_url=f"{own}/{PARTS}/{part.key}/withdrawal" if giving_up.may_give_up(registration, held) else "",
    )


def change_label(other: Mode | None) -> str:
    """Return what a button says that leads to the other way of taking part."""
    return {Mode.ONLINE: _("Take part online instead"), Mode.ON_SITE: _("Come in person instead"), None: ""}[other]


def _calendar(registration: Registration, lang: str) -> CalendarLinks:
    url = links.calendar(registration.id, registration.link_version, base_url=settings().base_url)
    feed = subscription(url, name=registration.event.title.within(lang))
    return CalendarLinks(
        download_url=url.removeprefix(settings().base_url),
        web=[WebLinks("", feed.google, feed.outlook)],
        webcal_url=feed.webcal,
        ics_copy_url=feed.plain,
    )

"""How the desk says what the rooms know by ids. The words are those of the reader's language."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.markdown import plain
from s3chem_events.publishing import ageing, joining, queries, telling, words
from s3chem_events.publishing.ageing import Aged
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import TAKING, Kind, Mode, State, Visibility, WaitingList
from s3chem_events.publishing.models import Event
from s3chem_events.registration.capacity import Said, Standing
from s3chem_events.registration.models import Registration

LONGEST = 300
"""Of a text that is quoted."""


def to_be_called(person: Registration) -> str:
    """Say that somebody has to be called, with the number; nothing where an e-mail tells her."""
    if person.email:
        return ""
    if person.phone:
        return _("This person has no e-mail address, so please call: %(phone)s.", phone=person.phone)
    return _("This person has no e-mail address, so please call.")


def to_be_called_of(people: Sequence[Registration]) -> str:
    """Say whom of several no e-mail tells: the one with her number, more as they are counted; nothing for none."""
    there = [one for one in people if not one.email]
    if len(people) == 1 or not there:
        return to_be_called(people[0]) if there else ""
    return str(
        ngettext(
            "%(num)s person without an e-mail address has to be called.",
            "%(num)s people without an e-mail address have to be called.",
            len(there),
        )
    )


def day(written: str) -> str:
    """Write a day that is kept as `2027-09-30`."""
    when = date.fromisoformat(written)
    return i18n.short_range(when, when, i18n.language())


def states() -> dict[State, str]:
    """Return the names of an event's states."""
    return {
        State.DRAFT: _("Draft"),
        State.SAVE_THE_DATE: _("Save the date"),
        State.ANNOUNCED: _("Announced"),
        State.POSTPONED: _("Postponed"),
        State.CANCELLED: _("Cancelled"),
        State.OVER: _("Ended"),
    }


def state_now(event: Event) -> State:
    """Return the state that an event shows: what was to come has ended once the clock says so, as on its page."""
    return State.OVER if event.state in TAKING and queries.is_past(event) else event.state


def chips() -> dict[State, str]:
    """Return the class of the chip that carries a state."""
    return {
        State.SAVE_THE_DATE: "chip-save",
        State.ANNOUNCED: "chip-open",
        State.POSTPONED: "chip-moved",
        State.CANCELLED: "chip-cancelled",
    }


def kinds() -> dict[Kind, str]:
    """Return the names of the kinds of events."""
    return words.kinds(i18n.language())


def aged(difference: Difference) -> list[str]:
    """Return the texts that a change may have made untrue, each by its name; of a long one its beginning."""
    language, said = i18n.language(), list[str]()
    for one in ageing.aged(difference):
        text = plain(one.text.within(language))
        text = text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"
        if one.kind == "title":
            said.append(_aged_title(one, text, language))
        elif one.part:
            said.append(_("Summary of “%(part)s”: “%(text)s”", part=one.part.within(language), text=text))
        else:
            is_summary = one.kind == "summary"
            said.append(_("Summary: “%(text)s”", text=text) if is_summary else _("Description: “%(text)s”", text=text))
    return said


def _aged_title(one: Aged, text: str, language: str) -> str:
    written = i18n.language_name(next(iter(one.text)), language)
    if one.part:
        part = one.part.within(language)
        return _(
            "Title of “%(part)s” in another language (%(language)s): “%(text)s”", part=part, language=written, text=text
        )
    return _("Title in another language (%(language)s): “%(text)s”", language=written, text=text)


def links_to_come(before: EventFacts, after: EventFacts) -> list[str]:
    """Say of the parts with another link to join from when on people have it, where nobody has been given one yet."""
    language, said = i18n.language(), list[str]()
    for part in joining.still_closed(before, after):
        moment = i18n.stamp(joining.part_given_at(after, part), after.zone, language)
        text = _(
            "Nobody is told of the link to join now: those who take part online get it on %(moment)s.", moment=moment
        )
        said.append(telling.named(part, text, language) if len(after.parts) > 1 else text)
    return said


def visibilities() -> dict[Visibility, str]:
    """Return who may come to a part."""
    return {Visibility.PUBLIC: _("Open to everyone"), Visibility.INVITED: _("By invitation only")}


def modes() -> dict[Mode, str]:
    """Return the ways to take part."""
    return words.modes(i18n.language())


def standings() -> dict[Standing, str]:
    """Return how a person can stand to a part."""
    return {
        Standing.CONFIRMED: _("Confirmed"),
        Standing.WAITING: _("On the waiting list"),
        Standing.OFFERED: _("Place offered"),
        Standing.PENDING: _("To be approved"),
        Standing.WITHDRAWN: _("Withdrawn"),
        Standing.REJECTED: _("Rejected"),
    }


def stands(people: Iterable[Registration], parts: Collection[str] = ()) -> str:
    """Name people, each with how she stands to the parts in question, or to all: `Anna Eins (Confirmed)`."""
    names, said = standings(), list[str]()
    for person in people:
        concerned = (one for one in person.participations if not parts or one.part.key in parts)
        there = dict.fromkeys(names[one.standing] for one in concerned)
        said.append(f"{person.full_name} ({', '.join(there)})" if there else person.full_name)
    return ", ".join(said)


def standing_chips() -> dict[Standing, str]:
    """Return the class of the chip that carries a standing."""
    return {
        Standing.CONFIRMED: "chip-open",
        Standing.WAITING: "chip-full",
        Standing.OFFERED: "chip-save",
        Standing.PENDING: "chip-full",
        Standing.REJECTED: "chip-cancelled",
    }


def waiting_lists() -> dict[WaitingList, str]:
    """Return what can become of a place that is given back."""
    return {
        WaitingList.OFFER: _("Offer free places to whoever is next, for 48 hours at most"),
        WaitingList.AUTOMATIC: _("Give free places to whoever is next at once"),
        WaitingList.OFF: _("No waiting list"),
    }


def said() -> dict[Said, str]:
    """Return what a person's calendar answered; one that answered nothing is missing."""
    return {
        Said.ACCEPTED: _("Accepted in the calendar"),
        Said.TENTATIVE: _("“Maybe” in the calendar"),
        Said.DECLINED: _("Declined in the calendar"),
    }


def presences() -> dict[bool | None, str]:
    """Return what is noted of somebody's presence."""
    return {True: _("there"), False: _("not there"), None: _("unknown")}


def event_fields() -> dict[str, str]:
    """Return the names of what an event's file holds, for its history."""
    return {
        "slug": _("Address of the page"),
        "kind": _("Type"),
        "state": _("Status"),
        "title": _("Title"),
        "summary": _("Summary"),
        "description": _("Description"),
        "report": _("Report"),
        "zone": _("Time zone"),
        "region": _("Region"),
        "venue": _("Place"),
        "registration": _("Registration period"),
        "parts": _("Parts"),
        "programme": _("Programme"),
        "note": _("Note for organisers"),
        "reason": _("Reason for the change"),
        "materials": _("Material"),
        "reminders": _("Reminders"),
        "waiting_list": _("Waiting list"),
        "approval": _("Approval of registrations"),
        "added": _("Event added"),
    }


def happenings() -> dict[str, str]:
    """Return the facts about a registration in words."""
    return {
        "registration.confirmed": _("Registered"),
        "registration.pending": _("Registered, to be approved"),
        "registration.approved": _("Approved"),
        "registration.rejected": _("Rejected"),
        "registration.withdrawn": _("Withdrawn"),
        "registration.part_given_up": _("One part given up"),
        "registration.disowned": _("Removed by the owner of the address"),
        "registration.link_requested": _("Personal link sent again"),
        "registration.answered": _("Answered in the calendar"),
        "registration.wrote": _("Answered an e-mail of ours"),
        "registration.declined_by_calendar": _("Declined in the calendar"),
        "registration.restored": _("Place taken back"),
        "registration.address_corrected": _("Address corrected"),
        "registration.still_coming": _("Still coming"),
        "registration.changed": _("Details changed"),
        "registration.address_changed": _("Address changed"),
        "registration.address_put_back": _("Former address put back"),
        "registration.confirmation_requested": _("Confirmation sent again"),
        "registration.handed_over": _("Place handed over"),
        "registration.taken_over": _("Place taken over"),
        "registration.code_requested": _("Code for the personal page sent"),
        "registration.mode_changed": _("Way of taking part changed"),
        "registration.invitations_chosen": _("Calendar invitations switched on or off"),
        "registration.withdrawal_undone": _("Withdrawal undone"),
        "registration.rejection_undone": _("Rejection undone"),
        "registration.reunited": _("Ended: the registration before it counts again"),
        "registration.waiting": _("Joined the waiting list"),
        "registration.place_offered": _("Place offered"),
        "registration.promoted": _("Given a place from the waiting list"),
        "registration.left_waiting_list": _("Left the waiting list"),
        "registration.presence_noted": _("Presence written down"),
        "registration.offer_ended": _("Offer ended without an answer"),
        "registration.called": _("Called"),
        "registration.call_taken_back": _("Note of a call taken back"),
        "details.filled": _("Details given for the entrance or a letter"),
        "details.erased": _("Details for the entrance or a letter deleted"),
        "letter.asked": _("Letter of invitation asked for"),
        "registration.erased": _("E-mail address and e-mails erased"),
        "registration.name_erased": _("Name and organisation erased"),
    }

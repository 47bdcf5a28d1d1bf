"""What the desk calls the e-mails of the program and their passages, and what differs between two wordings."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from s3chem_events.core.i18n import gettext as _
from s3chem_events.mailing import wording


def groups() -> dict[str, dict[str, str]]:
    """Return every e-mail that may be reworded, by who reads it, with what it is sent for."""
    return {
        _("To participants: a place"): _places(),
        _("To participants: everything else"): _participants(),
        _("To invited guests, followers and subscribers"): _others(),
        _("To organisers"): _organisers(),
    }


def passages() -> dict[str, str]:
    """Return the names of the passages."""
    return {
        "subject": _("Subject"),
        "greeting": _("Greeting"),
        "opening": _("Opening"),
        "closing": _("Closing words"),
    }


def faults() -> dict[str, str]:
    """Return what can be wrong with a passage, in words."""
    return {
        "long": _("This is too long."),
        "short": _("This is too short to say anything."),
        "line": _("This has to be one line."),
        "placeholder": _("“%(name)s” is no placeholder that can be used here. These can: %(names)s."),
        "link": _("“%(name)s” is an address. Nobody can press it in a subject: put it into the text."),
        "address": _("A placeholder cannot be a piece of an address. Use one that is an address by itself."),
        "image": _("An e-mail holds no images, only the words that describe them. Write those, or a link."),
    }


def steps() -> dict[str, str]:
    """Return what happened to a wording, for its history."""
    return {"wording.saved": _("changed"), "wording.reset": _("original put back")}


def difference(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield `same`, `del` or `ins` with the words that stay, go and come."""
    before, after = _split(old), _split(new)
    for tag, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "same", " ".join(before[a:b])
            continue
        if a < b:
            yield "del", " ".join(before[a:b])
        if c < d:
            yield "ins", " ".join(after[c:d])


def _split(text: str) -> list[str]:
    """Split at spaces of any kind, for a typed line has plain ones alone; the ends of lines are words of their own."""
    return [word for word in wording.SPACES.split(text.replace("\n", " \n ")) if word]


def _places() -> dict[str, str]:
    return {
        "registration.confirmed": _("A registration is confirmed"),
        "registration.pending": _("A registration waits for the organisers’ decision"),
        "registration.approved": _("A registration has been approved"),
        "registration.rejected": _("A registration was not accepted"),
        "registration.waiting": _("All places are taken: the waiting list"),
        "registration.place_offered": _("A place is offered from the waiting list"),
        "registration.promoted": _("Someone has moved up from the waiting list"),
        "registration.offer_ended": _("An offer was not accepted in time"),
        "registration.left_waiting_list": _("Someone has left the waiting list"),
        "registration.withdrawn": _("A registration has been withdrawn"),
        "registration.restored": _("A withdrawal has been undone"),
        "registration.declined_by_calendar": _("A calendar has declined for someone"),
        "registration.handed_over": _("A place has been handed over: to whoever gave it"),
        "registration.taken_over": _("A place has been handed over: to whoever got it"),
    }


def _participants() -> dict[str, str]:
    return {
        "event.changed": _("An event has changed"),
        "event.reminded": _("Reminder before the event"),
        "event.asked_again": _("Someone is asked again whether they still come"),
        "details.due": _("Details for the entrance are missing"),
        "letter.asked": _("A letter of invitation is being written for someone"),
        "registration.changed": _("A registration has been changed"),
        "registration.part_given_up": _("Someone gives one part up and keeps the rest"),
        "registration.mode_changed": _("Someone takes part in another way"),
        "registration.address_changed": _("Another address: to the new one"),
        "registration.address_left": _("Another address: to the former one"),
        "registration.address_corrected": _("The confirmation again, to a corrected address"),
        "registration.confirmation_requested": _("The confirmation again, at the desk’s request"),
        "registration.link_requested": _("Someone asks for the links to their registrations"),
        "registration.code_requested": _("Someone asks for a code"),
        "delegation.registered": _("A delegation has been registered"),
    }


def _others() -> dict[str, str]:
    return {
        "invitation.sent": _("A guest is invited"),
        "invitation.reminded": _("A guest is reminded"),
        "follower.asked": _("A follower of an event is asked to confirm"),
        "follower.told": _("News of an event for its followers"),
        "subscriber.asked": _("A subscriber of the newsletter is asked to confirm"),
        "subscriber.link_requested": _("Someone is on the newsletter’s list already"),
    }


def _organisers() -> dict[str, str]:
    return {
        "organiser.invited": _("A new organiser is invited"),
        "organiser.link_requested": _("An organiser asks for a sign-in link"),
        "access.asked": _("A participant’s need waits for an answer"),
        "event.disowned": _("A registration was removed by the owner of its address"),
        "arrival.came": _("Someone has written to us"),
    }

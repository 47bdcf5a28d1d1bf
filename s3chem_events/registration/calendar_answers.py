"""What guests' calendars answer, and what follows: a place given back with 48 hours to undo it, a flag, or nothing.

An answer counts for one registration: by the tag in the organizer's address that its invitation carried, else by the
guest's own address where DKIM proves it. Whatever is not certain is left to a person.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from s3chem_events.calendar import itip
from s3chem_events.calendar.itip import Answer, PartStat
from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import CALENDAR, Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import confirming
from s3chem_events.mailing.addresses import digest, mailbox_digest
from s3chem_events.mailing.kinds import CalendarReply
from s3chem_events.mailing.verdicts import Verdict, done, for_a_person, ignored
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Part
from s3chem_events.registration import (
    actions,
    cancelled_parts,
    crowds,
    history,
    in_calendars,
    links,
    moving_up,
    queries,
    turns,
    undone,
    versions,
    ways_back,
)
from s3chem_events.registration.capacity import HOLDING, UNSCHEDULED, Said, Standing
from s3chem_events.registration.models import Participation, Registration

UNDO = timedelta(hours=48)
"""Outlook's "delete and send answer" declines by accident, and so do delegates."""
AHEAD = timedelta(days=1)
"""A clock may be as fast as that, or in another zone; what is written still later would outrank all that follows."""
SAID_BEFORE = "said_before"
MOST = 5
"""So many people of one mailbox are looked at for the one who may have answered."""
Bound = tuple[Registration, Participation]


@frozen
class Answered:
    """What a calendar answers, read before the transaction in which it is done; nothing where it cannot be read."""

    reply: CalendarReply
    answers: tuple[Answer, ...]

    @property
    def tag(self) -> links.AnswerTag | None:
        """Our tag: in the addresses that the e-mail was sent to, or in the organizer that it names."""
        addresses = (*self.reply.recipients, *(answer.organizer for answer in self.answers))
        return next(filter(None, map(links.answer_tag, addresses)), None)


def read(reply: CalendarReply) -> Answered:
    """Read what a calendar answers."""
    try:
        return Answered(reply, itip.answers(reply.calendar, charset=reply.charset))
    except itip.NotAnAnswer:
        return Answered(reply, ())


def calendar_reply(arrived: Answered, *, proven: bool) -> Verdict:
    """Do what a calendar answers; `proven` says that its sender's domain stands for the e-mail."""
    reply, tag = arrived.reply, arrived.tag
    if not arrived.answers:
        return for_a_person("unreadable_answer")
    verdicts = []
    for answer in arrived.answers:
        bound = _by_tag(tag, answer, reply) if tag else _by_address(answer, reply, proven=proven)
        verdict = bound if isinstance(bound, Verdict) else record_answer(*bound, answer, automatic=reply.automatic)
        if not isinstance(bound, Verdict) and not reply.automatic:  # the tag stands in our e-mails alone
            confirming.confirm(bound[0].email, by=CALENDAR)
        # Words are for a person, whatever became of the answer that they came with.
        is_read = verdict.needs_a_person or not answer.comment or verdict.reason == SAID_BEFORE
        verdicts.append(verdict if is_read else for_a_person("wrote_besides"))
    # An e-mail that answers several invitations needs a person if one of its answers does.
    return next((verdict for verdict in verdicts if verdict.needs_a_person), verdicts[0])


def record_answer(
    registration: Registration, participation: Participation, answer: Answer, *, automatic: bool
) -> Verdict:
    """Write down what a guest says to one part of a locked event; said twice, or of an older date, it changes nothing.

    RFC 5546 2.1.5: what has the higher SEQUENCE and then the later DTSTAMP holds. One that was never sent is made up;
    who waits, or is not decided about, was sent none: she answers the public file, or what was called off since.
    The stamps are compared as they are written: a clock that is fast is so for all that it stamps.
    """
    moment = now()
    stamp = answer.stamped_at or moment
    newest, highest = in_calendars.sequences(registration, answer.uid)
    if answer.sequence > highest or participation.standing in UNSCHEDULED:
        return for_a_person("another_event")
    if stamp > moment + AHEAD:
        return for_a_person("wrong_clock")
    if answer.sequence < newest:
        return ignored("old_invitation")
    last = participation.answer_dtstamp
    is_older = last is not None and (answer.sequence, stamp) <= (participation.answer_sequence, last)
    if is_older or turns.is_overtaken(participation, stamp):
        return ignored(SAID_BEFORE)
    verdict = _follow(registration, participation, answer, automatic=automatic)
    if not verdict.needs_a_person:
        participation.answer_sequence, participation.answer_dtstamp = answer.sequence, stamp
    return verdict


def restore(registration: Registration, *, part_key: str, by: Actor) -> bool:
    """Give a place back that was declined in the calendar. Restoring again changes nothing: False.

    Raises:
        ways_back.TooLate, ways_back.InvitationUsed, actions.NotOpen, actions.AlreadyRegistered, capacity.Full.

    """
    participation = next((p for p in registration.participations if p.part.key == part_key), None)
    if participation is None:
        raise ways_back.TooLate
    if participation.standing in HOLDING:
        return False
    if not may_undo(registration, participation):
        raise ways_back.TooLate
    part = participation.part
    mode = part.mode_of(participation.mode)
    is_off = part.cancelled or registration.event.state in {State.CANCELLED, State.OVER}
    if is_off or mode not in part.capacities:
        raise actions.NotOpen
    before = moving_up.before_if_free(registration.event, [(part, mode)])
    there = {one.id for one in registration.event.parts if ways_back.is_open_to(registration, one)}
    off = {number: was for number, was in cancelled_parts.stood(registration).items() if number in there}
    ways_back.come_back(registration)
    cancelled_parts.put_back(registration, off)
    participation.standing, participation.answer = Standing.CONFIRMED, Said.NOTHING
    participation.decided_at = registration.changed_at = now()
    versions.rise(registration, [participation])
    crowds.tell_the_page(registration.event, before)
    undone.stop_notices(registration, [participation], by=by)
    journal.record("registration.restored", registration.id, by=by, event=registration.event_id, part=part.id)
    return True


def may_undo(registration: Registration, participation: Participation) -> bool:
    """Whether the place was declined in the calendar, not long ago, and nobody has withdrawn the rest since then."""
    declined = [p for p in registration.participations if p.answer is Said.DECLINED]
    by_calendar = registration.withdrawn_at in {None, *(p.decided_at for p in declined)}
    return (
        participation.standing is Standing.WITHDRAWN
        and participation in declined
        and by_calendar
        and now() < undo_until(participation)
        and not _is_over(registration, participation)
        and ways_back.is_open_to(registration, participation.part)
    )


def _is_over(registration: Registration, participation: Participation) -> bool:
    """Whether there is nothing to come to: the part has ended, or the event was cancelled and said so itself."""
    return publishing.part_ends_at(participation.part) <= now() or registration.event.state is State.CANCELLED


def undo_until(participation: Participation) -> datetime:
    """Return until when a declined place can be taken back."""
    return participation.decided_at + UNDO


def _follow(registration: Registration, participation: Participation, answer: Answer, *, automatic: bool) -> Verdict:
    says = answer.says
    if _is_over(registration, participation):
        return ignored("over")
    holds = participation.standing in HOLDING and not participation.part.cancelled
    if says is PartStat.DECLINED and not holds:
        return ignored("not_coming")
    writes = says is PartStat.DECLINED or not holds
    if writes and automatic:  # an e-mail would follow, to which the machine replies again (RFC 3834 2)
        return for_a_person("answers_itself")
    if says is PartStat.DECLINED:
        return _decline(registration, participation, answer)
    if not holds and (why := _not_taken_back(registration, participation, says)):
        return for_a_person(why)
    participation.answer = Said(says)
    if says is PartStat.ACCEPTED:  # who accepts a new date has answered whether she still comes
        registration.coming, registration.coming_at = True, now()
    event, part = registration.event_id, participation.part_id
    fact = journal.record("registration.answered", registration.id, by=CALENDAR, event=event, part=part, answer=says)
    history.write(registration, fact, (), comment=answer.comment)
    return done(says)


def _not_taken_back(registration: Registration, participation: Participation, says: PartStat) -> str:
    """Give a declined place back, once, to who accepts after all; else return why a person has to see to it."""
    if says is not PartStat.ACCEPTED or not may_undo(registration, participation):
        return "comes_again"
    if turns.was_taken_back(participation):
        return "to_and_fro"
    try:
        restore(registration, part_key=participation.part.key, by=CALENDAR)
    except Refused:
        return "comes_again"
    return ""


def _decline(registration: Registration, participation: Participation, answer: Answer) -> Verdict:
    """Take a person off one part; the place is free at once. Who has nothing ahead has withdrawn."""
    before, moment = crowds.of(registration.event_id), now()
    participation.standing, participation.answer = Standing.WITHDRAWN, Said.DECLINED
    participation.decided_at = registration.changed_at = moment
    kept: dict[str, Any] = {}
    if not actions.may_withdraw(registration):
        kept = cancelled_parts.kept({p: p.standing for p in registration.participations})
        actions.end(registration, moment)
    versions.rise(registration, [participation])
    event, part = registration.event_id, participation.part_id
    fact = journal.record(
        "registration.declined_by_calendar", registration.id, by=CALENDAR, event=event, part=part, **kept
    )
    history.write(registration, fact, (), comment=answer.comment)
    moving_up.pass_on(registration.event, before)
    return done(PartStat.DECLINED)


def _by_tag(tag: links.AnswerTag, answer: Answer, reply: CalendarReply) -> Bound | Verdict:
    """Find whom our own tag names. Who was sent on an invitation answers to it, too: that is somebody else's answer.

    Both the guest that answers and the sender of the e-mail count, as far as they are named.
    """
    registration = queries.registration_by_id(tag.registration_id, lock=True)
    if registration is None or not links.is_sealed(tag, registration.link_version):
        return for_a_person("unknown_tag")
    participation = next((p for p in registration.participations if p.part_id == tag.part_id), None)
    if participation is None or answer.uid not in in_calendars.uids(registration, participation.part):
        return for_a_person("another_event")
    named = {mailbox_digest(address) for address in (answer.attendee, reply.sender) if address}
    if named != {mailbox_digest(registration.email)}:
        return for_a_person("another_guest")
    return registration, participation


def _by_address(answer: Answer, reply: CalendarReply, *, proven: bool) -> Bound | Verdict:
    """Find who has the address that answers, where it is proven to be theirs."""
    attendee = answer.attendee or reply.sender
    if not proven or digest(attendee) != digest(reply.sender):
        return for_a_person("not_proven")
    query = select(Participation.registration_id, Part.uid, Part.former_uids).join(Registration)
    query = query.join(Part, Part.id == Participation.part_id)
    rows = db.session.execute(query.where(Registration.address_digest == digest(attendee)))
    ids = sorted({number for number, uid, former in rows if answer.uid in {uid, *(one for _last, one in former)}})
    if len(ids) > MOST:
        return for_a_person("several_people")
    there = [one for one in (queries.registration_by_id(number, lock=True) for number in ids) if one is not None]
    found = [(one, p) for one in there for p in one.participations if answer.uid in in_calendars.uids(one, p.part)]
    if len(found) != 1:  # two people of one mailbox, or somebody who withdrew and came back
        return for_a_person("several_people" if found else "unknown_guest")
    return found[0]

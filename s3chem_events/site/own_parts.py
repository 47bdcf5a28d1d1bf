"""One part by the own link: added to what somebody is registered for, or given up alone; GET asks, POST does."""

from typing import Self

from flask import abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import filing
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.publishing import lines
from s3chem_events.publishing.lifecycle import Visibility
from s3chem_events.publishing.models import Part
from s3chem_events.registration import adding, file_fields, giving_up, own_questions, places
from s3chem_events.registration.capacity import Full, Standing
from s3chem_events.registration.links import PARTS
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import Asked, Given
from s3chem_events.site import more_parts
from s3chem_events.site.events_seen import part_place
from s3chem_events.site.forms import PressForm
from s3chem_events.site.frame import translated
from s3chem_events.site.own import own, pressed, registration_of, too_many
from s3chem_events.site.own_actions import CHANGE


class PartForm(PressForm):
    """What is asked of those who come to a part; `of()` adds the questions."""

    lang: str
    questions: tuple[Asked, ...]
    seen_versions: dict[str, int]
    answers: tuple[Given, ...] = ()

    @classmethod
    def of(cls, asked: tuple[Asked, ...], lang: str) -> Self:
        """Make the form with these questions."""
        form: Self = type("PartFormOfEvent", (cls,), own_questions.fields(asked, lang))()
        form.lang, form.questions, form.seen_versions = lang, asked, own_questions.remember(form, asked)
        return form

    def validate(self, extra_validators: object = None) -> bool:
        """Check each field, then the answers; files of a form that is not whole are put aside."""
        good = super().validate(extra_validators)
        self.answers = own_questions.answers(self, self.questions, parts=(), seen=self.seen_versions, lang=self.lang)
        if self.errors and file_fields.has_new(self.answers):
            with transaction():
                file_fields.put_aside(self, self.answers)
        return good and not self.errors


@own.route(f"/<lang>/registrations/<token>/{PARTS}/<key>", methods=["GET", "POST"])
@filing
def part(lang: str, token: str, key: str) -> BaseResponse:
    """Show what a part is, and how one can take part (GET); add it, or wait for it (POST)."""
    registration = registration_of(lang, token)
    wanted = _part(registration, key)
    form = PartForm.of(adding.questions_of(registration, wanted), lang)
    press = pressed(lang, token, lambda found: _add(found, key, form), form=form)
    registration = press.registration
    standings = {one.part.key: one.standing for one in registration.participations}
    if press.done or standings.get(key) in places.INTERESTED:
        return redirect(f"{press.here}?done={CHANGE}" if press.done else press.here, 303)
    event, addable = registration.event, adding.addable(registration)
    there = {one: modes for one, modes in addable.items() if one.key == key}
    days, hours = lines.when(event, wanted, lang)
    return press.page(
        "site/own/part.html",
        f"{PARTS}/{key}",
        title=translated(event.title, lang),
        part=translated(wanted.title, lang),
        days=days,
        hours=hours,
        place=part_place(event, wanted, lang),
        decided=wanted.approval,
        is_open=bool(there),
        buttons=more_parts.buttons(adding.ways(event, there).get(key, {}), lang),
        groups=own_questions.groups(form, form.questions, event, lang),
        refused=_refused(press.refusal),
    )


@own.route(f"/<lang>/registrations/<token>/{PARTS}/<key>/withdrawal", methods=["GET", "POST"])
def part_withdrawal(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and give one part up (POST); a second press changes nothing. The last one is the whole registration."""
    press = pressed(lang, token, lambda found: giving_up.give_up(found, part_key=key, by=PARTICIPANT))
    registration = press.registration
    held = next((one for one in registration.participations if one.part.key == key), None) or abort(404)
    if press.done or held.standing is Standing.WITHDRAWN:
        return redirect(f"{press.here}?done={CHANGE}" if press.done else press.here, 303)
    may = giving_up.may_give_up(registration, held)
    if not may and places.parts_ahead(registration) == [held.part]:
        return redirect(f"{press.here}/withdrawal", 303)
    days, hours = lines.when(registration.event, held.part, lang)
    return press.page(
        "site/own/part_withdrawal.html",
        f"{PARTS}/{key}/withdrawal",
        title=translated(registration.event.title, lang),
        part=translated(held.part.title, lang),
        days=days,
        hours=hours,
        may=may,
        is_sure=held.standing is Standing.CONFIRMED,
        is_limited=places.are_limited([(held.part, held.part.mode_of(held.mode))]),
        invitations=registration.invitations and not registration.via_contact,
        refused=_("This can no longer be changed here. Nothing has changed.") if press.refusal else "",
    )


def _part(registration: Registration, key: str) -> Part:
    """Return a part that is hers, or may be; of a closed one nobody but its guests hears."""
    theirs = {one.part_id for one in registration.participations}
    found = (one for one in registration.event.parts if one.key == key)
    return next((one for one in found if one.id in theirs or one.visibility is Visibility.PUBLIC), None) or abort(404)


def _add(registration: Registration, key: str, form: PartForm) -> None:
    how = more_parts.pressed(request.form.get("how", "")) or abort(422)
    if form.questions:
        limits.spend(limits.REGISTRATIONS, "details", limits.network())  # each may bring files
    mode, may_wait = how
    adding.add(registration, part_key=key, mode=mode, may_wait=may_wait, given=form.answers, by=PARTICIPANT)


def _refused(refusal: Refused | None) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, Full):
        return _("All places have been taken in the meantime. Nothing has changed.")
    if isinstance(refusal, limits.TooMany):
        return too_many()
    return _("This can no longer be changed here. Nothing has changed.")

"""What a participant changes by the own link: whether she comes, how she takes part, whether invitations come along.

GET asks, POST does; a second press changes nothing.
"""

from flask import abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import i18n
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.publishing import lines
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import adding, capacity, coming, inquiries, modes, places, returning
from s3chem_events.registration.adding import Way
from s3chem_events.registration.links import INVITATIONS, RESTORATION
from s3chem_events.registration.models import Registration
from s3chem_events.site import own_view
from s3chem_events.site.frame import translated
from s3chem_events.site.own import own, pressed


@own.route("/<lang>/registrations/<token>/answer/<any(yes, no):said>", methods=["GET", "POST"])
def answer(lang: str, token: str, said: str) -> BaseResponse:
    """Ask (GET) and keep (POST) whether somebody still comes after a change; no withdraws."""
    comes, path = said == "yes", f"answer/{said}"
    press = pressed(lang, token, lambda found: coming.answer(found, comes=comes, by=PARTICIPANT))
    registration = press.registration
    if press.done:
        return redirect(press.here, 303)
    inquiry = inquiries.current(registration.event)
    until = inquiry.keeps_until(registration.event.zone) if inquiry else None
    return press.page(
        "site/own/answer.html",
        path,
        event=own_view.seen_by(registration, lang),
        comes=comes,
        may_answer=coming.may_answer(registration),
        is_limited=modes.is_limited(registration),
        said=inquiries.said(registration, inquiry) if inquiry else None,
        until=i18n.short_range(until, until, lang) if until else "",
        is_withdrawn=registration.withdrawn_at is not None,
        is_off=registration.event.state is State.CANCELLED,
        undo_url=f"{press.here}/{RESTORATION}" if returning.may_take_back(registration) else "",
        other_url=f"{press.here}/answer/{'no' if comes else 'yes'}",
    )


@own.route("/<lang>/registrations/<token>/mode/<key>", methods=["GET", "POST"])
def mode(lang: str, token: str, key: str) -> BaseResponse:
    """Ask (GET) and change (POST) how somebody takes part in one part, where there is a place."""
    asked = request.form.get("mode", "")
    wanted = Mode(asked) if asked in set(Mode) else None
    if request.method == "POST" and wanted is None:
        abort(422)
    press = pressed(lang, token, lambda found: _change(found, key, wanted))
    registration = press.registration
    held = next((p for p in registration.participations if p.part.key == key), None) or abort(404)
    if press.done or held.standing in places.OVER:
        return redirect(press.here, 303)
    part, other = held.part, modes.other_mode(registration, held)
    days, hours = lines.when(registration.event, part, lang)
    return press.page(
        "site/own/mode.html",
        f"mode/{key}",
        title=translated(registration.event.title, lang),
        part=translated(part.title, lang),
        days=days,
        hours=hours,
        now=mode_words(lang)[part.mode_of(held.mode)],
        other=other,
        label=own_view.change_label(other),
        waits=held.standing in capacity.IN_LINE,
        decided=part.approval,
        is_limited=places.are_limited([(part, part.mode_of(held.mode))]),
        is_full=other is not None
        and Way.FREE not in adding.ways(registration.event, {part: [other]})[part.key].values(),
        refused=_refused(press.refusal),
    )


@own.route(f"/<lang>/registrations/<token>/{INVITATIONS}", methods=["GET", "POST"])
def invitations(lang: str, token: str) -> BaseResponse:
    """Ask (GET) and keep (POST) whether e-mails carry calendar invitations."""
    asked = request.form.get("wanted", "")
    if request.method == "POST" and asked not in {"yes", "no"}:
        abort(422)
    press = pressed(lang, token, lambda found: modes.choose_invitations(found, wanted=asked == "yes", by=PARTICIPANT))
    registration = press.registration
    if press.done or registration.via_contact:
        return redirect(f"{press.here}#calendar", 303)
    return press.page(
        "site/own/invitations.html",
        INVITATIONS,
        event=own_view.seen_by(registration, lang),
        wanted=registration.invitations,
    )


def _change(registration: Registration, key: str, wanted: Mode | None) -> object:
    return wanted and modes.change_mode(registration, part_key=key, mode=wanted, by=PARTICIPANT)


def _refused(refusal: Refused | None) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, capacity.Full):
        return _("All places have been taken in the meantime. Nothing has changed.")
    return _("This can no longer be changed here. Nothing has changed.")

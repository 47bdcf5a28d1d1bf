"""What a campaign shows between its texts, whom it is for, and when it is to leave."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput

from s3chem_events.campaigns import releases, sending, topics
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.releases import Stale
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS, Audience, WrongStage
from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import words
from s3chem_events.desk.campaign_texts import content_of
from s3chem_events.desk.campaigns import changes, header, the_campaign
from s3chem_events.desk.fields import HOURS, ZONES, clock_words, faulty, options, say, sensible
from s3chem_events.desk.frame import DESK_ZONE, allowed, by, desk, own_events_only
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import times
from s3chem_events.publishing.lifecycle import LISTED, Mode
from s3chem_events.publishing.models import Event
from s3chem_events.registration.capacity import Standing

CHOICES = ("topics", "languages", "parts", "modes", "standings")
WRITTEN_TO = (Standing.CONFIRMED, Standing.PENDING, Standing.WAITING, Standing.OFFERED, Standing.WITHDRAWN)
LONGEST_ORDER = 20


def _several(label: str) -> SelectMultipleField:
    return SelectMultipleField(label, option_widget=CheckboxInput())


class ContentForm(FlaskForm):
    """Readers, time, and the pieces; which choices there are is told by `of`."""

    topics = _several(_l("Topics"))
    parts = _several(_l("Parts"))
    modes = _several(_l("How they take part"))
    standings = _several(_l("Status"))
    coming = SelectField(_l("Do they still come?"))
    presence = SelectField(_l("Were they there?"))
    languages = _several(_l("Languages of the readers"))
    on = DateField(_l("Not before this day"), [Optional(), sensible])
    at = TimeField(_l("Hour"), [Optional()], format=HOURS)
    zone = SelectField(_l("Time zone"), choices=list(ZONES), default=DESK_ZONE)
    add = SelectField(_l("Add an event or a piece of news"))
    version = HiddenField()

    @classmethod
    def of(cls, found: Campaign, event: Event | None) -> "ContentForm":
        """Return the form of a campaign, filled with what it has."""
        wanted, wish = Audience.read(found.audience), found.wanted_at
        zone = event.zone if event is not None and event.zone in ZONES else DESK_ZONE
        local = wish.astimezone(ZoneInfo(zone)) if wish else None
        kept = {name: list(getattr(wanted, name)) for name in CHOICES}
        form = cls(
            data={
                **kept,
                "coming": wanted.coming,
                "presence": wanted.presence,
                "on": local.date() if local else None,
                "at": local.time() if local else None,
                "zone": zone,
                "version": str(found.version),
            }
        )
        form.offer(found, event)
        return form

    def offer(self, found: Campaign, event: Event | None) -> None:
        """Say what there is to choose from; what does not concern such a campaign is taken out of the form."""
        language = i18n.language()
        self.languages.choices = options(LANGUAGES)
        self.topics.choices = options(topics.labels(language))
        if found.kind in TO_SUBSCRIBERS:
            for name in ("parts", "modes", "standings", "coming", "presence"):
                del self[name]
        elif event is not None:
            del self.topics
            modes, answers = words.modes(), {"": _("All"), "yes": _("Yes"), "no": _("No"), "silent": _("Unknown")}
            self.parts.choices = options({part.key: part.title.within(language) for part in event.parts})
            self.modes.choices = options({mode: modes[mode] for mode in Mode})
            self.standings.choices = options({one: words.standings()[one] for one in WRITTEN_TO})
            self.coming.choices = options(answers)
            self.presence.choices = options(answers | {"absent": _("No or unknown")})
        self.add.choices = options({"": "–", **_pieces(language, own=own_events_only())})

    def audience(self) -> Audience:
        """Return whom it is for."""
        values: dict[str, Any] = {name: tuple(self[name].data or ()) for name in CHOICES if name in self}
        values |= {name: self[name].data or "" for name in ("coming", "presence") if name in self}
        return Audience(**values)

    def wanted_at(self) -> datetime | None:
        """Return the moment that was chosen; what is missing or does not exist is said at its field."""
        if self.on.data is None:
            if self.at.data is not None:
                say(self.on, _("Choose the day, too."))
            return None
        if self.at.data is None:
            say(self.at, _("Choose the hour, too."))
            return None
        local = datetime.combine(self.on.data, self.at.data)
        try:
            return times.moment(local, self.zone.data)
        except (times.HourSkipped, times.HourTwice) as fault:
            say(self.at, clock_words(fault.code, local, self.zone.data))
            return None


@desk.route("/newsletter/campaigns/<int:campaign_id>/content", methods=["GET", "POST"])
@allowed("campaigns.edit")
def campaign_content(campaign_id: int) -> ResponseReturnValue:
    """Choose readers, pieces and time; each button saves all of it."""
    found = the_campaign(campaign_id)
    event = publishing.event_by_id(found.event_id) if found.event_id else None
    form = ContentForm.of(found, event)
    status, refusal = (422 if form.is_submitted() else 200), ""
    if form.validate_on_submit():
        wanted_at = form.wanted_at()
        if not faulty(form):
            try:
                _save(campaign_id, form, wanted_at)
            except (Stale, WrongStage):
                status, refusal = 409, _("It has been changed or released in the meantime. Look at it once more.")
            else:
                flash(_("Saved."), "good")
                return redirect(_onward(campaign_id, request.form.get("do", "save")), 303)
    found = the_campaign(campaign_id)
    page = render_template(
        "desk/newsletter/campaign_content.html",
        **header(found),
        **changes(found),
        form=form,
        faulty=faulty(form),
        refusal=refusal,
        pieces=[_pieces(i18n.language()).get(_key(block), "–") for block in found.blocks],
    )
    return page, status


def _onward(campaign_id: int, order: str) -> str:
    """Return where it goes on after a press: at the piece that was moved, at the pieces, or with the campaign."""
    if order == "save":
        return url_for("desk.campaign", campaign_id=campaign_id)
    what, _dash, number = order.partition("-")
    if what in {"up", "down"} and number.isdecimal():
        place = int(number) + (-1 if what == "up" else 1)
        return url_for("desk.campaign_content", campaign_id=campaign_id, at=place, to=what)
    return url_for("desk.campaign_content", campaign_id=campaign_id, _anchor="pieces")


def _save(campaign_id: int, form: ContentForm, wanted_at: datetime | None) -> None:
    with transaction():
        found = sending.campaign_by_id(campaign_id, lock=True) or abort(404)
        arranged = _arranged(list(found.blocks), request.form.get("do", "")[:LONGEST_ORDER], form.add.data)
        content = content_of(found, audience=form.audience(), wanted_at=wanted_at, blocks=arranged)
        version = int(form.version.data) if form.version.data.isdecimal() else 0
        releases.save(found, content, version=version, by=by(), seen=request.form.get("seen", ""))


def _arranged(there: list[dict[str, Any]], order: str, add: str) -> list[dict[str, Any]]:
    """Return the pieces after a press: one moved up or down, one taken out, and one added at the end."""
    what, _dash, number = order.partition("-")
    place = int(number) if number.isdecimal() else -1
    if what in {"up", "down", "remove"} and 0 <= place < len(there):
        piece = there.pop(place)
        if what != "remove":
            there.insert(max(place + (-1 if what == "up" else 1), 0), piece)
    kind, _colon, chosen = (add or "").partition(":")
    if kind and chosen.isdecimal() and {"kind": kind, "id": int(chosen)} not in there:
        there.append({"kind": kind, "id": int(chosen)})
    return there


def _pieces(language: str, *, own: Collection[int] | None = None) -> dict[str, str]:
    """Return what can stand in a newsletter, the events first, as a reader knows it; `own`: none but these events."""
    listed = [one for one in publishing.all_events() if one.state in LISTED and (own is None or one.id in own)]
    events = {f"event:{one.id}": one.title.within(language) for one in listed}
    news = {f"news:{item.id}": item.title.within(language) for item in publishing.news(latest=50)}
    kinds = {"event": _("Event: %(title)s"), "news": _("News: %(title)s")}
    return {key: kinds[key.partition(":")[0]] % {"title": title} for key, title in {**events, **news}.items()}


def _key(block: dict[str, Any]) -> str:
    return f"{block['kind']}:{block['id']}"

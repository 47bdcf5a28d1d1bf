"""Campaigns at the desk: the list, a new one, and the page of one: where it stands, the checklist, what can be done."""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField

from s3chem_events import bulk
from s3chem_events.accounts import queries as accounts
from s3chem_events.campaigns import blocks, looking, progress, releases, sending, topics
from s3chem_events.campaigns.blocks import Loaded
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.releases import EventChanged, NotReady, SecondLook, Stale
from s3chem_events.campaigns.stages import OF_ONE_EVENT, TO_SUBSCRIBERS, Audience, Kind, Stage
from s3chem_events.campaigns.subjects import subjects
from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import campaign_words, outbox
from s3chem_events.desk.campaign_checks import checklist
from s3chem_events.desk.fields import faulty, options, say
from s3chem_events.desk.frame import allowed, by, desk, may, me, page_number
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event

Step = Callable[[Campaign], object]


class NewCampaignForm(FlaskForm):
    """What it is to be, and about which event."""

    kind = RadioField(_l("What is it?"), default=Kind.NEWSLETTER.value)
    event = SelectField(_l("Event"), default="")


@desk.route("/newsletter/campaigns/")
@allowed("campaigns.list")
def campaigns() -> ResponseReturnValue:
    """List campaigns, the newest first."""
    page, kinds = page_number(), _kinds()
    found = progress.campaigns(kinds, page=page)
    return render_template(
        "desk/newsletter/campaigns.html",
        section="newsletter",
        campaigns=found,
        subjects=subjects(found, i18n.language()),
        progress=progress.progresses(found),
        kinds=campaign_words.kinds(),
        stages=campaign_words.stages(),
        page=page,
        pages=max(-(-progress.campaign_count(kinds) // progress.PAGE), 1),
    )


@desk.route("/newsletter/campaigns/new", methods=["GET", "POST"])
@allowed("campaigns.list")
def campaign_new() -> ResponseReturnValue:
    """Begin a campaign."""
    form = NewCampaignForm()
    form.kind.choices = options({kind: campaign_words.kinds()[kind] for kind in _kinds()})
    events = [event for event in publishing.all_events() if event.state in LISTED]
    coming = [event for event in events if blocks.is_to_come(event)]
    events = [*reversed(coming), *(event for event in events if event not in coming)]
    language = i18n.language()
    form.event.choices = options({"": "–", **{event.slug: event.title.within(language) for event in events}})
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        kind = Kind(form.kind.data)
        if kind in OF_ONE_EVENT and not form.event.data:
            say(form.event, _("Choose the event."))
        elif kind is Kind.INVITATION and form.event.data not in {event.slug for event in coming}:
            say(form.event, _("This event is over or does not take place: nobody is invited to it."))
        else:
            return redirect(url_for("desk.campaign_text", campaign_id=_begun(kind, form.event.data), language=language))
    page = render_template(
        "desk/newsletter/campaign_new.html",
        section="newsletter",
        form=form,
        faulty=faulty(form),
        explained=campaign_words.explained(),
    )
    return page, status


@desk.route("/newsletter/campaigns/<int:campaign_id>")
@allowed("campaigns.see")
def campaign(campaign_id: int) -> ResponseReturnValue:
    """Show where a campaign stands and what can be done."""
    found = the_campaign(campaign_id)
    loaded = looking.load(found)
    is_open = found.stage in releases.OPEN
    return render_template(
        "desk/newsletter/campaign.html",
        **header(found),
        checklist=checklist(found) if is_open or found.stage is Stage.RELEASED else None,
        is_open=is_open,
        asked_by_me=found.released_by == str(by()),
        blocks=loaded.written(found.blocks, i18n.language(), ""),
        **changes(found, loaded),
        whys=campaign_words.whys(),
        states=outbox.states(),
        history=_history(progress.history(found.id)),
        steps=campaign_words.steps(),
        pauses=campaign_words.pauses(),
    )


@desk.route("/newsletter/campaigns/<int:campaign_id>/review", methods=["POST"])
@allowed("campaigns.edit")
def campaign_review(campaign_id: int) -> ResponseReturnValue:
    """Ask for a second look."""
    said = _("A second organiser can now look at it and release it.")
    return _step(campaign_id, lambda one: releases.ask_for_a_second_look(one, by=by()), said)


@desk.route("/newsletter/campaigns/<int:campaign_id>/release", methods=["POST"])
@allowed("campaigns.release")
def campaign_release(campaign_id: int) -> ResponseReturnValue:
    """Release a campaign; it can be taken back until it begins."""
    version = request.form.get("version", 0, type=int)
    said = _("Released. Nothing leaves for ten minutes at least; until then you can take it back.")
    return _step(campaign_id, lambda one: releases.release(one, version=version, by=by()), said)


@desk.route("/newsletter/campaigns/<int:campaign_id>/taking-back", methods=["POST"])
@allowed("campaigns.edit")
def campaign_taking_back(campaign_id: int) -> ResponseReturnValue:
    """Make a campaign a draft again."""
    return _step(
        campaign_id, lambda one: releases.take_back(one, by=by()), _("Taken back. Nobody has received anything.")
    )


@desk.route("/newsletter/campaigns/<int:campaign_id>/pause", methods=["POST"])
@allowed("campaigns.edit")
def campaign_pause(campaign_id: int) -> ResponseReturnValue:
    """Hold what has not left."""
    return _step(campaign_id, lambda one: releases.pause(one, by=by()), _("Paused. What has not left waits."))


@desk.route("/newsletter/campaigns/<int:campaign_id>/resumption", methods=["POST"])
@allowed("campaigns.release")
def campaign_resumption(campaign_id: int) -> ResponseReturnValue:
    """Let a campaign go on where it was held."""
    the_campaign(campaign_id)
    bulk.take_back_stale(campaign_id)  # in short steps; the press itself takes back what is left
    seen = request.form.get("seen", "")
    return _step(campaign_id, lambda one: releases.resume(one, seen=seen, by=by()), _("It goes on."))


@desk.route("/newsletter/campaigns/<int:campaign_id>/cancellation", methods=["GET", "POST"])
@allowed("campaigns.edit")
def campaign_cancellation(campaign_id: int) -> ResponseReturnValue:
    """Ask (GET) and stop (POST) a campaign for good."""
    if request.method == "GET":
        found = the_campaign(campaign_id)
        return render_template("desk/newsletter/campaign_stop.html", **header(found))
    return _step(campaign_id, lambda one: releases.cancel(one, by=by()), _("Stopped for good."))


@desk.route("/newsletter/campaigns/<int:campaign_id>/retry", methods=["POST"])
@allowed("campaigns.release")
def campaign_retry(campaign_id: int) -> ResponseReturnValue:
    """Try again what failed."""
    said = _("The failed e-mails are tried again.")
    return _step(campaign_id, lambda one: releases.send_to_the_failed(one, by=by()), said)


@desk.route("/newsletter/campaigns/<int:campaign_id>/test", methods=["POST"])
@allowed("campaigns.edit")
def campaign_test(campaign_id: int) -> ResponseReturnValue:
    """Send the campaign to the organiser who asks."""
    language = request.form.get("language", "")
    said = _("A test is on its way to %(address)s.", address=me().email)
    return _step(campaign_id, lambda one: releases.test(one, language=language, by=by()), said)


def the_campaign(campaign_id: int) -> Campaign:
    """Return a campaign that the organiser may see (the desk's guard has looked), or answer 404."""
    return sending.campaign_by_id(campaign_id) or abort(404)


def header(found: Campaign) -> dict[str, object]:
    """Return what the head of each page of a campaign shows."""
    event = publishing.event_by_id(found.event_id) if found.event_id else None
    return {
        "section": "newsletter" if may("campaigns.list") else "events",
        "campaign": found,
        "progress": progress.progress(found),
        "title": subjects([found], i18n.language())[found.id].text,
        "event": event,
        "kinds": campaign_words.kinds(),
        "stages": campaign_words.stages(),
        "languages": LANGUAGES,
        "to_subscribers": found.kind in TO_SUBSCRIBERS,
    }


def changes(found: Campaign, loaded: Loaded | None = None) -> dict[str, object]:
    """Return what a page shows of pieces that are not any more what was looked at, and what its forms say was shown."""
    loaded, may_change = loaded or looking.load(found), found.stage in releases.OPEN | {Stage.PAUSED}
    changed = blocks.changed(found.seen, loaded) if may_change else []
    return {
        "changed": [blocks.in_words(piece, i18n.language(), "") for piece in changed],
        "is_hidden": may_change and looking.is_hidden(found, loaded),
        "seen": looking.shown(loaded),
    }


def _step(campaign_id: int, step: Step, said: str) -> ResponseReturnValue:
    the_campaign(campaign_id)
    try:
        with transaction():
            found = sending.campaign_by_id(campaign_id, lock=True) or abort(404)
            step(found)
    except Refused as refusal:
        flash(_sentence(refusal), "bad")
    else:
        flash(said, "good")
    return redirect(url_for("desk.campaign", campaign_id=campaign_id), 303)


def _sentence(refusal: Refused) -> str:
    ready = {
        "text": _("A language needs both a subject and a text."),
        "readers": _("Nobody would receive it."),
        "event": _("Its event is hidden or gone."),
        "addresses": _("Nothing is tried again: nothing is sent to these addresses any more."),
    }
    if isinstance(refusal, NotReady):
        return ready.get(str(refusal), ready["text"])
    said = {
        Stale.code: _("Someone else has changed it in the meantime. Look at it once more."),
        SecondLook.code: _("So many readers want a second organiser’s eyes: a colleague has to release it."),
        EventChanged.code: _(
            "An event or a piece of news in it has changed. Look at it once more, then save or let it go on."
        ),
    }
    return said.get(refusal.code, _("It does not stand where this can be done any more."))


def _begun(kind: Kind, slug: str) -> int:
    with transaction():
        event = publishing.event_by_slug(slug) if kind in OF_ONE_EVENT else None
        wanted = Audience(topics=_topics(event)) if kind in TO_SUBSCRIBERS else Audience()
        return releases.create(kind, event=event, audience=wanted, by=by()).id


def _topics(event: Event | None) -> tuple[str, ...]:
    return topics.of_event(region=event.region, kind=event.kind) if event is not None else topics.USUAL


def _kinds() -> list[Kind]:
    """Return what the organiser writes: participants are not for who has to do with readers alone."""
    return [kind for kind in Kind if kind in TO_SUBSCRIBERS or may("participants.write")]


def _history(facts: list[Fact]) -> list[tuple[Fact, str]]:
    """Return what happened with the name of who did it; empty for the clock."""
    names = {str(one.id): one.name or one.email for one in accounts.organisers()}
    return [(fact, names.get(fact.by.partition(":")[2], "")) for fact in facts]

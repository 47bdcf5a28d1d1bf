"""The first page of the desk: what comes next, how it stands, and what needs a hand."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.campaigns import progress
from s3chem_events.campaigns.subjects import subjects
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import Said
from s3chem_events.core.values import frozen
from s3chem_events.desk import call_lists, holding, outage, outbox, overview, words
from s3chem_events.desk.frame import allowed, arrivals_seen, by, desk, may, me, own_events_only, writes_to
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing import received
from s3chem_events.mailing.letters import State as MailState
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event, runs_of
from s3chem_events.publishing.site_texts import NOTICES, PROJECT
from s3chem_events.registration import answering, approval, crowds
from s3chem_events.registration import queries as registration
from s3chem_events.registration.crowds import Crowd, Crowds

SHOWN = 6
LATELY = (timedelta(days=1), timedelta(days=7))


@frozen
class Places:
    """One part in one mode: who is there, and for how many there are places."""

    title: str
    there: Crowd
    capacity: int | None


@frozen
class Coming:
    """An event that is still to come."""

    slug: str
    title: Said
    days: tuple[str, str]
    state: tuple[str, str]
    places: list[Places]
    off: list[str]


@frozen
class Hand:
    """Something that needs a hand: a sentence, how badly, and where to go."""

    text: str
    kind: str
    url: str
    link: str


@desk.route("/")
@allowed("dashboard.see")
def home() -> ResponseReturnValue:
    """Show the overview."""
    own = own_events_only()
    seen = [event for event in publishing.all_events() if own is None or event.id in own]
    coming = sorted(publishing.coming(reversed(seen)), key=_is_off)[:SHOWN]  # what is called off does not come next
    there = crowds.of_events(event.id for event in coming)
    ids = {event.id for event in seen}
    return render_template(
        "desk/home.html",
        section="home",
        coming=[_coming(event, there) for event in coming],
        has_no_events=own is not None and not own,
        hands=list(_hands(seen)),
        held=holding.held_of(seen) if may("event.edit") else [],
        lately=[
            sum(n for event_id, n in registration.registered_since(now() - ago).items() if event_id in ids)
            for ago in LATELY
        ],
    )


def _is_off(event: Event) -> bool:
    return all(overview.is_off(event, part) for part in event.parts)


def _coming(event: Event, there: Crowds) -> Coming:
    language, modes = i18n.language(), words.modes()
    live = event.live_parts
    places = [
        Places(f"{part.title.within(language)}, {modes[mode]}", there.get((part.id, mode), crowds.NOBODY), capacity)
        for part in event.parts
        if not overview.is_off(event, part)
        for mode, capacity in part.capacities.items()
    ]
    off = [part.title.within(language) for part in event.parts if overview.is_off(event, part)]
    days = i18n.figures_of(runs_of(live), language)
    state = (words.states()[event.state], words.chips().get(event.state, ""))
    return Coming(event.slug, event.title.said(language), days, state, places, off)


def _hands(seen: Sequence[Event]) -> Iterator[Hand]:
    if may("outbox.see"):
        yield from _mail_hands()
    if may("arrivals.see") and (came := received.waiting_count(among=arrivals_seen())):
        text = _("E-mails that came in wait for a person (%(count)s).", count=came)
        yield Hand(text, "changed", url_for("desk.arrivals"), _("Read them"))
    yield from _people_hands(seen)
    if may("campaigns.release"):
        yield from _second_looks()
    if may("organisers.manage"):
        yield from _setup_hands()
    if not me().tf_primary_method and not me().webauthn:
        text = _("Your account has no second step yet. A stolen password would be enough to get in.")
        yield Hand(text, "calm", url_for("desk.account"), _("Protect the account"))


def _people_hands(seen: Sequence[Event]) -> Iterator[Hand]:
    titles = {event.slug: event.title.within(i18n.language()) for event in seen}
    if may("participants.edit"):
        for slug, count in approval.undecided(own_events_only()):
            text = _("Registrations wait for your decision (%(count)s).", count=count)
            to_list = url_for("desk.participants_list", slug=slug, state="pending")
            yield Hand(f"{titles[slug]} · {text}", "changed", to_list, _("Decide"))
        for slug, count in call_lists.open_at(seen).items():
            text = _("People without an e-mail address have to be called (%(count)s).", count=count)
            to_calls = url_for("desk.event", slug=slug, _anchor="calls")
            yield Hand(f"{titles[slug]} · {text}", "changed", to_calls, _("Call them"))
    if may("needs.see"):
        for slug, count in answering.open_requests(own_events_only()).items():
            text = _("Access needs wait for an answer (%(count)s).", count=count)
            to_needs = url_for("desk.access_needs", slug=slug)
            yield Hand(f"{titles[slug]} · {text}", "changed", to_needs, _("Answer them"))


def _mail_hands() -> Iterator[Hand]:
    counts = mailing.counts()
    if said := outage.sentences():
        yield Hand(" ".join(said), "bad", url_for("desk.outbox"), _("See what is waiting"))
    if unwritten := mailing.unwritten():
        text = _("Some changes could not be turned into e-mails (%(count)s).", count=len(unwritten))
        yield Hand(text, "bad", url_for("desk.outbox"), _("See why"))
    if failed := mailing.email_count(outbox.open_ones(MailState.FAILED)):
        text = _("Some e-mails could not be delivered (%(count)s).", count=failed)
        yield Hand(text, "bad", url_for("desk.outbox", state=MailState.FAILED, open="yes"), _("See why"))
    if bounced := mailing.email_count(outbox.open_ones(MailState.BOUNCED)):
        text = _("Some e-mails came back undelivered (%(count)s).", count=bounced)
        yield Hand(text, "changed", url_for("desk.outbox", state=MailState.BOUNCED, open="yes"), _("See why"))
    if uncertain := counts.get(MailState.UNKNOWN, 0):
        text = _("Some e-mails may or may not have arrived (%(count)s).", count=uncertain)
        yield Hand(text, "changed", url_for("desk.outbox", state=MailState.UNKNOWN), _("Decide"))
    if held := mailing.held_count():
        text = _("E-mails are held back (%(count)s): too many for one address, or in one hour.", count=held)
        yield Hand(text, "changed", url_for("desk.outbox", state=MailState.DEFERRED), _("See what is waiting"))
    if late := mailing.late_count():
        text = _("Some e-mails have been waiting for more than a day (%(count)s).", count=late)
        yield Hand(text, "changed", url_for("desk.outbox", state=MailState.DEFERRED), _("See why"))


def _second_looks() -> Iterator[Hand]:
    found = progress.in_review()
    titles = subjects(found, i18n.language())
    for campaign in found:
        if writes_to(campaign) and campaign.released_by != str(by()):
            text = _("“%(title)s” waits for a second organiser’s eyes.", title=titles[campaign.id].text)
            yield Hand(text, "changed", url_for("desk.campaign", campaign_id=campaign.id), _("Look at it"))


def _setup_hands() -> Iterator[Hand]:
    if settings().mail is None:
        text = _("No mail server is set up: nobody receives e-mails. All of them are kept in the mailbox.")
        yield Hand(text, "changed", url_for("desk.mailbox"), _("Open the mailbox"))
    project = publishing.document(PROJECT)
    if project is not None and not project.data.get("funding", {}).get("approved"):
        text = _("The funding statement needs approval: it appears on every page, e-mail and calendar entry.")
        to_project = url_for("desk.site_text", text=PROJECT, language=i18n.language())
        yield Hand(text, "changed", to_project, _("Read it, and say that it is approved"))
    waiting = [key for key in NOTICES if (page := publishing.document(key)) and page.data.get("to_be_approved")]
    if waiting:
        text = _("Texts of the site are waiting for approval (%(count)s).", count=len(waiting))
        yield Hand(text, "changed", url_for("desk.site_texts_list"), _("Read them"))

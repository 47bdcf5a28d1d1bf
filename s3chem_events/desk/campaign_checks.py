"""The checklist before a release: what would go out, to whom, in which words, and what stands in the way."""

from datetime import datetime

from flask import url_for
from flask_babel import ngettext

from s3chem_events.campaigns import blocks, looking, readers, texts
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.stages import SECOND_LOOK_FROM, TO_SUBSCRIBERS, Kind
from s3chem_events.campaigns.writing import Writer
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import LANGUAGES
from s3chem_events.core.values import frozen
from s3chem_events.desk import campaign_links, campaign_words
from s3chem_events.desk.frame import desk_time, may
from s3chem_events.mailing import render
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.letterhead import letterhead_of

GOOD, LOOK, BAD = "good", "look", "bad"
NAMED = 50
"""So many of those who are left out are named before the release; once it has begun, each is among the readers."""
KILO = 1000
HEAVIEST = 102_000
"""Bytes of HTML past which Gmail cuts a message off."""


@frozen
class Check:
    """One line of the checklist; what is `bad` stands in the way, at the rest somebody should look.

    `people`: whom it is about, each with the reason. `door`: the page where it is put right, and what it is called.
    """

    how: str
    words: str
    addresses: tuple[str, ...] = ()
    people: tuple[tuple[str, str], ...] = ()
    door: tuple[str, str] = ("", "")


@frozen
class Checklist:
    """All of it, with the counts that it rests on."""

    checks: list[Check]
    counts: dict[str, int]
    needs_second_look: bool

    @property
    def is_good(self) -> bool:
        """Whether nothing stands in the way."""
        return all(check.how != BAD for check in self.checks)


def checklist(campaign: Campaign) -> Checklist:
    """Look at a campaign as it would go out now."""
    counts = dict(readers.counts(campaign))
    total = sum(counts.values())
    checks = [*_texts(campaign, counts), *_readers(campaign, total), *_events(campaign)]
    checks += [*_links(campaign), *_letters(campaign)]
    if campaign.wanted_at is not None:
        checks.append(_hour(campaign.wanted_at))
    needs = total > SECOND_LOOK_FROM
    if needs:
        checks.append(
            Check(LOOK, _("More than %(number)s readers: a second organiser releases it.", number=SECOND_LOOK_FROM))
        )
    return Checklist(checks, counts, needs)


def _hour(wanted_at: datetime) -> Check:
    if wanted_at < now():
        return Check(LOOK, _("The chosen hour has passed: it would begin ten minutes after its release."))
    return Check(GOOD, _("It begins on %(moment)s.", moment=desk_time(wanted_at)))


def _texts(campaign: Campaign, counts: dict[str, int]) -> list[Check]:
    written = campaign.languages
    if not written:
        return [Check(BAD, _("No language has both a subject and a text."))]
    checks = [Check(GOOD, _("Written in %(languages)s.", languages=", ".join(_called(one) for one in written)))]
    checks += [Check(LOOK, said) for said in _halves(campaign)]
    for told, others in texts.fall_backs(counts, written).items():
        said = ", ".join(f"{_called(language)} {number}" for language, number in others.items())
        checks.append(Check(LOOK, _("%(others)s → %(language)s", others=said, language=_called(told))))
    return checks


def _halves(campaign: Campaign) -> list[str]:
    """Say in which languages a piece is missing, so that nobody gets the campaign in them."""
    without_text = [language for language in campaign.subject if language not in campaign.intro]
    without_subject = [language for language in campaign.intro if language not in campaign.subject]
    return [
        *(_("%(language)s has a subject and no text.", language=_called(one)) for one in without_text),
        *(_("%(language)s has a text and no subject.", language=_called(one)) for one in without_subject),
    ]


def _readers(campaign: Campaign, total: int) -> list[Check]:
    if not total:
        url = url_for("desk.campaign_content", campaign_id=campaign.id) if may("campaigns.edit") else ""
        nobody = Check(BAD, _("Nobody would receive it."), door=(url, _("Events, readers, time")))
        return [nobody, *_left_out(campaign), *_presence(campaign)]
    checks = [Check(GOOD, ngettext("%(num)s reader.", "%(num)s readers.", total)), *_presence(campaign)]
    return checks + _left_out(campaign)


def _left_out(campaign: Campaign) -> list[Check]:
    count, people = readers.left_out(campaign, most=NAMED)
    if not count:
        return []
    whys = campaign_words.whys_not()
    words = ngettext("%(num)s person is left out:", "%(num)s people are left out:", count)
    return [Check(LOOK, words, people=tuple((name, whys[why]) for name, why in people))]


def _presence(campaign: Campaign) -> list[Check]:
    unnoted, event = readers.unnoted(campaign), publishing.event_by_id(campaign.event_id or 0)
    if not unnoted or event is None:
        return []
    words = ngettext(
        "It is not written down whether %(num)s person was there.",
        "It is not written down whether %(num)s people were there.",
        unnoted,
    )
    url = url_for("desk.event_presence", slug=event.slug) if may("presence.edit") else ""
    return [Check(LOOK, words, door=(url, _("Presence")))]


def _events(campaign: Campaign) -> list[Check]:
    loaded, lang = looking.load(campaign), i18n.language()
    said = _("“%(title)s” has changed since this was saved. Look at the preview, then save once more.")
    changed = blocks.changed(campaign.seen, loaded)
    checks = [Check(BAD, said % {"title": piece.title.within(lang)}) for piece in changed]
    if looking.is_hidden(campaign, loaded):
        words = _("An event or a piece of news in it is not public any more: nothing of it would be shown.")
        checks.append(Check(BAD, words))
    own = loaded.events.get(campaign.event_id or 0)
    if campaign.kind is Kind.ANNOUNCEMENT and own is not None and not publishing.is_past(own):
        checks.append(Check(LOOK, _("It is written as after the event, and the event is still to come.")))
    if campaign.kind is Kind.INVITATION and own is not None and not blocks.is_to_come(own):
        checks.append(Check(LOOK, _("It invites to an event that is over or does not take place.")))
    return checks


def _links(campaign: Campaign) -> list[Check]:
    """Look at what the texts link to."""
    found, checks = campaign_links.looked_at(campaign), list[Check]()
    if found.lost:
        words = ngettext("%(num)s link opens no page:", "%(num)s links open no page:", len(found.lost))
        checks.append(Check(BAD, words, tuple(found.lost)))
    elif found.ours:
        words = ngettext("%(num)s link to this site opens.", "%(num)s links to this site open.", found.ours)
        checks.append(Check(GOOD, words))
    if found.short:
        words = ngettext(
            "%(num)s link names no site: write the address in full, with https://.",
            "%(num)s links name no site: write their addresses in full, with https://.",
            len(found.short),
        )
        checks.append(Check(BAD, words, tuple(found.short)))
    if found.elsewhere:
        words = ngettext(
            "%(num)s link leads elsewhere: look at it.",
            "%(num)s links lead elsewhere: look at them.",
            len(found.elsewhere),
        )
        checks.append(Check(LOOK, words, tuple(found.elsewhere)))
    if found.bare:
        words = ngettext(
            "%(num)s link is not encrypted (http:).", "%(num)s links are not encrypted (http:).", len(found.bare)
        )
        checks.append(Check(LOOK, words, tuple(found.bare)))
    if campaign_links.waits_for_a_report(campaign, blocks.load((), event_id=campaign.event_id)):
        checks.append(Check(LOOK, _("The text speaks of a report or material, and the event has none yet.")))
    return checks


def _letters(campaign: Campaign) -> list[Check]:
    """Look at the e-mails themselves, one in each language."""
    writer, checks, sizes = Writer(campaign, letterhead_of(settings())), list[Check](), list[str]()
    for language in campaign.languages:
        shared = writer.shared(language)
        draft = writer.sample(shared)
        size = len(render.written(draft, writer.letterhead, at=now()).html.encode())
        if size > HEAVIEST:
            words = _("%(language)s: too heavy, mail programs would cut it off.", language=_called(language))
            checks.append(Check(BAD, words))
        else:
            sizes.append(f"{_called(language)} {max(round(size / KILO), 1)} kB")
    if sizes:
        checks.append(Check(GOOD, _("Size: %(sizes)s (mail programs cut off above 102 kB).", sizes=", ".join(sizes))))
    if campaign.kind in TO_SUBSCRIBERS:
        checks.append(Check(GOOD, _("Each e-mail carries a way out by one click, and the name of its list.")))
    return checks


def _called(language: str) -> str:
    return i18n.language_name(language, i18n.language()) if language in LANGUAGES else language

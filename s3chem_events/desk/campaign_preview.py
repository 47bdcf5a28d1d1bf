"""A campaign as its readers will see it, and each reader with what became of her e-mail."""

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.campaigns import audience, progress, readers
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS
from s3chem_events.campaigns.writing import Reader, Writer
from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.desk import campaign_words, masking, outbox
from s3chem_events.desk.campaigns import header, the_campaign
from s3chem_events.desk.frame import allowed, desk, page_number
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Letter, State
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.registration import queries as registrations


@desk.route("/newsletter/campaigns/<int:campaign_id>/preview/<language>")
@allowed("campaigns.see")
def campaign_preview(campaign_id: int, language: str) -> ResponseReturnValue:
    """Show the e-mail in one language, to nobody in particular or to one of its readers; her links lead nowhere."""
    found = the_campaign(campaign_id)
    letter = _letter(found, language)
    people = _people(found, readers.sample(found, told=language))
    page = render_template(
        "desk/newsletter/campaign_preview.html",
        **header(found),
        letter=letter,
        language=language,
        people=[(one.id, one.email, one.language) for one in people.values()],
        chosen=_chosen(),
        body_url=url_for("desk.campaign_body", campaign_id=campaign_id, language=language, reader=_chosen() or None),
    )
    return outbox.with_frame(page)


@desk.route("/newsletter/campaigns/<int:campaign_id>/preview/<language>/body")
@allowed("campaigns.see")
def campaign_body(campaign_id: int, language: str) -> Response:
    """Return the HTML of the e-mail, for the frame in which it is shown."""
    return outbox.sandboxed(outbox.with_emblem(_letter(the_campaign(campaign_id), language).html))


@desk.route("/newsletter/campaigns/<int:campaign_id>/readers")
@allowed("campaigns.see")
def campaign_readers(campaign_id: int) -> ResponseReturnValue:
    """List the readers of a campaign that has begun, and where each e-mail stands."""
    found = the_campaign(campaign_id)
    states = {str(key): words for key, words in outbox.states().items()} | campaign_words.reader_states()
    state = request.args.get("state", "")
    state = state if state in states else ""
    page, count = page_number(), progress.reader_count(found, state=state)
    return render_template(
        "desk/newsletter/campaign_readers.html",
        **header(found),
        rows=progress.reader_rows(found, state=state, page=page),
        states=states,
        whys=campaign_words.whys_not(),
        state=state,
        is_failed=state == State.FAILED,
        count=count,
        page=page,
        pages=max(-(-count // progress.PAGE), 1),
    )


def _letter(found: Campaign, language: str) -> Letter:
    if language not in found.languages:
        abort(404)
    writer = Writer(found, letterhead_of(settings()))
    shared, number = writer.shared(language), _chosen()
    person = _people(found, [number]).get(number)
    draft = writer.sample(shared) if person is None else writer.draft_in(shared, person, fact_id=0)
    return masking.looked_at(render.written(draft, writer.letterhead, at=now()))


def _people(found: Campaign, numbers: list[int]) -> dict[int, Reader]:
    if found.kind in TO_SUBSCRIBERS:
        return dict[int, Reader](audience.subscribers_by_ids(numbers))
    people = registrations.people_by_ids(numbers)
    return {number: one for number, one in people.items() if one.event_id == found.event_id and one.email}


def _chosen() -> int:
    asked = request.args.get("reader", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else 0  # noqa: PLR2004 - an INTEGER

"""The texts of a campaign, one language at a time, beside those that they are translated from."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from s3chem_events.campaigns import releases, sending, texts
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.releases import Content, Stale
from s3chem_events.campaigns.stages import Audience, WrongStage
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import DEFAULT, LANGUAGES, Text
from s3chem_events.desk import campaign_words
from s3chem_events.desk.campaigns import changes, header, the_campaign
from s3chem_events.desk.fields import clean, faulty, say, spoken
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.texts import tidy

TEXTS = ("subject", "intro", "closing")


class CampaignTextForm(FlaskForm):
    """A subject, what stands before the live pieces, and what stands after them."""

    subject = StringField(_l("Subject"), [Length(max=texts.LONGEST_SUBJECT)], filters=[clean])
    intro = TextAreaField(_l("Text"), [Length(max=texts.LONGEST_TEXT)], filters=[tidy])
    closing = TextAreaField(_l("Text after the events and news"), [Length(max=texts.LONGEST_TEXT)], filters=[tidy])
    version = HiddenField()


@desk.route("/newsletter/campaigns/<int:campaign_id>/texts/<language>", methods=["GET", "POST"])
@allowed("campaigns.edit")
def campaign_text(campaign_id: int, language: str) -> ResponseReturnValue:
    """Write a campaign in one language."""
    if language not in LANGUAGES:
        abort(404)
    found = the_campaign(campaign_id)
    kept = {name: getattr(found, name).get(language, "") for name in TEXTS}
    form = CampaignTextForm(data={**kept, "version": str(found.version)})
    status = 422 if form.is_submitted() else 200
    refusal = ""
    if form.validate_on_submit() and _is_sound(form, language, found):
        try:
            _save(campaign_id, form, language)
        except Stale:
            status, refusal = (
                409,
                _("Someone else has saved meanwhile. Compare with their text, then save again."),
            )
            form.version.data = str(the_campaign(campaign_id).version)
            form.version.raw_data = None
        except WrongStage:
            status, refusal = 409, _("It has been released: take it back before you change it.")
        else:
            flash(_("Saved."), "good")
            return redirect(url_for("desk.campaign_text", campaign_id=campaign_id, language=language), 303)
    found = the_campaign(campaign_id)  # read anew: a refusal has rolled back
    page = render_template(
        "desk/newsletter/campaign_text.html",
        **header(found),
        **changes(found),
        form=form,
        faulty=faulty(form),
        refusal=refusal,
        theirs={name: getattr(found, name).get(language, "") for name in TEXTS} if refusal else {},
        language=language,
        source=_source(found, language),
        placeholders=texts.names(found.kind, with_event=found.event_id is not None),
    )
    return page, status


def content_of(found: Campaign, **changes: object) -> Content:
    """Return what a campaign holds, with some of it changed."""
    values: dict[str, object] = {
        "subject": found.subject,
        "intro": found.intro,
        "closing": found.closing,
        "blocks": found.blocks,
        "audience": Audience.read(found.audience),
        "wanted_at": found.wanted_at,
    }
    return Content(**{**values, **changes})  # type: ignore[arg-type]


def _save(campaign_id: int, form: CampaignTextForm, language: str) -> None:
    with transaction():
        found = sending.campaign_by_id(campaign_id, lock=True) or abort(404)
        said = {name: spoken(getattr(found, name), language, form[name].data) for name in TEXTS}
        version = int(form.version.data) if form.version.data.isdecimal() else 0
        releases.save(found, content_of(found, **said), version=version, by=by(), seen=request.form.get("seen", ""))


def _is_sound(form: CampaignTextForm, language: str, found: Campaign) -> bool:
    """Whether all three texts can be sent as they are; what is wrong is said at its field."""
    allowed = texts.names(found.kind, with_event=found.event_id is not None)
    names = ", ".join(f"{{{{{name}}}}}" for name in allowed)
    for name in TEXTS:
        for fault in texts.faults(texts.Passage(name, language, form[name].data or ""), allowed):
            what = fault.partition(": ")
            say(form[name], campaign_words.faults()[what[0]] % {"name": what[2], "names": names})
    return not form.errors


def _source(found: Campaign, language: str) -> tuple[str, dict[str, str]] | None:
    """Return the language that a translator reads, and its texts; None for the first one that is written."""
    others = [one for one in (DEFAULT, *found.subject) if one != language and one in found.subject]
    if not others:
        return None
    texts_there: dict[str, Text] = {name: getattr(found, name) for name in TEXTS}
    return others[0], {name: text.get(others[0], "") for name, text in texts_there.items()}

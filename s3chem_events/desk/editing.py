"""The editor of an event's facts and parts."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.core import i18n
from s3chem_events.desk import life, previewing, saving
from s3chem_events.desk.event_forms import EventForm, main_language
from s3chem_events.desk.events import answered, header, the_event
from s3chem_events.desk.fields import faulty
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.desk.life import Step


@desk.route("/events/<slug>/edit", methods=["GET", "POST"])
@allowed("event.edit")
def edit_event(slug: str) -> ResponseReturnValue:
    """Change the facts and parts of an event."""
    edited = saving.edited(EventForm.of, the_event(slug))
    if edited.answer.pending:
        return previewing.page(slug, edited.answer.pending)
    if edited.is_saved:
        return redirect(url_for("desk.event", slug=edited.answer.slug), 303)
    found = the_event(slug)  # read anew: a refusal has rolled back
    is_instead = edited.answer.is_cancelled_instead and life.may_take(Step.CANCELLATION, found)
    page = render_template(
        "desk/events/edit.html",
        **header(found),
        form=edited.form,
        faulty=faulty(edited.form),
        **answered(edited.answer),
        instead=life.words(found)[Step.CANCELLATION].name if is_instead else "",
        focus=edited.focus,
        main_language=i18n.language_name(main_language(edited.facts), i18n.language()),
    )
    return page, edited.answer.status

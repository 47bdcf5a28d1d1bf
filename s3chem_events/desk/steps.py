"""The steps of an event's life at the desk: announced, moved, postponed, gone online, cancelled, over.

Each is a page of its own with a short form; what it changes is previewed and told as any change is (desk.deciding).
"""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.core import i18n
from s3chem_events.desk import life, previewing, saving, step_forms
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.events import answered, header, the_event
from s3chem_events.desk.fields import faulty
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.desk.life import Step

FORMS: dict[Step, type[step_forms.StepForm]] = {
    Step.ANNOUNCEMENT: step_forms.AnnouncementForm,
    Step.RESCHEDULING: step_forms.ReschedulingForm,
    Step.MODE: step_forms.ModeForm,
    Step.POSTPONEMENT: step_forms.PostponementForm,
    Step.CANCELLATION: step_forms.CancellationForm,
    Step.REVIVAL: step_forms.RevivalForm,
    Step.CLOSING: step_forms.ClosingForm,
}


@desk.route("/events/<slug>/announcement", methods=["GET", "POST"])
@allowed("event.edit")
def event_announcement(slug: str) -> ResponseReturnValue:
    """Publish or announce an event."""
    return _taken(slug, Step.ANNOUNCEMENT)


@desk.route("/events/<slug>/rescheduling", methods=["GET", "POST"])
@allowed("event.edit")
def event_rescheduling(slug: str) -> ResponseReturnValue:
    """Move an event to other days or hours."""
    return _taken(slug, Step.RESCHEDULING)


@desk.route("/events/<slug>/mode", methods=["GET", "POST"])
@allowed("event.edit")
def event_mode(slug: str) -> ResponseReturnValue:
    """Move parts online or on site."""
    return _taken(slug, Step.MODE)


@desk.route("/events/<slug>/postponement", methods=["GET", "POST"])
@allowed("event.edit")
def event_postponement(slug: str) -> ResponseReturnValue:
    """Take an event off its day, without a new one."""
    return _taken(slug, Step.POSTPONEMENT)


@desk.route("/events/<slug>/cancellation", methods=["GET", "POST"])
@allowed("event.edit")
def event_cancellation(slug: str) -> ResponseReturnValue:
    """Call off an event or a part of it."""
    return _taken(slug, Step.CANCELLATION)


@desk.route("/events/<slug>/revival", methods=["GET", "POST"])
@allowed("event.edit")
def event_revival(slug: str) -> ResponseReturnValue:
    """Let a part take place after all."""
    return _taken(slug, Step.REVIVAL)


@desk.route("/events/<slug>/closing", methods=["GET", "POST"])
@allowed("event.edit")
def event_closing(slug: str) -> ResponseReturnValue:
    """End an event with its report and material."""
    return _taken(slug, Step.CLOSING)


def _taken(slug: str, step: Step) -> ResponseReturnValue:
    """Show the form of a step, or take it."""
    found = the_event(slug)
    if not life.may_take(step, found):
        page = render_template(
            "desk/events/step.html", **header(found), step=step, words=life.words(found)[step], form=None
        )
        return page, 409 if request.method == "POST" else 200
    edited = saving.edited(FORMS[step].of, found)
    if edited.answer.pending:
        return previewing.page(slug, edited.answer.pending)
    if edited.is_saved:
        return redirect(url_for("desk.event", slug=edited.answer.slug), 303)
    found = the_event(slug)  # read anew: a refusal has rolled back
    language = i18n.language()
    page = render_template(
        "desk/events/step.html",
        **header(found),
        **answered(edited.answer),
        step=step,
        words=life.words(found)[step],
        form=edited.form,
        faulty=faulty(edited.form),
        titles={part.key: part.title.within(language) for part in found.parts},
        days={part.key: i18n.long_date(part.starts_on, part.ends_on, language) for part in found.parts},
        main_language=i18n.language_name(main_language(edited.facts), language),
    )
    return page, edited.answer.status

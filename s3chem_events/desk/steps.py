"""The steps of an event's life at the desk: announced, moved, postponed, gone online, cancelled, over.

Each is a page of its own with a short form; what it changes is previewed and told as any change is (desk.deciding).
"""

from collections.abc import Callable

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
        focus=edited.focus,
        step=step,
        words=life.words(found)[step],
        form=edited.form,
        faulty=faulty(edited.form),
        titles={part.key: part.title.within(language) for part in found.parts},
        days={part.key: i18n.long_date(part.starts_on, part.ends_on, language) for part in found.parts},
        main_language=i18n.language_name(main_language(edited.facts), language),
    )
    return page, edited.answer.status


def _view(step: Step) -> Callable[[str], ResponseReturnValue]:
    @allowed("event.edit")
    def taken(slug: str) -> ResponseReturnValue:
        return _taken(slug, step)

    return taken


for each in Step:
    desk.add_url_rule(f"/events/<slug>/{each}", f"event_{each}", _view(each), methods=["GET", "POST"])

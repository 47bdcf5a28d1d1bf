"""Who was there: a list for each part from its day on, three choices for each person, kept by one press."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from s3chem_events.attendance import presence
from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk import searching, words
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk, page_number
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event, Part

LONGEST_SEARCH = 200
SAID = {"yes": True, "no": False, "unknown": None}
PRESENT, SHOWN = "present-", "shown-"
"""A person's choice, and what the page showed: only what was changed is written, so that two helpers never undo
each other's list."""


@desk.route("/events/<slug>/presence", methods=["GET", "POST"])
@allowed("presence.edit")
def event_presence(slug: str) -> ResponseReturnValue:
    """Show a part's people and whether they were there; POST keeps the search."""
    found = the_event(slug)
    if request.method == "POST":
        kept: dict[str, Any] = searching.asked(request.form.get("q", "")[:LONGEST_SEARCH], name="q")
        part = request.form.get("part", "")[:LONGEST_SEARCH]
        return redirect(url_for("desk.event_presence", slug=slug, part=part or None, **kept), 303)
    if searching.is_lost():
        flash(_("This search is no longer known; everyone is shown. Please search again."))
        return redirect(url_for("desk.event_presence", slug=slug, part=request.args.get("part")))
    sought = (request.args.get("q", "") or searching.words())[:LONGEST_SEARCH]
    chosen = _chosen(found)
    is_open = chosen is not None and presence.may_be_noted(chosen)
    language = i18n.language()
    return render_template(
        "desk/participants/presence.html",
        **header(found),
        parts={part.key: part.title.within(language) for part in _parts(found)},
        part=chosen,
        opens="" if chosen is None else i18n.short_range(chosen.starts_on, chosen.starts_on, language),
        is_open=is_open,
        page=presence.page(chosen, words=sought, number=page_number()) if chosen is not None and is_open else None,
        counted=presence.counted(found.id).get(chosen.id, presence.Counted()) if chosen is not None else None,
        words=sought,
        asked=searching.asked(sought, name="q"),
        choices={name: words.presences()[value] for name, value in SAID.items()},
        values={value: name for name, value in SAID.items()},
        modes=words.modes(),
        standings=words.standings(),
    )


@desk.route("/events/<slug>/presence/<part>", methods=["POST"])
@allowed("presence.edit")
def presence_noted(slug: str, part: str) -> ResponseReturnValue:
    """Write down what was changed on a page of the list."""
    said = _said()
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True)
            chosen = next((one for one in event.parts if one.key == part), None) if event else None
            if event is None or chosen is None:
                abort(404)
            number = presence.note(event, chosen, said=said, by=by())
    except presence.TooEarly:
        flash(_("Presence can be written down from the first day of the part on."), "bad")
    else:
        kept = ngettext("Saved for %(num)s person.", "Saved for %(num)s people.", number)
        flash(kept if number else _("Nothing was changed."), "good")
    where: dict[str, Any] = {
        "page": request.args.get("page", type=int),
        searching.NUMBER: request.args.get(searching.NUMBER),
    }
    return redirect(url_for("desk.event_presence", slug=slug, part=part, **where), 303)


def _said() -> dict[str, bool | None]:
    """Return what differs from what the page showed, by reference; what is none of the choices is left out."""
    said: dict[str, bool | None] = {}
    for name, value in request.form.items():
        reference = name.removeprefix(PRESENT)
        if name.startswith(PRESENT) and value in SAID and value != request.form.get(SHOWN + reference):
            said[reference] = SAID[value]
    return dict(list(said.items())[: presence.PAGE])


def _parts(event: Event) -> list[Part]:
    return [part for part in event.parts if not part.cancelled]


def _chosen(event: Event) -> Part | None:
    """Return the part that the address names, else the latest that has begun, else the first."""
    parts = _parts(event)
    named = next((part for part in parts if part.key == request.args.get("part")), None)
    begun = [part for part in parts if presence.may_be_noted(part)]
    return named or next(iter([*reversed(begun), *parts]), None)

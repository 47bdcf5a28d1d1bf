"""Who reads the newsletter, at the desk: the list, its files, one person with her proof and her e-mails."""

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from s3chem_events.attendance import exports
from s3chem_events.campaigns import audience, importing, subscriber_list, subscribing, topics
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscriber_list import COLUMNS, Wanted
from s3chem_events.campaigns.subscriptions import ZONE, Objection, Source, State
from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import downloads, outbox, overview, searching
from s3chem_events.desk.frame import allowed, by, desk, may, page_number
from s3chem_events.mailing import addresses, suppression, undelivered
from s3chem_events.mailing import queries as mailing

LONGEST_SEARCH = 200
UNREACHED = "unreached"
EMAILS = "subscriber."
"""The beginning of the kinds of e-mails that have to do with a subscription."""


@desk.route("/newsletter/subscribers/", endpoint="subscribers", methods=["GET", "POST"])
@allowed("subscribers.see")
def list_subscribers() -> ResponseReturnValue:
    """List who reads the newsletter, found by a piece of the address; POST keeps the search."""
    if request.method == "POST":
        return redirect(url_for("desk.subscribers", **_asked(wanted_of(request.form))), 303)
    if searching.is_lost():
        flash(_("This search is no longer known; everyone is shown. Please search again."))
        return redirect(url_for("desk.subscribers"))
    wanted = wanted_of(request.args)
    page = subscriber_list.page(wanted, number=page_number())
    return render_template(
        "desk/newsletter/subscribers.html",
        section="newsletter",
        page=page,
        objection=_objection(wanted.words) if not page.total else None,
        counts=subscriber_list.counts(),
        unreached=subscriber_list.unreached_count(),
        wanted=wanted,
        asked=_asked(wanted),
        states=states(),
        languages=LANGUAGES,
        topics=topics.labels(i18n.language()),
        batches=importing.undoable(),
    )


@desk.route("/newsletter/subscribers/let-in", methods=["POST"])
@allowed("subscribers.edit")
def subscribers_let_in() -> ResponseReturnValue:
    """Let the form write again to an address whose owner once said that the wish was not theirs."""
    with transaction():
        done = subscribing.let_in(request.form.get("email", "")[:LONGEST_SEARCH], by=by())
    flash(_("The form writes to this address again.") if done else _("Nothing was changed."), "good")
    return redirect(url_for("desk.subscribers"), 303)


@desk.route(f"/newsletter/subscribers.<any({', '.join(exports.TYPES)}):form>")
@allowed("subscribers.export")
def subscribers_export(form: str) -> Response:
    """Give the list as a file; that it was taken is written down."""
    wanted, delimiter = wanted_of(request.args), request.args.get("delimiter", "comma")
    if delimiter not in exports.DELIMITERS or searching.is_lost():
        abort(404)
    names = tuple(_columns()[column] for column in COLUMNS)
    return downloads.file(
        exports.table(form, subscriber_list.rows(wanted), names=names, columns=COLUMNS, delimiter=delimiter),
        f"newsletter-subscribers-{today(ZONE)}.{form}",
        noted="subscribers.exported",
        format=form,
        rows=subscriber_list.count(wanted),
        columns=list(COLUMNS),
        filtered=wanted.filtered,
    )


@desk.route("/newsletter/subscribers/<int:subscriber_id>")
@allowed("subscribers.see")
def subscriber(subscriber_id: int) -> str:
    """Show everything about one subscription: its proof, its history, and the e-mails about it."""
    return _page("subscriber", _found(subscriber_id))


@desk.route("/newsletter/subscribers/<int:subscriber_id>/erasure", methods=["GET", "POST"])
@allowed("subscribers.edit")
def subscriber_erasure(subscriber_id: int) -> ResponseReturnValue:
    """Erase a subscriber but for the digest: GET asks, POST does."""
    if request.method == "GET":
        return _page("erasure", _found(subscriber_id))
    with transaction():
        found = audience.subscriber_by_id(subscriber_id, lock=True)
        if found is not None:
            subscribing.erase(found, by=by())
    flash(_("Erased. No list brings this address back; only its owner can, by subscribing again."), "good")
    return redirect(url_for("desk.subscribers"), 303)


@desk.route("/newsletter/subscribers/<int:subscriber_id>/readmission", methods=["POST"])
@allowed("subscribers.edit")
def subscriber_readmission(subscriber_id: int) -> ResponseReturnValue:
    """Write again to an address whose e-mails came back."""
    with transaction():
        found = audience.subscriber_by_id(subscriber_id, lock=True)
        done = found is not None and subscribing.readmit(found, by=by())
    flash(_("E-mails are sent to this address again.") if done else _("Nothing was changed."), "good")
    return redirect(url_for("desk.subscriber", subscriber_id=subscriber_id), 303)


def wanted_of(args: MultiDict[str, str]) -> Wanted:
    """Return which subscribers an address asks for; a value that is none asks for nothing."""
    state, language, topic = args.get("state", ""), args.get("language", ""), args.get("topic", "")
    return Wanted(
        words=(args.get("q", "") or searching.words())[:LONGEST_SEARCH],
        state=State(state) if state in set(State) else None,
        language=language if language in LANGUAGES else "",
        topic=topic if topic in topics.TOPICS else "",
        unreached=state == UNREACHED,
    )


def states() -> dict[State, tuple[str, str]]:
    """Return the name of each state and the chip that carries it."""
    return {
        State.CONFIRMED: (_("On the list"), "chip-open"),
        State.ASKED: (_("Not confirmed yet"), "chip-save"),
        State.LEFT: (_("Has left"), ""),
    }


def happenings() -> dict[str, str]:
    """Return the facts about a subscription in words."""
    return {
        "subscriber.asked": _("Entered in the form, asked by e-mail"),
        "subscriber.asked_in_vain": _("Entered in the form again, not written to"),
        "subscriber.link_requested": _("Entered in the form again, link to the preferences sent"),
        "subscriber.confirmed": _("Confirmed"),
        "subscriber.changed": _("Language or topics changed"),
        "subscriber.left": _("Left the newsletter"),
        "subscriber.readmitted": _("Written to again"),
    }


def _objection(words: str) -> tuple[str, str] | None:
    """Return why an address that is searched for is not on the list: a code and a sentence."""
    found = suppression.objection(addresses.digest(words.strip())) if "@" in words else None
    if found is None:
        return None
    said = {
        Objection.LEFT: _(
            "This address has left the newsletter. No import brings it back; its owner can subscribe again."
        ),
        Objection.ERASED: _("This address has been erased. No import brings it back; its owner can subscribe again."),
        Objection.COMPLAINED: _(
            "An e-mail to this address was marked as spam, which ends the newsletter. "
            "No import brings it back; its owner can subscribe again."
        ),
        Objection.NOT_ME: _(
            "The owner of this address said that the wish was not theirs: the form writes to it no more."
        ),
    }
    return found[0], said[Objection(found[0])]


def _asked(wanted: Wanted) -> dict[str, Any]:
    """Return the query of an address that asks for the same subscribers."""
    state = UNREACHED if wanted.unreached else wanted.state
    asked = {**searching.asked(wanted.words, name="q"), "state": state}
    asked |= {"language": wanted.language, "topic": wanted.topic}
    return {name: str(value) for name, value in asked.items() if value}


def _columns() -> dict[str, str]:
    return {
        "email": _("E-mail"),
        "language": _("Language"),
        "topics": _("Topics"),
        "state": _("Status"),
        "source": _("Source"),
        "asked_at": _("On the list, or asked, since (UTC)"),
        "confirmed_at": _("Confirmed at (UTC)"),
        "basis": _("Basis"),
        "basis_on": _("Date of the basis"),
    }


def _found(subscriber_id: int) -> Subscriber:
    return audience.subscriber_by_id(subscriber_id) or abort(404)


def _page(view: str, found: Subscriber) -> str:
    labels, history = topics.labels(i18n.language()), subscriber_list.history(found.id)
    brought = importing.import_by_id(found.import_id) if found.import_id else None
    emails = mailing.to_address(found.address_digest, kinds="" if may("outbox.see") else EMAILS)
    return render_template(
        f"desk/newsletter/{view}.html",
        section="newsletter",
        subscriber=found,
        brought=brought,
        is_imported=found.source is Source.IMPORT,
        topics=[labels[topic] for topic in found.topics],
        language_name=LANGUAGES.get(found.language, found.language),
        text_language=LANGUAGES.get(found.text_language, found.text_language),
        state=states()[found.state],
        history=history,
        happenings=happenings(),
        names=overview.names_of([*(one.by for one in history), brought.by if brought else ""]),
        emails=emails,
        email_states=outbox.states(),
        suppression=undelivered.suppression(found.address_digest),
        suppressed_because=outbox.suppressed_because(),
    )

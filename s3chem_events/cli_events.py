"""The operator's commands for events as files (contract: "An event as a file")."""

import json
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import click
from flask import current_app
from flask.cli import with_appcontext

from s3chem_events.core.clock import now
from s3chem_events.core.commands import Commands
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.desk import changes, deciding, holding, saving
from s3chem_events.publishing import actions, files, queries, values
from s3chem_events.publishing.booked import Booked
from s3chem_events.publishing.disclosing import disclosed
from s3chem_events.publishing.facts import EventFacts, check_closing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking, details, gate_hours, questions_as_files
from s3chem_events.registration import queries as registration

REVISION = "revision"
"""The key of a file by which it is noticed that somebody saved since it was written."""
LINKS = click.option("--public-link", is_flag=True, help="Go on although everybody could read a link to join.")


@click.group(cls=Commands)
def event() -> None:
    """Events as files."""


@event.command("add")
@click.argument("file", type=click.File("rb"))
@LINKS
@with_appcontext
def add_event(file: IO[bytes], *, public_link: bool) -> None:
    """Add an event from a JSON FILE ('-' for standard input)."""
    facts, asked, _written = _read(file)  # the revision is that of another event, or of another house
    if not public_link:
        _check_links(None, facts)
    with transaction():
        added = actions.add_event(facts, base_url=settings().base_url, by=OPERATOR)
        _ask(added, asked)
    click.echo(f"Added {facts.slug}: {settings().base_url}/en/events/{facts.slug}")


@event.command("show")
@click.argument("slug")
@with_appcontext
def show_event(slug: str) -> None:
    """Write an event as JSON."""
    found = _there(slug)
    asked = _asked(found)
    data = {"revision": _revision(found, asked), **files.write(values.event_facts(found)), **asked}
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


@event.command("update")
@click.argument("file", type=click.File("rb"))
@click.option("--tell", is_flag=True, help="Tell the registered and the followers, after ten minutes.")
@click.option("--overwrite", is_flag=True, help="Go on although somebody saved the event since the file was written.")
@LINKS
@with_appcontext
def update_event(file: IO[bytes], *, tell: bool, overwrite: bool, public_link: bool) -> None:
    """Change an event to what a JSON FILE says ('-' for standard input), as the desk does.

    What somebody saved since `event show` wrote the FILE is shown, and is not overwritten unless you say so.
    """
    facts, asked, written = _read(file)
    with transaction():
        found = _there(facts.slug, lock=True)
        if not public_link:
            _check_links(values.event_facts(found), facts)
        later = "" if overwrite or not written else _later(found, written)
        seen, held, waiting = found.revision, registration.booked(found.id), queries.untold(found.id)
        _revise(found, facts, held)
        fact = None
        if found.revision != seen and (tell or waiting is not None):  # what is held back is told as it is then
            fact = deciding.announce(found, since=seen, waiting=waiting, by=OPERATOR)
        changed = _ask(found, asked) or found.revision != seen
        now_at, told = _revision(found, _asked(found)), _told(found, fact, waiting) if tell or waiting else ""
        if changed and later:
            raise click.ClickException(later)
    if not changed:
        click.echo("Nothing was changed.")
        return
    click.echo(f"Changed {facts.slug}: {settings().base_url}/en/events/{facts.slug}{told}")
    if written:
        click.echo(f"Its revision is now {now_at}.")
    else:
        click.echo("The file names no revision, so nobody could tell whether it overwrote what others saved.", err=True)


def _revise(event: Event, facts: EventFacts, held: Booked) -> None:
    """Change an event; what is refused without words for operators is said as the desk says it."""
    try:
        actions.revise_event(event, facts, base_url=settings().base_url, by=OPERATOR, booked=held)
    except Refused as refusal:
        if str(refusal) != refusal.code:
            raise
        with current_app.test_request_context("/en/"):  # the desk says it in the language of a page
            raise click.ClickException(saving.sentence(refusal)) from refusal


def _told(event: Event, fact: Fact | None, waiting: Fact | None) -> str:
    """Say who is told of a change, and when; `waiting` is what was held back before it."""
    if fact is not None and fact.due_at is not None:
        if not holding.is_heard(event, fact):
            return " Nobody has anything new to be told."
        if fact.due_at <= now():
            return " Who was told something else meanwhile is told at once."
        held = " What was held back already is told with it." if waiting else ""
        return f" People are told at {fact.due_at:%H:%M} UTC.{held}"
    if waiting is not None and waiting.due_at is not None and not waiting.data.get("called_off"):
        return f" There is nothing new to tell. What was held back already is still told at {waiting.due_at:%H:%M} UTC."
    return " There is nothing to tell."


def _check_links(before: EventFacts | None, after: EventFacts) -> None:
    """Refuse texts that give away a link to join, as the desk asks about them; those that did before may stay."""
    known = {(name, part.key) for name, part in disclosed(before)} if before else set()
    found = [(name, part.key) for name, part in disclosed(after) if (name, part.key) not in known]
    if found:
        said = "".join(f"Everybody could read the link to join {key!r} in {name!r}.\n" for name, key in found)
        raise click.ClickException(f"{said}Nothing was changed. Add --public-link if that is meant.")


def _there(slug: str, *, lock: bool = False) -> Event:
    found = queries.event_by_slug(slug, lock=lock)
    if found is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    return found


def _asked(event: Event) -> dict[str, Any]:
    """Return what an event asks, as it stands in its file."""
    terms = details.terms(event)
    until = terms.until if terms.is_set else None
    return questions_as_files.write_all(asking.asked_at(event.id, when=None), until=until, zone=event.zone)


def _revision(event: Event, asked: dict[str, Any]) -> str:
    """Name what a file was written from: the event's revision, and what it asked, which has none of its own."""
    digest = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return f"{event.revision}-{digest[:12]}"


def _later(event: Event, written: str) -> str:
    """Say what was saved since a file was written, as the desk does; nothing where it is of today."""
    current = _revision(event, _asked(event))
    if written == current:
        return ""
    number, _hyphen, digest = written.partition("-")
    if not number.isdecimal() or not 0 < int(number) <= event.revision:
        raise Invalid(REVISION, "leave it as event show wrote it")
    later = [one for one in reversed(queries.revisions(event.id)) if one.number > int(number)]
    with current_app.test_request_context("/en/"):  # the desk says it in the language of a page
        said = [_line(f"{one.at:%d %b %Y, %H:%M} UTC", *line) for one in later for line in changes.lines(one.changes)]
    if digest != current.partition("-")[2]:
        said.append("what the event asks")
    what = "\n".join(f"  {line}" for line in said)
    return (
        f"{event.slug} was saved since this file was written, and nothing was changed. What is different:\n{what}\n"
        "Write the file anew with event show, or add --overwrite to go on and lose that."
    )


def _line(at: str, what: str, old: str, new: str) -> str:
    """Write one change in a line of plain text."""
    values = " → ".join(filter(None, (old, new)))
    return f"{at}: {what}: {values}" if values else f"{at}: {what}"


def _read(file: IO[bytes]) -> tuple[EventFacts, dict[str, Any], str]:
    """Return an event's file as the event, what it asks (which belongs to the registration), and its revision, if any.

    Whatever is wrong is refused before anything is written.
    """
    data, asked, written = _json(file), dict[str, Any](), ""
    if isinstance(data, dict):
        written = str(data.pop(REVISION, ""))
        asked = {key: data.pop(key) for key in questions_as_files.KEYS if key in data}
        questions_as_files.read(asked.get(questions_as_files.QUESTIONS, []))
    facts = files.read(data)
    check_closing(facts)
    return facts, asked, written


def _ask(event: Event, asked: dict[str, Any]) -> bool:
    """Bring what an event asks to what its file says; what is not named stays."""
    changed = asking.ask(event, questions_as_files.read(asked.get(questions_as_files.QUESTIONS, [])), by=OPERATOR)
    if questions_as_files.UNTIL in asked:
        until = questions_as_files.read_until(asked[questions_as_files.UNTIL], event.zone)
        changed = gate_hours.set_end(event, until, by=OPERATOR) or changed
    return changed


def _json(file: IO[bytes]) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.ClickException(f"{Path(file.name).name}: not JSON ({error})") from error

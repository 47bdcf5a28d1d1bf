"""The operator's commands for events as files (contract: "An event as a file")."""

import json
from pathlib import Path
from typing import IO, Any

import click
from flask.cli import with_appcontext

from s3chem_events.core.commands import Commands
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import actions, files, queries, values
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking, details, questions_as_files
from s3chem_events.registration import queries as registration


@click.group(cls=Commands)
def event() -> None:
    """Events as files."""


@event.command("add")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def add_event(file: IO[bytes]) -> None:
    """Add an event from a JSON FILE ('-' for standard input)."""
    data, asked = _split(_json(file))
    facts = files.read(data)
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
    data = files.write(values.event_facts(found))
    terms = details.terms(found)
    data |= questions_as_files.write_all(
        asking.asked_at(found.id, when=None), until=terms.until if terms.is_set else None, zone=found.zone
    )
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


@event.command("update")
@click.argument("file", type=click.File("rb"))
@click.option("--tell", is_flag=True, help="Tell the registered and the followers, after ten minutes.")
@with_appcontext
def update_event(file: IO[bytes], *, tell: bool) -> None:
    """Change an event to what a JSON FILE says ('-' for standard input), as the desk does."""
    data, asked = _split(_json(file))
    facts = files.read(data)
    with transaction():
        found = _there(facts.slug, lock=True)
        seen, held = found.revision, registration.booked(found.id)
        actions.revise_event(found, facts, base_url=settings().base_url, by=OPERATOR, booked=held)
        fact = actions.tell(found, since=seen, by=OPERATOR) if tell and found.revision != seen else None
        changed = _ask(found, asked) or found.revision != seen
        due_at = fact.due_at if fact else None
    if not changed:
        click.echo("Nothing was changed.")
        return
    told = ""
    if tell:
        told = f" People are told at {due_at:%H:%M} UTC." if due_at else " There is nothing to tell."
    click.echo(f"Changed {facts.slug}: {settings().base_url}/en/events/{facts.slug}{told}")


def _there(slug: str, *, lock: bool = False) -> Event:
    found = queries.event_by_slug(slug, lock=lock)
    if found is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    return found


def _split(data: Any) -> tuple[Any, dict[str, Any]]:
    """Return an event's file without what it asks, and that: it belongs to the registration."""
    if not isinstance(data, dict):
        return data, {}
    rest = {key: value for key, value in data.items() if key not in questions_as_files.KEYS}
    asked = {key: data[key] for key in questions_as_files.KEYS if key in data}
    questions_as_files.read(asked.get(questions_as_files.QUESTIONS, []))  # refused before anything is written
    return rest, asked


def _ask(event: Event, asked: dict[str, Any]) -> bool:
    """Bring what an event asks to what its file says; what is not named stays."""
    changed = asking.ask(event, questions_as_files.read(asked.get(questions_as_files.QUESTIONS, [])), by=OPERATOR)
    if questions_as_files.UNTIL in asked:
        until = questions_as_files.read_until(asked[questions_as_files.UNTIL], event.zone)
        changed = details.set_end(event, until, by=OPERATOR) or changed
    return changed


def _json(file: IO[bytes]) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.ClickException(f"{Path(file.name).name}: not JSON ({error})") from error

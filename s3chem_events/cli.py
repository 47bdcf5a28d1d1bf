"""The operator's door: `s3chem-events`, also reached as `flask --app app`."""

import json
import sys
from pathlib import Path
from typing import IO, Any

import click
from flask.cli import FlaskGroup, with_appcontext
from flask_migrate import upgrade

from s3chem_events import create_app, serving
from s3chem_events.attendance import exports
from s3chem_events.core.config import WrongSetting
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import actions, files, queries
from s3chem_events.registration import participants
from s3chem_events.sample import load


@click.group(cls=FlaskGroup, create_app=create_app, add_default_commands=False, add_version_option=False)
def group() -> None:
    """S3Chem Events: publish events, take registrations, send the mails, serve the calendars."""


@group.command()
@with_appcontext
def setup() -> None:
    """Bring the database to the newest schema."""
    upgrade()
    click.echo("The database is ready.")


@group.command()
@with_appcontext
def demo() -> None:
    """Load the S3Chem sample content; running it twice changes nothing."""
    with transaction():
        added = load.sample_content(base_url=settings().base_url, by=OPERATOR)
    click.echo(f"{added} events added." if added else "The sample content is there already.")


@group.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the web and work the queue, together, until Ctrl-C."""
    sys.exit(serving.serve(host, port, workers=workers))


@group.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
def web(host: str, port: int, workers: int) -> None:
    """Serve the web alone."""
    sys.exit(serving.web(host, port, workers=workers))


@group.command()
def worker() -> None:
    """Work the queue alone: send the mails, mind the clock."""
    sys.exit(serving.worker())


@group.command()
@click.argument("slug", metavar="EVENT")
@click.option("--format", "form", type=click.Choice(list(exports.TYPES)), default="csv", show_default=True)
@click.option("--delimiter", type=click.Choice(list(exports.DELIMITERS)), default="comma", show_default=True)
@click.option("-o", "--output", type=click.File("wb"), default="-", help="The file; standard output without.")
@with_appcontext
def export(slug: str, form: str, delimiter: str, output: IO[bytes]) -> None:
    """Write the participants of an EVENT, one row for each part that a person chose."""
    found = queries.event_by_slug(slug)
    if found is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    wanted = participants.Wanted()
    with transaction():
        exports.record(found.id, wanted, form=form, by=OPERATOR)
    for chunk in exports.file(form, participants.participations(found.id, wanted), delimiter=delimiter):
        output.write(chunk)


@group.group()
def event() -> None:
    """Events as files."""


@event.command("add")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def add_event(file: IO[bytes]) -> None:
    """Add an event from a JSON FILE ('-' for standard input)."""
    facts = files.read(_json(file))
    with transaction():
        actions.add_event(facts, base_url=settings().base_url, by=OPERATOR)
    click.echo(f"Added {facts.slug}: {settings().base_url}/en/events/{facts.slug}")


@event.command("show")
@click.argument("slug")
@with_appcontext
def show_event(slug: str) -> None:
    """Write an event as JSON."""
    found = queries.event_by_slug(slug)
    if found is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    click.echo(json.dumps(files.write(actions.event_facts(found)), ensure_ascii=False, indent=2))


def _json(file: IO[bytes]) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.ClickException(f"{Path(file.name).name}: not JSON ({error})") from error


def main() -> None:
    """Run a command; a refusal or a wrong setting ends in one sentence and exit code 1."""
    try:
        group(prog_name="s3chem-events")
    except (Refused, WrongSetting) as refusal:
        click.echo(f"Error: {refusal}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

"""The operator's door: `s3chem-events`, also reached as `flask --app app`."""

import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy import inspect

from s3chem_events import arriving, create_app, serving
from s3chem_events.accounts import actions as accounts
from s3chem_events.accounts import audit, roles
from s3chem_events.accounts import queries as organisers
from s3chem_events.accounts.roles import Role
from s3chem_events.attendance import exports
from s3chem_events.cli_events import event
from s3chem_events.core import logs
from s3chem_events.core.commands import Commands
from s3chem_events.core.config import Settings, keep_address
from s3chem_events.core.db import db, transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.later import Later
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing import queries
from s3chem_events.registration import exported, participants
from s3chem_events.registration.names import address
from s3chem_events.sample import load

if TYPE_CHECKING:
    from s3chem_events import doctor, schema
    from s3chem_events.core import backups
else:
    backups = Later("s3chem_events.core.backups")
    doctor = Later("s3chem_events.doctor")
    schema = Later("s3chem_events.schema")


@click.group(cls=Commands)
def group() -> None:
    """S3Chem Events: publish events, take registrations, send the mails, serve the calendars."""


group.add_command(arriving.arrival)
group.add_command(arriving.lmtp)
group.add_command(event)


@group.command()
@with_appcontext
def setup() -> None:
    """Bring the database to the newest schema."""
    schema.upgrade()
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
@click.option("--ready", is_flag=True, help="First do setup and, on an empty database, demo.")
def serve(host: str, port: int, workers: int, *, ready: bool) -> None:
    """Serve the web and work the queue, together, until Ctrl-C."""
    os.environ["PORT"] = str(port)  # --port, too, is in the links that are printed and mailed
    if ready:
        _make_ready()
    kept = _say_way_in()
    logs.configure(kept.log_format)
    sys.exit(serving.serve(host, port, workers=workers, before=lambda: keep_address(kept)))


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
    asked = exported.asked_in(found.id, needs=False)
    more = exported.columns(asked)
    with transaction():
        audit.note("participants.exported", by=OPERATOR, **exports.taken(found.id, wanted, form=form, more=tuple(more)))
    for chunk in exports.file(
        form, exported.rows(found.id, wanted, asked, typed=form == "xlsx"), delimiter=delimiter, more=more
    ):
        output.write(chunk)


SIGNS = {True: "  well   ", False: "  WRONG  ", None: "  unseen "}


@group.command("doctor")
@with_appcontext
def examine() -> None:
    """Look at the configuration, the database, the queue, the mail server and the name service; say what is wrong."""
    wrong = 0
    for well, sentence in doctor.findings(settings()):
        click.echo(SIGNS[well] + sentence)
        wrong += well is False
    if wrong:
        sys.exit(1)


@group.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write the database and the secret key into FILE (a tar file), while the site goes on."""
    size = backups.back_up(settings(), file)
    click.echo(f"{file} is written, {size:,} bytes. It holds personal data and the key to all links: keep it safe.")


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(file: Path) -> None:
    """Put a backup into an instance folder that has no database yet."""
    backups.restore(settings(), file)
    click.echo("Restored. `s3chem-events setup` brings it to the newest schema, if it is an older one.")


@group.group()
def organiser() -> None:
    """Who signs in at the desk."""


@organiser.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.COORDINATOR.value)
@click.option("--name", default="", help="The name that colleagues see.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", help="The language of the desk.")
@click.option("--event", "slugs", multiple=True, metavar="SLUG", help="An event to work for; may be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def add_organiser(
    email: str, role: str, name: str, language: str, slugs: tuple[str, ...], *, password_stdin: bool
) -> None:
    """Add an organiser; without a password a one-time sign-in link is printed."""
    checked = _address(email)
    with transaction():
        added = accounts.add(
            checked,
            role=Role(role),
            name=name,
            language=language,
            event_ids=frozenset(_event_id(slug) for slug in slugs),
            password=sys.stdin.readline().rstrip("\r\n") if password_stdin else None,
            by=OPERATOR,
        )
        link = None if password_stdin else accounts.sign_in_url(added, base_url=settings().base_url)
    click.echo(f"Added {added.email} as {role}.")
    if roles.is_bound(added.role) and not slugs:
        click.echo("This role holds for own events only and has none yet: choose them at the desk, under Organisers.")
    if link:
        click.echo(f"Sign in within 30 minutes, once: {link}")


@organiser.command("link")
@click.argument("email")
@with_appcontext
def link_for_organiser(email: str) -> None:
    """Print a new one-time sign-in link for an organiser."""
    with transaction():
        found = organisers.organiser_by_address(email)
        if found is None or not found.active:
            raise click.ClickException(f"There is no organiser {email} who may sign in.")
        link = accounts.sign_in_url(found, base_url=settings().base_url)
    click.echo(f"Sign in within 30 minutes, once: {link}")


def _address(email: str) -> str:
    try:
        return address(email)
    except Invalid as error:
        raise click.ClickException(f"{email!r} is not an e-mail address.") from error


def _event_id(slug: str) -> int:
    found = queries.event_id(slug)
    if found is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    return found


def _make_ready() -> None:
    """Do what a first start needs, in this process: three commands one after the other take three times as long."""
    app = create_app()
    with app.app_context():
        schema.upgrade()
        if queries.document("project") is None:
            with transaction():
                added = load.sample_content(base_url=settings().base_url, by=OPERATOR)
            click.echo(f"{added} sample events added.")
        db.session.remove()
        db.engine.dispose()


def _say_way_in() -> Settings:
    """Print a sign-in link for whoever tries the program on this machine, else how to get one; return the settings.

    A real site gets its organisers by hand.
    """
    app = create_app()
    with app.app_context():
        here = urlsplit(settings().base_url).hostname in {"127.0.0.1", "localhost", "::1"}
        if here and inspect(db.engine).has_table("organiser"):
            with transaction():
                link = accounts.first_link(settings().base_url)
            if link:
                click.echo(f"Sign in at the desk, within 30 minutes, once: {link}")
            else:
                click.echo(f"Sign in: {settings().base_url}/desk/sign-in or by `s3chem-events organiser link EMAIL`")
        db.session.remove()
        db.engine.dispose()  # the web and the worker are forked from here and open their own connections
        return settings()


def bind(app: Flask) -> Flask:
    """Give an application our commands: `flask --app app event show SLUG`."""
    for command in group.commands.values():
        app.cli.add_command(command)
    return app


def main() -> None:
    """Run a command; a refusal or a wrong setting ends in one sentence and exit code 1."""
    group(prog_name="s3chem-events", obj=ScriptInfo(create_app=create_app))


if __name__ == "__main__":
    main()

"""How the operator's commands end where they cannot do what they are asked."""

from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from s3chem_events.core.environment import WrongSetting
from s3chem_events.core.errors import Refused


class Command(click.Command):
    """A command whose refusals end in one sentence and exit code 1, whoever runs it: we or `flask --app app`."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except (Refused, WrongSetting) as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except (OperationalError, ProgrammingError) as error:  # no answer, or no tables
            said = f"the database refuses ({type(error).__name__}); `s3chem-events doctor` says why."
            raise click.ClickException(said) from error


class Commands(click.Group):
    """Commands of that kind, also below one another."""

    command_class = Command
    group_class = type

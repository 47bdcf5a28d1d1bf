"""The application object, for flask, the WSGI server and the debugger."""

import sys

from s3chem_events import cli, create_app, schema
from s3chem_events.core.environment import WrongSetting

try:
    app = cli.bind(schema.bind(create_app()))
except WrongSetting as wrong:
    sys.exit(f"Error: {wrong}")

"""What a process loads before it does anything: each start waits for it, and each web worker holds it in memory."""

import subprocess
import sys

import pytest

from tests.support.servers import environment

pytestmark = pytest.mark.one_database

EVERYWHERE = {
    *("argon2", "babel", "blinker", "click", "cryptography", "deprecated", "dotenv", "email_validator", "flask"),
    *("flask_babel", "flask_limiter", "flask_login", "flask_principal", "flask_security", "flask_sqlalchemy"),
    *("flask_wtf", "granian", "huey", "idna", "itsdangerous", "jinja2", "limits", "markupsafe", "nh3", "ordered_set"),
    *("packaging", "passlib", "pytz", "s3chem_events", "sqlalchemy", "typing_extensions", "webauthn", "werkzeug"),
    *("wrapt", "wtforms"),
}
"""What nearly every page needs, or what such a package brings. All else is imported by core.later at its first use."""
START = """
import sys
from importlib.metadata import packages_distributions
import s3chem_events.cli
s3chem_events.create_app()
loaded = {name.partition(".")[0] for name in sys.modules}
print(*(name for name in loaded & packages_distributions().keys() if name[0] != "_"))
"""


def test_a_start_loads_no_package_that_few_pages_need(environ):
    run = subprocess.run(
        [sys.executable, "-c", START], env=environment(environ), capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) - EVERYWHERE == set()

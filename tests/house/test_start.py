"""What a process loads before it does anything: each start waits for it, and each web worker holds it in memory."""

import subprocess
import sys

import pytest

from tests.house.test_layers import LOADED_LATER
from tests.support.servers import environment

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]

EVERYWHERE = {
    *("argon2", "babel", "blinker", "click", "cryptography", "deprecated", "dotenv", "flask"),
    *("flask_babel", "flask_limiter", "flask_login", "flask_principal", "flask_security", "flask_sqlalchemy"),
    *("flask_wtf", "granian", "huey", "itsdangerous", "jinja2", "limits", "markupsafe", "nh3", "ordered_set"),
    *("packaging", "passlib", "pytz", "s3chem_events", "sqlalchemy", "typing_extensions", "webauthn", "werkzeug"),
    *("wrapt", "wtforms"),
}
"""What nearly every page needs, or what such a package brings. All else is imported by core.later at its first use."""
START = """
import sys
from importlib.metadata import packages_distributions
written = set()
sys.addaudithook(lambda event, args: written.add(args[0].co_filename) if event == "exec" else None)
import s3chem_events.cli
s3chem_events.create_app()
loaded = set(sys.modules)
packages = {name.partition(".")[0] for name in loaded} & packages_distributions().keys()
print(*(name for name in packages if name[0] != "_"), *loaded & set(sys.argv[1:]), *written & {"<werkzeug routing>"})
"""


def test_a_start_loads_nothing_that_few_pages_need_and_writes_no_address(environ):
    later = (name for names in LOADED_LATER.values() for name in names)
    line = [sys.executable, "-c", START, *later]
    run = subprocess.run(line, env=environment(environ), capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) - EVERYWHERE == set()

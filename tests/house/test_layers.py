"""What import-linter cannot say about who may do what: design, "Who may import whom" 1, 2, 4 and 5."""

import ast
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.source import ROOMS, ROOT, calls, imports, modules, tracked

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]

OPEN_TRANSACTIONS = ("bulk", "delivering", "site.", "desk.", "api.", "cli", "dispatch", "intake", "schedule")
READS_THE_TIME = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now", "datetime.datetime.utcnow"),
    *("date.today", "datetime.date.today", "time.time", "time.time_ns", "func.now", "func.current_timestamp"),
}
COMMITS = (".commit", ".begin", ".begin_nested", "transaction")
PURE: dict[str, set[str]] = {
    "accounts.roles": set(),
    "publishing.lifecycle": set(),
    "calendar.itip": set(),
    "mailing.verdicts": set(),
    "registration.capacity": set(),
}  # pure rules, and the names outside the standard library that each may import beside core.errors and core.values
LATE_IMPORTS = {  # the one place that may, and why
    "calendar.ics": {"s3chem_events.calendar.components"},  # icalendar is slow to load, few processes need it
}
LOADED_LATER = {  # by core.later: what a web worker can do without, as long as nobody asks for it
    "accounts.__init__": {
        *("cbor2", "email_validator", "cryptography.hazmat.backends", "cryptography.hazmat.primitives.ciphers"),
        *("cryptography.hazmat.primitives.ciphers.algorithms", "cryptography.hazmat.primitives.ciphers.modes"),
        "flask_login.test_client",
        "webauthn.authentication.verify_authentication_response",
        "webauthn.helpers.decoded_public_key_to_cryptography",
        "webauthn.helpers.validate_certificate_chain",
        "webauthn.helpers.verify_signature",
        "webauthn.registration.verify_registration_response",
    },
    "accounts.passwords": {"zxcvbn"},
    "arriving": {
        "s3chem_events.intake",
        "s3chem_events.lmtp",
        "s3chem_events.mailing.arrivals",
        "s3chem_events.mailing.reading",
    },
    "attendance.exports": {"msoffcrypto.format.ooxml", "xlsxwriter"},
    "cli": {"s3chem_events.core.backups", "s3chem_events.doctor", "s3chem_events.schema"},
    "core.db": {"sqlalchemy.dialects.postgresql"},
    "core.text": {"sqlalchemy.dialects.postgresql"},
    "core.environment": {
        "cryptography.hazmat.primitives.asymmetric.rsa",
        "cryptography.hazmat.primitives.serialization",
    },
    "core.markdown": {"markdown_it"},
    "core.workbooks": {"openpyxl"},
    "core.limits": {"limits.aio"},
    "core.tasks": {"psycopg", "huey.consumer"},
    "desk.arrivals": {"s3chem_events.mailing.arrivals", "s3chem_events.mailing.reading"},
    "desk.gate": {"s3chem_events.attendance.paper"},
    "mailing.failures": {"flufl.bounce"},
    "mailing.sealing": {
        "cryptography.hazmat.primitives.asymmetric.padding",
        "cryptography.hazmat.primitives.hashes",
    },
    "mailing.addresses": {"email_validator"},
    "mailing.authenticity": {"dkim"},
    "mailing.forwarding": {"s3chem_events.mailing.reading"},
    "registration.names": {"email_validator"},
    "serving": {"s3chem_events.working"},
}


def violations(of: Callable[[str, ast.Module], list[str]]) -> list[str]:
    return [line for name, tree in modules().items() for line in of(name, tree)]


def test_import_contracts_hold():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    run = subprocess.run(
        [sys.executable, "-c", command, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_transactions_are_opened_at_doors_only():
    def found(name: str, tree: ast.Module) -> list[str]:
        if name == "core.db" or name.startswith(OPEN_TRANSACTIONS):
            return []
        return [f"{name}:{line}" for call, line in calls(tree) if call.split(".")[-1] == "transaction"]

    assert violations(found) == []


def test_rooms_never_commit():
    def found(name: str, tree: ast.Module) -> list[str]:
        if name.split(".", maxsplit=1)[0] not in ROOMS:
            return []
        return [f"{name}:{line} {call}" for call, line in calls(tree) if call.endswith(COMMITS)]

    assert violations(found) == []


def test_only_core_clock_reads_the_time():
    def found(name: str, tree: ast.Module) -> list[str]:
        if name == "core.clock":
            return []
        return [f"{name}:{line} {call}" for call, line in calls(tree) if call in READS_THE_TIME]

    assert violations(found) == []


def test_no_test_asks_how_long_something_takes():
    timers = {"time.monotonic", "time.perf_counter", "time.process_time", "perf_counter", "process_time", "monotonic"}
    tests = [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(ROOT / "tests")]
    measuring = (ROOT / "tests/bench", ROOT / "tests/support")  # and those who wait, with patience
    found = [
        f"{path.relative_to(ROOT)}:{line} {call}"
        for path in tests
        if not any(path.is_relative_to(folder) for folder in measuring)
        for call, line in calls(ast.parse(path.read_text()))
        if call in timers
    ]
    assert found == []


def test_pure_rules_import_the_standard_library_and_two_modules_of_core_only():
    def found(name: str, tree: ast.Module) -> list[str]:
        allowed = PURE.get(name)
        if allowed is None:
            return []
        return [
            f"{name}:{line} {imported}"
            for imported, line in imports(tree)
            if imported.split(".")[0] not in sys.stdlib_module_names
            and not imported.startswith(("s3chem_events.core.errors", "s3chem_events.core.values"))
            and imported not in allowed
        ]

    assert violations(found) == []


def test_nothing_is_imported_inside_a_function():
    def found(name: str, tree: ast.Module) -> list[str]:
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        late = {(imported, line) for function in functions for imported, line in imports(function)}
        return [f"{name}:{line} {imported}" for imported, line in late if imported not in LATE_IMPORTS.get(name, ())]

    assert violations(found) == []


def test_few_modules_are_loaded_later():
    found: dict[str, set[str]] = {}
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Later", "spared"} and name != "core.later":
                later = ast.literal_eval(node.args[0])
                found.setdefault(name, set()).update([later] if isinstance(later, str) else later)
    assert found == LOADED_LATER


def test_only_the_top_makes_the_application():
    def found(name: str, tree: ast.Module) -> list[str]:
        if name in {"__init__", "arriving", "cli", "serving", "working"}:
            return []
        return [f"{name}:{line}" for imported, line in imports(tree) if imported == "s3chem_events.create_app"]

    assert violations(found) == []


def test_facts_are_literals():
    """A fact's name is never put together from parts, so that it can be found by searching for it."""

    def found(name: str, tree: ast.Module) -> list[str]:
        records = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"record", "journal.record"}
        ]
        return [
            f"{name}:{node.lineno}"
            for node in records
            if not (node.args and isinstance(node.args[0], ast.Constant)) and name != "core.journal"
        ]

    assert violations(found) == []

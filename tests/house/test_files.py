"""What every file of the house keeps to: its size, no trace of one machine, no unescaped text."""

import re
from pathlib import Path

import pytest

from tests.support.source import PACKAGE, ROOT, calls, modules, tracked

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]

LONGEST = 300
MAY_BE_LONGER: dict[str, str] = {}  # path: reason
MAKES_MARKUP = {
    "accounts.trying": "mailing.render has written the e-mail, each value escaped",
    "core.markdown": "nh3 has cleaned it",
    "site.lists": "html_params and escape have written each part",
}
SYSTEM = {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "lost+found", "proc", "run", "sbin", "sys"}
USUAL = SYSTEM | {"app", "build", "data", "events", "home", "media", "mnt", "opt", "snap", "srv", "tmp", "usr", "var"}
"""Folders at the top that every machine may have."""
HERE = {ROOT.parts[1], "root", *(folder.name for folder in Path("/").iterdir() if folder.is_dir())} - USUAL
"""Those of this very machine beside them: nobody else has them, and no list has to name them."""
MACHINE = re.compile(
    rf"(^|[^\w.~-])/(?:{'|'.join(map(re.escape, sorted(HERE)))}|home/\w+|Users/\w+)/[a-z.]"
    r"|--index[-]url|--find-links|\"resolved\": *\"http"
)
TEXTS = {
    ".py",
    ".md",
    ".html",
    ".txt",
    ".toml",
    ".lock",
    ".css",
    ".js",
    ".json",
    ".po",
    ".mako",
    ".yml",
    ".cfg",
    ".sh",
    "",
}


def test_no_file_grows_past_what_one_reads_at_once():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in PACKAGE.rglob("*.py")
        if "versions" not in path.parts
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST and name not in MAY_BE_LONGER} == {}


def test_each_decision_has_a_number_of_its_own():
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_no_trace_of_one_machine_in_any_file():
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path in tracked()
        if path.suffix in TEXTS and path != ROOT / "tests/house/test_files.py" and path.name != "Makefile"
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


def test_only_cleaned_text_is_marked_as_safe():
    in_python = [
        f"{name}:{line}"
        for name, tree in modules().items()
        for call, line in calls(tree, with_arguments=True)
        if call.split(".")[-1] == "Markup" and name not in MAKES_MARKUP
    ]
    in_templates = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\|\s*safe\b|autoescape\s+false", line)
    ]
    assert (in_python, in_templates) == ([], [])


def test_templates_call_no_query():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "templates").rglob("*.*")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\b(queries|session|select|query)\s*[.(]", line) and re.search(r"\{[{%]", line)
    ]
    assert found == []


def test_pages_fetch_nothing_from_another_host():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "templates").rglob("*.html")
        if "mail" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(
            r"<(?:script|img|link(?![^>]*rel=\"?(?:canonical|alternate))|iframe|source)\b[^>]*\b(?:src|href)=\"https?://",
            line,
        )
    ]
    assert found == []

"""The source of the house as trees, for the tests of its architecture."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "s3chem_events"
ROOMS = ("accounts", "attendance", "calendar", "campaigns", "mailing", "privacy", "publishing", "registration")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package but the written-by-Alembic ones, by its dotted name below the package."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(), str(path))
        for path in files
    }


@cache
def tracked() -> list[Path]:
    """The files that git knows or would take, with text in them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def calls(tree: ast.AST, *, with_arguments: bool = False) -> Iterator[tuple[str, int]]:
    """What a module calls, as written (`datetime.now`, `transaction`), with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (node.args or not with_arguments):
            yield ast.unparse(node.func), node.lineno


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """What a module imports, as dotted names, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)

"""Modules that are slow to load and seldom needed: named at the top as any other, imported at their first use.

Each start of a process, and each web worker's memory, is without them; tests/house keeps the list short.
"""

from importlib import import_module
from typing import Any


class Later:
    """Stand in for a module until one of its names is used; the import system's own lock makes that safe in threads."""

    def __init__(self, name: str) -> None:
        """Take the module's full name."""
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Return a name of the module, which is imported now if it was not before."""
        return getattr(import_module(self._name), attribute)

"""Modules that are slow to load and seldom needed: named at the top as any other, imported at their first use.

Each start of a process, and each web worker's memory, is without them; tests/house keeps the list short.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast


class Later:
    """Stand in for a module until one of its names is used; the import system's own lock makes that safe in threads."""

    def __init__(self, name: str) -> None:
        """Take the module's full name."""
        self._name = name
        self.__spec__ = None  # what `import` looks at in a module that it finds loaded

    def __getattr__(self, attribute: str) -> Any:
        """Return a name of the module, which is imported now if it was not before."""
        return getattr(import_module(self._name), attribute)


@contextmanager
def spared(name: str) -> Iterator[None]:
    """Let what is imported within the block, other people's code, load a module at its first use and not before."""
    if name in sys.modules or find_spec(name) is None:
        yield
        return
    sys.modules[name] = cast("Any", Later(name))
    try:
        yield
    finally:
        del sys.modules[name]

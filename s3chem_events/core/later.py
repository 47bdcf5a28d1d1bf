"""Modules that are slow to load and seldom needed: named at the top as any other, imported at their first use.

Each start of a process, and each web worker's memory, is without them; tests/house keeps the list short.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast


class Later:
    """Stand in for a module until one of its names is used; the import system's own lock makes that safe in threads."""

    def __init__(self, name: str, functions: Iterable[str] = ()) -> None:
        """Take the module's full name; `functions` of it are taken by name at once, and loaded when they are called."""
        self._name = name
        self.__dict__.update({function: self._called(function) for function in functions})
        self.__spec__ = None  # what `import` looks at in a module that it finds loaded

    def __getattr__(self, attribute: str) -> Any:
        """Return a name of the module, which is imported now if it was not before."""
        if cast("Any", sys.modules.get(self._name)) is self:  # spared: who looks now asks whether it is a package
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute)

    def _called(self, function: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            return getattr(import_module(self._name), function)(*args, **named)

        return call


@contextmanager
def spared(name: str, functions: Iterable[str] = ()) -> Iterator[None]:
    """Let what is imported within the block, other people's code, load a module at its first use and not before."""
    if name in sys.modules or find_spec(name.partition(".")[0]) is None:
        yield
        return
    sys.modules[name] = cast("Any", Later(name, functions))
    try:
        yield
    finally:
        del sys.modules[name]

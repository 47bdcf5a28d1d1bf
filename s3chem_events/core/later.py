"""Modules that are slow to load and seldom needed: named at the top as any other, imported at their first use.

Each start of a process, and each web worker's memory, is without them; tests/house keeps the list short.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
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
            found = getattr(import_module(self._name), function)
            package, _, last = self._name.rpartition(".")
            if last == function:  # the import put the module where `from .name import name` has put its function
                setattr(sys.modules[package], function, found)
            return found(*args, **named)

        return call


@contextmanager
def spared(modules: Mapping[str, Iterable[str]]) -> Iterator[None]:
    """Let what is imported within the block, other people's code, load modules at their first use and not before.

    With each module stand the functions that are taken from it by name.
    """
    absent = {name: functions for name, functions in modules.items() if name not in sys.modules and _exists(name)}
    sys.modules.update({name: cast("Any", Later(name, functions)) for name, functions in absent.items()})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _exists(name: str) -> bool:
    return find_spec(name.partition(".")[0]) is not None

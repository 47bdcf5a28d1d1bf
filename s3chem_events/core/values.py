"""Plain values that go from room to room: frozen dataclasses that are made in a quarter of the time.

For each of them the standard library writes and compiles six functions anew, nearly two hundred times at each start:
a seventh of it. Here `__init__` alone is written; comparing, hashing and showing are the same for all, and it is mypy
that lets nobody change one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TypeVar, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_Value]) -> type[_Value]:
    """Make a dataclass with slots, equal to another of its class that holds the same."""
    made = dataclass(slots=True, eq=False, repr=False)(cls)
    compared = attrgetter(*(each.name for each in fields(made) if each.compare))  # type: ignore[arg-type]
    shown = [each.name for each in fields(made) if each.repr]  # type: ignore[arg-type]

    def equal(self: object, other: object) -> bool:
        return bool(compared(self) == compared(other)) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(compared(self))

    def text(self: object) -> str:
        return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    methods: dict[str, Callable[..., object]] = {"__eq__": equal, "__hash__": digest, "__repr__": text}
    for name, method in methods.items():
        setattr(made, name, method)
    return made

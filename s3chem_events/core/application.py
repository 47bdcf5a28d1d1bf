"""The application itself: numbers in addresses that a database can hold, and a log without anybody's token."""

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask, request
from werkzeug.datastructures import ImmutableDict
from werkzeug.routing import IntegerConverter, Map, Rule

LARGEST = 2**31 - 1
"""What a column of a number holds in PostgreSQL."""


class Number(IntegerConverter):
    """`<int:…>` of our addresses: ASCII digits only, and never more than a column holds. All else is no page: 404."""

    regex = r"[0-9]{1,10}"

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        """Add the bound to what a route says itself."""
        super().__init__(url_map, *args, **{"max": LARGEST, **kwargs})


class Route(Rule):
    """A rule that learns to write its address when the first link to it is wanted.

    Werkzeug compiles two functions for each of our rules, which is a seventh of a start and 1 MB. Should it ask for
    them by another name one day, a start takes that much longer again, and nothing else happens.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's
        learn = cache(super()._compile_builder)

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            return learn(append_unknown)(rule, **values)

        return build


class Application(Flask):
    """Flask, with three habits of its own."""

    url_rule_class = Route

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the converters before the first route, that of the static files."""
        self.url_map_class = _Map
        super().__init__(*args, **kwargs)

    def log_exception(self, exc_info: Any) -> None:
        """Note a fault by its route: the path itself may hold the token that is somebody's key."""
        rule = request.url_rule.rule if request.url_rule else "no route"
        self.logger.error("Exception on %s [%s]", rule, request.method, exc_info=exc_info)


class _Map(Map):
    default_converters = ImmutableDict({**Map.default_converters, "int": Number})

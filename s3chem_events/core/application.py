"""The application itself: numbers in addresses that a database can hold, and a log without anybody's token."""

from typing import Any

from flask import Flask, request
from werkzeug.datastructures import ImmutableDict
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1
"""What a column of a number holds in PostgreSQL."""


class Number(IntegerConverter):
    """`<int:…>` of our addresses: ASCII digits only, and never more than a column holds. All else is no page: 404."""

    regex = r"[0-9]{1,10}"

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        """Add the bound to what a route says itself."""
        super().__init__(url_map, *args, **{"max": LARGEST, **kwargs})


class Application(Flask):
    """Flask, with two habits of its own."""

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

"""Refusals: what the rules of the product say no to, each with a stable code.

A door translates a refusal once, by its code; nothing below a door knows a language.
"""


class Refused(Exception):
    """Something was asked for that the rules do not allow."""

    code = "refused"
    status = 403

    def __init__(self, detail: str = "", **values: object) -> None:
        """Keep a sentence for the log and the values that the door's text names."""
        super().__init__(detail or self.code)
        self.values = values


class NotFound(Refused):
    """The thing asked for does not exist, or not for this person."""

    code = "not_found"
    status = 404


class Invalid(Refused):
    """A value does not fit; `path` says which one."""

    code = "invalid"
    status = 422

    def __init__(self, path: str, detail: str) -> None:
        """Name the value by its path and say what is wrong with it."""
        super().__init__(f"{path}: {detail}", path=path)
        self.path = path
        self.detail = detail

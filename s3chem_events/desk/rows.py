"""Lists inside a form, without a script: buttons that add, remove and move rows of what was typed; pure.

A row's fields are named `<list>-<number>-<field>`; a list may stand inside a row of another. The buttons are named
`do` and say `add:parts`, `remove:parts-2`, `up:parts-0-items-3`, `down:…`. What was typed is moved as it is.
"""

import re
from collections.abc import Iterable

from werkzeug.datastructures import MultiDict

ORDER = re.compile(r"(?P<verb>add|remove|up|down):(?P<list>[a-z]+(-[0-9]{1,4}-[a-z]+)*)(-(?P<number>[0-9]{1,4}))?")
NUMBER = re.compile(r"[0-9]{1,4}")
FRESH = "new"
"""An empty field that makes a row be there before anything is typed into it."""


def changed(typed: MultiDict[str, str], order: str) -> MultiDict[str, str]:
    """Return what was typed after one press of a button; an order that makes no sense changes nothing.

    Fields whose numbers are none that a row has, `parts-²-title`, are left out: a form would stumble over them.
    """
    if not all(map(_is_sound, typed)):
        typed = MultiDict((key, value) for key, value in typed.items(multi=True) if _is_sound(key))
    found = ORDER.fullmatch(order)
    if found is None:
        return typed
    name = found["list"]
    there = numbers(typed, name)
    if found["verb"] == "add":
        return MultiDict([*typed.items(multi=True), (f"{name}-{max(there, default=-1) + 1}-{FRESH}", "1")])
    number = int(found["number"] or -1)
    if number not in there:
        return typed
    if found["verb"] == "remove":
        gone = f"{name}-{number}-"
        return MultiDict((key, value) for key, value in typed.items(multi=True) if not key.startswith(gone))
    place = there.index(number) + (-1 if found["verb"] == "up" else 1)
    return _swapped(typed, name, number, there[place]) if 0 <= place < len(there) else typed


def goes_on_at(typed: Iterable[str], order: str) -> str:
    """Return where the page goes on after an order: the name of a row, or the button that moves it once more.

    `typed` is what stood there before it. Nothing for an order that makes no sense.
    """
    found = ORDER.fullmatch(order)
    if found is None:
        return ""
    name, verb = found["list"], found["verb"]
    there = numbers(typed, name)
    if verb == "add":
        return f"{name}-{max(there, default=-1) + 1}"
    if int(found["number"] or -1) not in there:
        return ""
    place = there.index(int(found["number"]))
    if verb == "remove":
        left = [*there[place + 1 :], *there[:place][-1:]]
        return f"{name}-{left[0]}" if left else f"add:{name}"
    to = place + (-1 if verb == "up" else 1)
    if not 0 <= to < len(there):
        return ""
    is_end = to in {0, len(there) - 1}
    onward = ("down" if to == 0 else "up") if is_end else verb  # at an end its button is not there
    return f"{onward}:{name}-{there[to]}"


def numbers(typed: Iterable[str], name: str) -> list[int]:
    """Return the numbers of a list's rows, in their order."""
    rows = re.compile(rf"{re.escape(name)}-([0-9]{{1,4}})-")
    return sorted({int(found[1]) for key in typed if (found := rows.match(key))})


def _is_sound(key: str) -> bool:
    return all(NUMBER.fullmatch(piece) for piece in key.split("-") if piece.isdigit())


def _swapped(typed: MultiDict[str, str], name: str, one: int, other: int) -> MultiDict[str, str]:
    renamed = {f"{name}-{one}-": f"{name}-{other}-", f"{name}-{other}-": f"{name}-{one}-"}
    result: MultiDict[str, str] = MultiDict()
    for key, value in typed.items(multi=True):
        start = next((start for start in renamed if key.startswith(start)), None)
        result.add(key if start is None else renamed[start] + key.removeprefix(start), value)
    return result

"""Two people at one event: what each changed is put together, and only what both changed is a clash; pure.

It works on the event as a file (publishing.files), whose keys name the places of clashes.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from s3chem_events.core.values import frozen
from s3chem_events.publishing import files
from s3chem_events.publishing.facts import EventFacts

MISSING = object()


@frozen
class Clash:
    """A value that both changed: its path in the file (parts by their keys), and what the other made of it."""

    path: tuple[str, ...]
    theirs: Any


def opened(newest: EventFacts, changes: Iterable[Mapping[str, Any]]) -> EventFacts:
    """Return the event as it was before these changes, newest first.

    Raises:
        Invalid: the rules have become stricter since.

    """
    file = files.write(newest)
    for change in changes:
        for key, (before, _after) in change.items():
            if before is None:
                file.pop(key, None)
            else:
                file[key] = before
    return files.read(deepcopy(file))


def merged(base: EventFacts, mine: EventFacts, theirs: EventFacts) -> tuple[EventFacts, tuple[Clash, ...]]:
    """Return the event with what either changed; where both did, mine stands and is a clash.

    Raises:
        Invalid: the changes do not hold together.

    """
    clashes: list[Clash] = []
    base_file, mine_file, their_file = (_by_part(files.write(facts)) for facts in (base, mine, theirs))
    result = _merged(base_file, mine_file, their_file, (), clashes)
    order = list(mine_file["parts"])
    if order == list(base_file["parts"]):
        order = list(their_file["parts"])
    parts = result["parts"]
    order = [*(key for key in order if key in parts), *(key for key in parts if key not in order)]
    result["parts"] = [parts[key] for key in order]
    result["programme"] = [item for key in order for item in result["programme"].get(key, [])]
    return files.read(result), tuple(clashes)


def _by_part(file: dict[str, Any]) -> dict[str, Any]:
    items = file.get("programme", [])
    programme = {part["key"]: [item for item in items if item["part"] == part["key"]] for part in file["parts"]}
    return {**file, "parts": {part["key"]: part for part in file["parts"]}, "programme": programme}


def _merged(base: Any, mine: Any, theirs: Any, path: tuple[str, ...], clashes: list[Clash]) -> Any:
    if theirs in (base, mine):
        return mine
    if mine == base:
        return theirs
    if isinstance(mine, dict) and isinstance(theirs, dict):
        before = base if isinstance(base, dict) else {}
        values = {
            key: _merged(
                before.get(key, MISSING), mine.get(key, MISSING), theirs.get(key, MISSING), (*path, key), clashes
            )
            for key in (*mine, *(key for key in theirs if key not in mine))
        }
        return {key: value for key, value in values.items() if value is not MISSING}
    clashes.append(Clash(path, None if theirs is MISSING else theirs))
    return mine

"""Forms that nobody has filled in yet: rendered once per revision of the content, as kept pages are.

What is a visitor's own, the cross-site token and the number of the attempt, is cut out of the rendered page and put in
anew for each. What is kept shows nothing else of anybody.
"""

from collections.abc import Sequence
from datetime import datetime

from flask import current_app

from s3chem_events.core import clock
from s3chem_events.core.values import frozen
from s3chem_events.site.kept import MOST, UNKNOWN, Kept, changes_by


@frozen
class Blank:
    """A rendered form, cut open where the visitor's own values stand."""

    pieces: tuple[str, ...]
    until: datetime

    def filled(self, values: Sequence[str]) -> str:
        """Return the page with values in the places of those that it was rendered with."""
        first, *others = self.pieces
        return first + "".join(value + piece for value, piece in zip(values, others, strict=True))


class Blanks:
    """The blank forms of this process."""

    def __init__(self, kept: Kept) -> None:
        """Go by the revision that the kept pages go by."""
        self.kept = kept
        self.held: tuple[int, dict[str, Blank]] = (UNKNOWN, {})  # one value, changed in one step, as in Kept

    def fresh(self) -> int:
        """Return the present revision; forget all forms when it is a new one."""
        revision = self.kept.fresh()
        if revision != self.held[0]:
            self.held = (revision, {})
        return revision

    def find(self, path: str) -> Blank | None:
        """Return the form of an address, if it is kept and still right."""
        self.fresh()
        blank = self.held[1].get(path)
        return blank if blank is not None and clock.now() < blank.until else None

    def keep(self, path: str, page: str, revision: int, values: Sequence[str]) -> None:
        """Keep a page that was rendered at a revision with these values, in the order in which they stand in it."""
        present, blanks = self.held
        pieces = _cut(page, values)
        if revision == present != UNKNOWN and pieces and len(blanks) < MOST:
            blanks[path] = Blank(pieces, changes_by(clock.now()))


def of_this_process() -> Blanks:
    """Return the blank forms of the running application."""
    found: Blanks = current_app.extensions["blanks"]
    return found


def _cut(page: str, values: Sequence[str]) -> tuple[str, ...]:
    """Cut a page at each of the values; nothing, unless each stands in it once and in this order."""
    pieces = [page]
    for value in values:
        before, found, after = pieces.pop().partition(value)
        if not found or value in after or value in before:
            return ()
        pieces += [before, after]
    return tuple(pieces)

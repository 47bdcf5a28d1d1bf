"""Asked only of a network that has sent many forms: that the browser calculates a little, or the person waits a little.

No picture, nothing to read, to remember or to type (WCAG 2.2, 3.3.8): docs/decisions/0025.
"""

from collections.abc import Callable
from datetime import timedelta
from math import ceil

from flask import request
from wtforms import HiddenField

from s3chem_events.core import limits, puzzles
from s3chem_events.core.clock import now

FREELY = "80 per hour"
"""Forms that would be stored, of one network: twice an office of forty. A group counts as many as it has mailboxes."""
WAIT = timedelta(minutes=2)
WAITED = "20 per hour"


class ProofAsked(limits.TooMany):
    """Many forms came from this network: this one is to bring the solution of a puzzle, or to wait."""

    code = "proof_asked"


class Proving:
    """What a form knows of its puzzle; the field carries it to the browser and back, named as ALTCHA's."""

    altcha = HiddenField()
    puzzle: puzzles.Puzzle | None = None
    asks_proof = False

    @property
    def minutes_to_wait(self) -> int:
        """How long one waits instead of solving it."""
        left = self.puzzle.asked_at + WAIT - now() if self.puzzle else timedelta()
        return max(ceil(left / timedelta(minutes=1)), 0)

    def prove(self, about: Callable[[], str], *, weight: int = 1) -> None:
        """Let pass what is one of few, is solved, or has waited; `about` says what the puzzle is good for.

        Raises:
            ProofAsked: the page is to show the puzzle.
            limits.TooMany: too many of this network waited.

        """
        if not limits.is_over(FREELY, "register-freely", limits.network(), cost=weight):
            return
        good_for = about()
        there = puzzles.brought(good_for, request.form.get("altcha", ""))
        self.puzzle = there or puzzles.ask(good_for)
        self.altcha.data = self.puzzle.carried
        if there is None or not (there.is_solved or self.minutes_to_wait == 0):
            self.asks_proof = True
            raise ProofAsked
        if not there.is_solved:
            limits.spend(WAITED, "register-waited", limits.network())

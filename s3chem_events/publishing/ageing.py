"""The texts that a change may have left untrue: an organiser is asked whether they still are true; pure."""

from collections.abc import Set as AbstractSet

from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen
from s3chem_events.publishing.changes import WORDED, Difference, Sort, of_key
from s3chem_events.publishing.facts import NOTHING
from s3chem_events.publishing.lifecycle import State

AGES = frozenset(Sort) - WORDED - {Sort.LINK}
"""What may leave another sentence untrue: a summary that says that the hours will follow."""


@frozen
class Aged:
    """A text that was left as it was and may be untrue, of the part with this title: its `kind` says which.

    A `summary`, a `description`, or a `title` in the one language that it has.
    """

    kind: str
    text: Text
    part: Text = NOTHING


def aged(difference: Difference) -> list[Aged]:
    """Return the texts, of the event and its changed parts, that were left as they were and may be untrue."""
    if difference.before.state is State.DRAFT:
        return []
    changed = {change.part for change in difference.changes if change.sort in AGES}
    renamed = [change.part for change in difference.changes if change.sort is Sort.TITLE]
    titles = [one for key in renamed for one in _titles(difference, key)]
    return titles + (_texts(difference, changed) if changed else [])


def _titles(difference: Difference, key: str) -> list[Aged]:
    """Return the titles in other languages that were not renamed along."""
    before, after = (of_key(facts, key).title for facts in (difference.before, difference.after))
    left = (language for language in after if before.get(language) == after[language])
    return [Aged("title", Text({language: after[language]}), after if key else NOTHING) for language in left]


def _texts(difference: Difference, changed: AbstractSet[str]) -> list[Aged]:
    before, after = difference.before, difference.after
    there = {part.key: part.summary for part in before.parts}
    left = [Aged("summary", after.summary)] if after.summary == before.summary else []
    if after.description == before.description:
        left.append(Aged("description", after.description))
    parts = (part for part in after.live_parts if changed & {part.key, ""})
    left += [Aged("summary", p.summary, p.title) for p in parts if p.summary == there.get(p.key)]
    return [one for one in left if one.text]

"""What many are written, each wording shown once: e-mails are alike that differ by names and links alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping

from s3chem_events.core.values import frozen
from s3chem_events.mailing.letters import Draft, Letter

OWN = frozenset({"reference", "own_page", "calendar", "no_invitations", "leave", "answers"})
"""What is everybody's own in an e-mail that is otherwise the same."""
TRIED, SHOWN = 24, 6
"""Of how many sorts of readers an e-mail is drafted in a language, and how many of those that differ are shown."""


@frozen
class Alike:
    """So many readers of a language who stand alike, by the number of the first; `who` says how they stand."""

    language: str
    first: int
    count: int
    who: Hashable = None


@frozen
class Sample:
    """An e-mail as one of those reads it who get it, how many these are, and how they stand."""

    language: str
    letter: Letter
    count: int
    who: tuple[Hashable, ...]


def tried(readers: Iterable[Alike]) -> list[Alike]:
    """Return of whom an e-mail is drafted: in each language of the sorts with the most readers."""
    found = defaultdict[str, list[Alike]](list)
    for one in sorted(readers, key=lambda one: -one.count):
        found[one.language].append(one)
    return [one for sorts in found.values() for one in sorts[:TRIED]]


def samples(
    readers: Iterable[Alike], drafts: Mapping[int, Draft], write: Callable[[Draft], Letter]
) -> tuple[Sample, ...]:
    """Write out those drafts, by their readers' numbers, that differ: in each language those with the most readers."""
    kinds = list[tuple[Draft, list[Alike]]]()
    for one in readers:
        draft = drafts[one.first]
        same = next((those for other, those in kinds if _is_alike(other, draft)), None)
        if same is None:
            kinds.append((draft, [one]))
        else:
            same.append(one)
    shown, found = Counter[str](), list[Sample]()
    for draft, those in sorted(kinds, key=lambda kind: -sum(one.count for one in kind[1])):
        shown[draft.language] += 1
        if shown[draft.language] <= SHOWN:
            count, who = sum(one.count for one in those), tuple(dict.fromkeys(one.who for one in those))
            found.append(Sample(draft.language, write(draft), count, who))
    return tuple(found)


def _is_alike(one: Draft, other: Draft) -> bool:
    return one.language == other.language and _shared(one) == _shared(other)


def _shared(draft: Draft) -> dict[str, object]:
    return {name: bool(value) if name in OWN else value for name, value in draft.values.items()}

"""How many bounces of a public corpus are judged right, in kind and address: flufl.bounce's own test data.

    pip download --no-deps --no-binary :all: flufl.bounce && tar xzf flufl_bounce-*.tar.gz
    python -m tests.bench.bounces flufl_bounce-*/

What each sample is stands in the corpus's own table, read here as text; nothing of it is copied or run.
"""

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from s3chem_events.mailing import arrivals
from s3chem_events.mailing.addresses import digest

LEAST = 0.98
TABLE = "DETECTORS"
NO_BOUNCES = frozenset({"qmail_08.txt", "groupwise_03.txt"})
"""Samples that say of themselves that they are an automatic reply and a person's answer."""
NAMELESS = ("dumbass_01.txt", "bounce_01.txt")
"""Samples of bounces that the table leaves out, since nobody can tell their address."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a sample is; `addresses` are empty where the corpus names none: then no address may be found either."""

    addresses: frozenset[str]
    is_delay: bool


def truths(corpus: Path) -> dict[str, Truth]:
    """Read the table of the corpus: detector, file, addresses, whether it is only a warning."""
    tree = ast.parse((corpus / "tests" / "test_detectors.py").read_text("utf-8"))
    named = (n for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == TABLE)
    addresses, delays = defaultdict[str, set[str]](set), set()
    for _detector, name, found, is_temporary in ast.literal_eval(next(named).value):
        addresses[name] |= {address.decode() for address in found}
        if is_temporary and found:
            delays.add(name)
    return {
        name: Truth(frozenset(found), name in delays)
        for name, found in (dict.fromkeys(NAMELESS, ()) | addresses).items()
    }


def misjudged(corpus: Path) -> tuple[int, list[str]]:
    """Return how many samples there are, and a line for each that is judged wrong."""
    wanted, wrong = truths(corpus), []
    for name, truth in sorted(wanted.items()):
        arrived = arrivals.read((corpus / "tests" / "data" / name).read_bytes())
        told = arrivals.explained(arrived)
        failed = isinstance(arrived, arrivals.Bounce | arrivals.Delay)
        found = {digest(address) for address in told["addresses"]} if failed else set()
        kinds = {"delay"} if truth.is_delay else {"auto_reply", "human"} if name in NO_BOUNCES else {"bounce"}
        if told["kind"] not in kinds or found != {digest(address) for address in truth.addresses}:
            wrong.append(f"{name}: {told}, expected {sorted(kinds)} {sorted(truth.addresses)}")
    return len(wanted), wrong


def main(corpus: str) -> int:
    """Print the rate; returns 1 where it is too low."""
    count, wrong = misjudged(Path(corpus))
    for line in wrong:
        print(line)
    rate = 1 - len(wrong) / count
    print(f"{count - len(wrong)} of {count} judged right in kind and address: {rate:.1%} (at least {LEAST:.0%})")
    return int(rate < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""Measure and print one table: all figures, or those named (`make bench ARGS="pages race"`)."""

import importlib
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, table

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    known = [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"No benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(known)}.")
    figures: list[Figure] = []
    for name in names or known:
        began = time.monotonic()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        figures += importlib.import_module(f"tests.bench.bench_{name}").run()
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    print(table(figures))


if __name__ == "__main__":
    main(sys.argv[1:])

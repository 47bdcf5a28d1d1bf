"""What a benchmark hands over, and the one table that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure with its goal.

    With a `limit` (what the same machine did at best in the same run, in the same unit) the goal is for the ratio of
    the two; without one it is for the figure itself.
    """

    work: str
    measured: float
    unit: str
    goal: float
    at_least: bool = False  # else: at most
    limit: float | None = None
    against: str = ""  # what the limit is
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.measured / self.limit if self.limit else None

    @property
    def met(self) -> bool:
        value = self.measured if self.ratio is None else self.ratio
        return value >= self.goal if self.at_least else value <= self.goal


def middle(values: Iterable[float]) -> float:
    """The median: one disturbed run does not shift it."""
    return median(values)


HEADER = ("work", "measured", "limit in the same run", "ratio", "goal", "met")


def table(figures: Iterable[Figure]) -> str:
    rows = [HEADER, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _row(figure: Figure) -> tuple[str, ...]:
    limit = f"{_short(figure.limit)} {figure.unit} {figure.against}" if figure.limit else ""
    goal = f"{'>=' if figure.at_least else '<='} {figure.goal:g}{'' if figure.limit else ' ' + figure.unit}"
    note = f" ({figure.note})" if figure.note else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return (
        figure.work,
        f"{_short(figure.measured)} {figure.unit}{note}",
        limit,
        ratio,
        goal,
        "yes" if figure.met else "NO",
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

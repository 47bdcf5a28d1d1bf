"""core.values: what the standard library's frozen dataclass would do, without a function written for each class."""

from dataclasses import asdict, field, replace

import pytest

from s3chem_events.core.values import frozen

pytestmark = pytest.mark.one_database


@frozen
class Seat:
    row: str
    number: int = 1
    note: str = field(default="", compare=False)
    code: str = field(default="", repr=False)


@frozen
class Shelf:
    row: str
    number: int = 1
    note: str = field(default="", compare=False)
    code: str = field(default="", repr=False)


@frozen
class Row:
    seats: tuple[Seat, ...] = ()


def test_values_are_equal_by_what_they_hold_and_show_it():
    seat = Seat("A", code="secret")
    assert seat == Seat("A", 1, "by the window", "secret")
    assert {seat, Seat("A", 1, "by the window", "secret"), Seat("A", code="other")} == {seat, Seat("A", code="other")}
    others: list[object] = [Shelf("A", code="secret"), ("A", 1, "secret"), replace(seat, number=2)]
    assert seat not in others
    assert Row((seat,)) == Row((replace(seat, note="aisle"),)) != Row((replace(seat, row="B"),))
    assert hash(Row((seat,))) == hash(Row((replace(seat, note="aisle"),)))
    assert repr(Row((seat,))) == "Row(seats=(Seat(row='A', number=1, note=''),))"
    assert asdict(seat) == {"row": "A", "number": 1, "note": "", "code": "secret"}
    assert not hasattr(seat, "__dict__")

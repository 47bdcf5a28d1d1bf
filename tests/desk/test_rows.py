"""Lists in a form move what was typed, without a script."""

import pytest
from werkzeug.datastructures import MultiDict

from s3chem_events.desk import rows

TYPED = MultiDict(
    [
        ("title", "A"),
        ("parts-0-title", "one"),
        ("parts-0-items-0-title", "one a"),
        ("parts-0-items-2-title", "one b"),
        ("parts-3-title", "not-a-date"),
        ("parts-3-days", "1"),
        ("parts-3-days", "2"),
    ]
)


@pytest.mark.parametrize(
    "order,wanted",
    [
        ("add:parts", [*TYPED.items(multi=True), ("parts-4-new", "1")]),
        ("add:items", [*TYPED.items(multi=True), ("items-0-new", "1")]),
        ("add:parts-0-items", [*TYPED.items(multi=True), ("parts-0-items-3-new", "1")]),
        (
            "remove:parts-0",
            [("title", "A"), ("parts-3-title", "not-a-date"), ("parts-3-days", "1"), ("parts-3-days", "2")],
        ),
        (
            "up:parts-3",
            [
                ("title", "A"),
                ("parts-3-title", "one"),
                ("parts-3-items-0-title", "one a"),
                ("parts-3-items-2-title", "one b"),
                ("parts-0-title", "not-a-date"),
                ("parts-0-days", "1"),
                ("parts-0-days", "2"),
            ],
        ),
        (
            "down:parts-0-items-0",
            [
                ("title", "A"),
                ("parts-0-title", "one"),
                ("parts-0-items-2-title", "one a"),
                ("parts-0-items-0-title", "one b"),
                ("parts-3-title", "not-a-date"),
                ("parts-3-days", "1"),
                ("parts-3-days", "2"),
            ],
        ),
    ],
)
def test_a_button_changes_the_rows_and_nothing_else(order, wanted):
    assert sorted(rows.changed(TYPED, order).items(multi=True)) == sorted(wanted)


@pytest.mark.parametrize(
    "order", ["", "up:parts-0", "down:parts-3", "remove:parts-9", "remove:parts", "drop:parts-0", "up:"]
)
def test_an_order_that_makes_no_sense_changes_nothing(order):
    assert rows.changed(TYPED, order) is TYPED

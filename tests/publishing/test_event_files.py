"""An event as a file: what it may hold, and where it is wrong."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3chem_events.core.errors import Invalid
from s3chem_events.publishing import files
from s3chem_events.publishing.lifecycle import MOVES, State, WrongMove, check_move

EVENT: dict[str, Any] = {
    "slug": "conference",
    "kind": "conference",
    "state": "save_the_date",
    "title": {"en": "Conference", "fr": "Conférence"},
    "summary": {"en": "Soon."},
    "zone": "Europe/Amsterdam",
    "region": "Limburg",
    "venue": {"city": "Maastricht", "country": "NL"},
    "registration": {"opens": "2027-01-10T09:00", "closes": "2027-06-10T12:00", "grace": 15},
    "parts": [
        {
            "key": "day-1",
            "title": {"en": "Day 1"},
            "starts": "2027-06-17",
            "ends": "2027-06-17",
            "visibility": "invited",
            "approval": True,
            "capacity": {"on_site": 40},
        },
        {
            "key": "day-2",
            "title": {"en": "Day 2"},
            "starts": "2027-06-18T09:30",
            "ends": "2027-06-18T16:00",
            "visibility": "public",
            "capacity": {"on_site": 120, "online": None},
        },
    ],
    "programme": [
        {
            "part": "day-2",
            "on": "2027-06-18",
            "starts": "09:30",
            "title": {"en": "Welcome"},
            "speaker": "TBC",
            "speaker_tbc": True,
        }
    ],
}


def test_what_is_read_is_written_the_same() -> None:
    assert files.write(files.read(EVENT)) == EVENT
    older = files.read(EVENT | {"approval": True})  # as files had it before parts had their own
    assert [part.approval for part in older.parts] == [True, True]


@pytest.mark.parametrize(
    "path, value, complaint",
    [
        ("colour", "red", "colour: unknown key"),
        ("title.xx", "?", "title.xx: unknown language"),
        ("title", {}, "title: at least one language"),
        ("state", "open", "state: unknown value 'open'"),
        ("parts.0.approval", "yes", r"parts\[0\].approval: true or false"),
        ("registration.grace", 500, "registration.grace: a number of minutes"),
        ("registration.grace", True, "registration.grace: a number of minutes"),
        ("zone", "Europe/Atlantis", "zone: 'Europe/Atlantis' is not the name"),
        ("slug", "Not a slug", "slug: small letters"),
        ("parts", [], "parts: an event has at least one part"),
        ("parts.0.ends", "2027-06-16", r"parts\[0\].ends: it ends before it starts"),
        ("parts.0.starts", "17 June", r"parts\[0\].starts"),
        ("parts.1.ends", "2027-06-18", r"parts\[1\].ends: give hours for both ends"),
        ("parts.1.capacity", {}, r"parts\[1\].capacity: at least one"),
        ("parts.1.capacity.on_site", -1, r"parts\[1\].capacity.on_site: a number of places"),
        ("parts.1.capacity.on_site", True, r"parts\[1\].capacity.on_site: a number of places"),
        ("parts.1.visibility", "secret", r"parts\[1\].visibility: unknown value"),
        ("parts.1.key", "day-1", "parts: two parts have the same key"),
        ("parts.1.starts", "2027-03-28T02:30", r"parts\[1\].starts"),  # the hour that the clocks skip (A7)
        ("registration.closes", "2027-01-01T00:00", "registration.closes: registration closes before it opens"),
        ("registration.opens", "2027-10-31T02:30", "registration.opens"),  # the hour that comes twice
        ("title.en", "Nothing\0more", "title.en: a zero byte"),
        ("title.en", "Two\u2028lines", "title.en: one line"),
        ("title.en", "Turned \u202eabout", "title.en: one line"),
        ("summary.en", "Red \x1b[31m", "summary.en: a control character"),
        ("title.en", "A\ud800B", "title.en: a control character, or one that is none"),
        ("summary.de", "A\uffffB", "summary.de: a control character, or one that is none"),
        ("parts.0.reason", {"en": "A\ufffeB"}, r"parts\[0\].reason.en: a control character, or one that is none"),
        ("region", "r" * 121, "region: at most 120 characters"),
        ("venue.name", "n" * 301, "venue.name: at most 300 characters"),
        ("parts.1.key", "k" * 61, r"parts\[1\].key: small letters"),
        ("programme.0.speaker", "s" * 301, r"parts\[1\].programme.speaker: at most 300 characters"),
        ("venue.country", "Netherlands", "venue.country: two capital letters"),
        ("programme.0.part", "day-9", r"programme\[0\].part: there is no part 'day-9'"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(path: str, value: Any, complaint: str) -> None:
    wrong = copy.deepcopy(EVENT)
    if path.startswith("parts"):
        del wrong["programme"]  # it names the parts
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = wrong
    for step in way:
        place = place[step]
    place[last] = value
    with pytest.raises(Invalid, match=complaint):
        files.read(wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*EVENT, "x"]), inner, max_size=4),
    max_leaves=10,
)


@given(JSON, st.sampled_from(list(EVENT)))
def test_any_rubbish_is_refused_and_nothing_crashes(rubbish: Any, key: str) -> None:
    for data in (rubbish, {**EVENT, key: rubbish}):
        try:
            files.read(data)
        except Invalid as refusal:
            assert refusal.path  # noqa: PT017 - rubbish may happen to be right


def test_no_state_follows_the_end() -> None:
    assert MOVES[State.CANCELLED] == MOVES[State.OVER] == frozenset()
    check_move(State.SAVE_THE_DATE, State.ANNOUNCED)
    check_move(State.OVER, State.OVER)
    with pytest.raises(WrongMove):
        check_move(State.CANCELLED, State.ANNOUNCED)

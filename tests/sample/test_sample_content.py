"""The sample content is complete, true to its sources and well set, before any code reads it."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from s3chem_events.mailing import received
from s3chem_events.publishing import files
from s3chem_events.registration import erasing, inviting
from s3chem_events.registration.choices import REGIONS
from s3chem_events.site.pages import AUDIT

SAMPLE = Path(__file__).parents[2] / "s3chem_events" / "sample"
LANGUAGES = ("en", "fr", "de", "nl", "it", "ca", "es", "pl")
FILES = sorted(SAMPLE.rglob("*.json"))
EVENTS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((SAMPLE / "events").glob("*.json"))}
NEWS = json.loads((SAMPLE / "news.json").read_text("utf-8"))
PROJECT = json.loads((SAMPLE / "project.json").read_text("utf-8"))
PAGES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((SAMPLE / "pages").glob("*.json"))}

KEYS = {
    "event": (
        {"slug", "kind", "state", "title", "summary", "zone", "parts"},
        {"description", "region", "venue", "registration", "programme", "report", "note"},
    ),
    "part": ({"key", "title", "starts", "ends", "visibility", "capacity"}, {"summary", "venue"}),
    "programme item": ({"part", "on", "starts", "ends", "title", "speaker", "speaker_tbc"}, set()),
    "news item": ({"slug", "published_on", "title", "lead", "body", "event"}, set()),
}
PLACEHOLDER = re.compile(r"\{june-1[78]\}")
# What the sources print: the first day of each event, with its weekday, or the hour where one is published.
SOURCED = {
    "brussels-2018": ("Thu", "2018-11-22"),
    "halle-2019": ("Tue", "2019-02-26"),
    "magdeburg-2020": ("Wed", "2020-02-12"),
    "mazovia-stakeholders-2018": ("Thu", "2018-03-22"),
    "milan-2017": ("Tue", "2017-05-16"),
    "milan-2022": ("Wed", "2022-05-11"),
    "plock-2018": ("Mon", "2018-09-17"),
    "s3-chemicals-webinar-2020": ("Tue", "2020-07-07"),
    "tarragona-2022": ("Tue", "2022-09-13T16:30"),
    "virtual-closing-event": ("Thu", "2020-10-22T10:00"),
    "warsaw-forum-2019": ("Wed", "2019-08-28T10:30"),
}
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")


def texts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every multilingual text below `value`, with the path to it."""
    if isinstance(value, dict):
        if value.keys() & set(LANGUAGES):
            yield path, value
            return
        for key, inner in value.items():
            yield from texts(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from texts(inner, f"{path}/{position}")


def all_texts() -> Iterator[tuple[str, dict[str, str]]]:
    for file in FILES:
        yield from texts(json.loads(file.read_text("utf-8")), file.stem)


def passages(language: str) -> list[tuple[str, str]]:
    return [(path, text[language]) for path, text in all_texts() if language in text]


def day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def check_keys(what: str, thing: dict[str, Any]) -> None:
    needed, optional = KEYS[what]
    assert needed <= thing.keys() <= needed | optional, (what, thing.keys() ^ needed)


def test_every_text_speaks_all_eight_languages() -> None:
    """What visitors read, the legal pages, and the notes for organisers."""
    found = list(all_texts())
    assert len(found) > 150
    assert [path for path, text in found if tuple(text) != LANGUAGES] == []
    assert [path for path, text in found if not all(value.strip() for value in text.values())] == []


def test_the_privacy_notice_says_the_days_after_which_the_clock_erases() -> None:
    (retention,) = (one["body"] for one in PAGES["privacy"]["sections"] if one["id"] == "retention")
    says = {language: set(re.findall(r"\b\d+\b", text)) for language, text in retention.items()}
    counted = {str(kept.days) for kept in (erasing.KEPT_FOR, inviting.KEPT_FOR)}
    assert [language for language in LANGUAGES if says[language] != counted] == []
    assert received.LONGEST_KEPT == erasing.KEPT_FOR
    assert [language for language, text in retention.items() if AUDIT not in text] == []
    assert PROJECT["audit_until"] is None


def test_files_hold_the_keys_of_the_format_and_no_others() -> None:
    for slug, event in EVENTS.items():
        check_keys("event", event)
        assert event["slug"] == slug
        assert event["kind"] in {"conference", "working_group_meeting", "workshop", "webinar"}
        for part in event["parts"]:
            check_keys("part", part)
            assert part["visibility"] in {"public", "invited"}
            assert part["capacity"].keys() <= {"on_site", "online"}
            assert part["capacity"]
        for item in event.get("programme", []):
            check_keys("programme item", item)
            assert item["part"] in [part["key"] for part in event["parts"]]
    for item in NEWS:
        check_keys("news item", item)


def test_the_product_reads_every_event_and_writes_it_back_the_same() -> None:
    for slug, event in EVENTS.items():
        dated = json.loads(PLACEHOLDER.sub("2027-06-18", json.dumps(event)))
        facts = files.read(dated)
        assert files.read(files.write(facts)) == facts, slug


def test_slugs_and_part_keys_are_unique_and_news_points_at_events() -> None:
    slugs = [item["slug"] for item in NEWS]
    assert len(set(slugs)) == len(slugs)
    assert {item["event"] for item in NEWS} - {None} <= EVENTS.keys()
    for event in EVENTS.values():
        keys = [part["key"] for part in event["parts"]]
        assert len(set(keys)) == len(keys)


def test_events_fall_on_the_weekdays_their_sources_name() -> None:
    past = {slug: event for slug, event in EVENTS.items() if event["state"] == "over"}
    starts = {slug: min(part["starts"] for part in event["parts"]) for slug, event in past.items()}
    assert {slug: (day(start).strftime("%a"), start) for slug, start in starts.items()} == SOURCED


def test_parts_and_programmes_run_forwards() -> None:
    for slug, event in EVENTS.items():
        for part in event["parts"]:
            assert part["starts"] <= part["ends"], slug
            assert ("T" in part["starts"]) is ("T" in part["ends"]), slug
        days = {part["key"]: (part["starts"][:10], part["ends"][:10]) for part in event["parts"]}
        for item in event.get("programme", []):
            first, last = days[item["part"]]
            assert first <= item["on"] <= last, slug


def test_the_final_conference_is_the_only_one_ahead() -> None:
    ahead = EVENTS["final-conference"]
    assert [slug for slug, event in EVENTS.items() if event["state"] != "over"] == ["final-conference"]
    assert [
        (part["key"], part["starts"], part["ends"], part["visibility"], part["capacity"]) for part in ahead["parts"]
    ] == [
        ("day-1", "{june-17}", "{june-17}", "invited", {"on_site": 40}),
        ("day-2", "{june-18}", "{june-18}", "public", {"on_site": 120, "online": None}),
    ]
    assert all("2020" in ahead["note"][language] for language in LANGUAGES)


def test_placeholders_for_dates_stand_in_the_final_conference_alone() -> None:
    assert [file.stem for file in FILES if PLACEHOLDER.search(file.read_text("utf-8"))] == ["final-conference"]


def test_news_is_newest_first() -> None:
    dates = [date.fromisoformat(item["published_on"]) for item in NEWS]
    assert dates == sorted(dates, reverse=True)
    assert next(item for item in NEWS if item["slug"] == "final-conference-suspended")["published_on"] == "2020-08-03"


def test_seven_regions_eight_partners_one_lead() -> None:
    regions = {region["key"] for region in PROJECT["regions"]}
    assert len(regions) == 7
    assert len(PROJECT["partners"]) == 8
    assert {partner["region"] for partner in PROJECT["partners"]} == regions
    assert [partner["region"] for partner in PROJECT["partners"] if partner["lead"]] == ["Saxony-Anhalt"]
    assert [region["key"] for region in PROJECT["regions"]] == [key for key, country in REGIONS.items() if country]
    assert {event["region"] for event in EVENTS.values() if "region" in event} <= regions


def test_funding_statement_names_the_union_and_the_programme_in_every_language() -> None:
    union = {
        "en": "European Union",
        "fr": "Union européenne",
        "de": "Europäische Union",
        "nl": "Europese Unie",
        "it": "Unione europea",
        "ca": "Unió Europea",
        "es": "Unión Europea",
        "pl": "Unia Europejska",
    }
    assert tuple(PROJECT["funding"]["statement"]) == LANGUAGES
    for language, name in union.items():
        assert name in PROJECT["funding"]["statement"][language]
        assert "Interreg Europe" in PROJECT["funding"]["statement"][language]
    assert PROJECT["funding"]["approved"] is False


def test_legal_pages_are_drafts_that_a_person_must_approve() -> None:
    assert set(PAGES) == {"privacy", "imprint", "accessibility"}
    for slug, page in PAGES.items():
        assert page["slug"] == slug
        assert page["to_be_approved"] is True
        date.fromisoformat(page["version"])
        ids = [section["id"] for section in page["sections"]]
        assert len(set(ids)) == len(ids) >= 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_real_address_is_loaded(file: Path) -> None:
    for address in ADDRESS.findall(file.read_text("utf-8")):
        assert address.endswith((".example", "example.org")), address


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_typewriter_quotes_and_no_hyphen_for_a_range(language: str) -> None:
    wrong = re.compile(r"""["']|\d ?- ?\d|\.\.\.""")
    found = [(path, text) for path, text in passages(language) if wrong.search(re.sub(r"\(mailto:[^)]*\)", "", text))]
    assert found == []


def test_french_keeps_its_signs_together() -> None:
    wrong = re.compile(r"[^\u00a0\u202f]([;!?»]|:(?=\s))|«[^\u00a0\u202f]|\d %|[“”„]")
    assert [(path, text) for path, text in passages("fr") if wrong.search(text)] == []


def test_german_quotes_like_german() -> None:
    wrong = re.compile(r"[”«»]|\d %|(?<![„\w])“(?=\w)")
    assert [(path, text) for path, text in passages("de") if wrong.search(text)] == []


@pytest.mark.parametrize(
    "language, wrong",
    [
        ("nl", "[„«»]| [;:!?]"),
        ("it", "[„“”]| [;:!?»]|« "),
        ("ca", r"[„“”]| [;:!?»]|« |l\.l"),
        ("es", r"[„“”]| [;:!?»]|« |^[^¿]*\?"),
        ("pl", r"[“«»]| [;:!?]|\b[aiouwzAIOUWZ] "),
    ],
)
def test_the_five_other_languages_are_set_as_they_are_printed(language: str, wrong: str) -> None:
    assert [(path, text) for path, text in passages(language) if re.search(wrong, text)] == []

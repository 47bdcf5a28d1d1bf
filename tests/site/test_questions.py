"""The organisers' own questions in the public form: asked, checked, kept, and shown to whom they concern."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import dispatch, schedule
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing import queries
from s3chem_events.registration import asking
from s3chem_events.registration.models import Answer, Change, Consent, Question, Registration
from s3chem_events.registration.questions import Kind, Option, QuestionFacts, Readers
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, add_question, count, register, soup, words
from tests.support.desk import filled

FORM = "/en/events/conference/register"
MENU = (Option("meat", Text(en="Meat", fr="Viande")), Option("fish", Text(en="Fish", fr="Poisson")))
DIET: dict[str, Any] = {"kind": Kind.DIET, "label": "Dietary needs", "readers": Readers.CATERER}
ACCESS: dict[str, Any] = {"kind": Kind.ACCESS, "label": "What do you need?", "readers": Readers.ACCESSIBILITY}


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app)


def kept(app: Flask) -> dict[str, Any]:
    """Return the answers in the database, by question."""
    with app.app_context():
        rows = db.session.execute(db.select(Question.key, Answer.value).join(Answer).order_by(Question.position))
        return dict(rows.all())


def consents(app: Flask) -> list[tuple[str, str, str, datetime]]:
    with app.app_context():
        found = db.session.scalars(db.select(Consent).where(Consent.subject != "privacy"))
        return [(one.subject, one.text_version, one.language, one.given_at) for one in found]


def test_every_kind_is_asked_and_its_answer_shown_on_the_own_page(app: Flask, client: FlaskClient) -> None:
    add_question(app, "badge", label="Name on the badge")
    add_question(app, "remarks", kind=Kind.LONG_TEXT, label="Remarks")
    add_question(app, "nights", kind=Kind.NUMBER, label="Nights")
    add_question(app, "lunch", kind=Kind.YES_NO)
    add_question(app, "menu", kind=Kind.ONE_OF, label="Menu", options=MENU)
    add_question(app, "topics", kind=Kind.SEVERAL_OF, label="Topics", options=MENU)
    add_question(app, "arrival", kind=Kind.DATE, label="Arrival")
    add_question(app, "born", kind=Kind.COUNTRY, label="Where from")
    add_question(app, "phone", kind=Kind.PHONE, label="Telephone")
    add_question(app, "photo", kind=Kind.CONSENT, label="I agree to be photographed")
    typed = {
        "question-badge": " Ż.  <b>Ż</b> ",
        "question-remarks": "one\r\ntwo\x07",
        "question-nights": "2,5",
        "question-lunch": "yes",
        "question-menu": "fish",
        "question-topics": ["fish", "meat"],
        "question-arrival": "2027-06-17",
        "question-born": "PL",
        "question-phone": "+48 22 123 45 67",
        "question-photo": "y",
    }
    answer = register(client, **typed)
    assert answer.status_code == 303
    assert kept(app) == {
        "badge": "Ż. <b>Ż</b>",
        "remarks": "one\ntwo",
        "nights": "2.5",
        "lunch": "yes",
        "menu": "fish",
        "topics": ["meat", "fish"],
        "arrival": "2027-06-17",
        "born": "PL",
        "phone": "+48 22 123 45 67",
        "photo": True,
    }
    assert consents(app) == [("question-photo", "1.1", "en", datetime(2026, 11, 23, 12, tzinfo=UTC))]
    facts = soup(client.get(answer.headers["Location"].replace("/en/", "/fr/"))).select_one("#details + dl")
    assert facts is not None
    pairs = {dt.text: dt.find_next("dd").text for dt in facts.find_all("dt")}
    assert {label: pairs[label] for label in ("Menu", "Topics", "Arrival", "Where from", "Name on the badge")} == {
        "Menu": "Poisson",
        "Topics": "Viande, Poisson",
        "Arrival": "jeudi 17 juin 2027",
        "Where from": "Pologne",
        "Name on the badge": "Ż. <b>Ż</b>",
    }


def test_a_wrong_answer_is_said_at_its_field_and_everything_typed_stays(app: Flask, client: FlaskClient) -> None:
    add_question(app, "nights", kind=Kind.NUMBER, label="Nights")
    add_question(app, "menu", kind=Kind.ONE_OF, label="Menu", options=MENU, required=True)
    add_question(app, "arrival", kind=Kind.DATE, label="Arrival")
    add_question(app, "remarks", kind=Kind.LONG_TEXT, label="Remarks")
    answer = register(
        client,
        **{"question-nights": "two", "question-arrival": "2027-02-30", "question-remarks": "</textarea><script>"},
    )
    page = soup(answer)
    assert answer.status_code == 422
    assert [link.text for link in page.select(".problem li a")] == [
        "Enter a number, such as 12 or 2.5.",
        "Please answer: Menu",
        "Enter a date with day, month and year.",
    ]
    assert page.select_one("#question-nights")["value"] == "two"  # type: ignore[index]
    assert page.select_one("#question-remarks").text.strip() == "</textarea><script>"
    assert page.select_one("#question-nights-error") is not None
    assert count(app, Registration) == 0


def test_what_is_asked_only_upon_another_answer_counts_only_then(app: Flask, client: FlaskClient) -> None:
    add_question(app, "lunch", kind=Kind.YES_NO)
    add_question(
        app, "menu", kind=Kind.ONE_OF, label="Menu", options=MENU, required=True, only_if="lunch", only_is="yes"
    )
    groups = soup(client.get(FORM)).select(".only-if")
    assert [group.find("legend").text for group in groups] == ["Only if you answer “Yes” to “Do you stay for lunch?”"]
    assert register(client, **{"question-lunch": "yes"}).status_code == 422
    assert register(client, **{"question-lunch": "no", "question-menu": "fish"}).status_code == 303
    assert kept(app) == {"lunch": "no"}


def test_questions_of_a_closed_part_are_nobodys_business(app: Flask, client: FlaskClient) -> None:
    add_question(app, "secret", label="Which door do you come by?", part="day-1", required=True)
    add_question(app, "open", label="Which hall?", part=PUBLIC_DAY.key)
    page = client.get(FORM).text
    assert ("Which door" in page, "Which hall?" in page, "question-secret" in page) == (False, True, False)
    assert register(client, **{"question-secret": "x", "question-open": "Hall 2"}).status_code == 303
    assert kept(app) == {"open": "Hall 2"}


def test_beside_each_question_stand_its_purpose_its_readers_and_the_day_of_deletion(
    app: Flask, client: FlaskClient
) -> None:
    add_question(app, "lunch", kind=Kind.YES_NO, keep_days=10)
    hint = soup(client.get(FORM)).select_one("#question-lunch-hint")
    assert hint is not None
    assert hint.text == (
        "We order the right number of meals. Seen by the organisers of this event. Deleted on 28 June 2027."
    )


def test_a_dietary_need_is_kept_with_its_consent(app: Flask, client: FlaskClient) -> None:
    add_question(app, "diet", **DIET)
    answer = register(client, **{"question-diet": "coeliac", "question-diet-consent": "y"})
    assert kept(app) == {"diet": "coeliac"}
    assert consents(app) == [("question-diet", "1.1", "en", datetime(2026, 11, 23, 12, tzinfo=UTC))]
    own = client.get(answer.headers["Location"])
    assert ("coeliac" in own.text, "Not shown here, nor whether you told us" in own.text) == (False, True)


def test_without_consent_nothing_of_a_need_is_kept_and_the_page_says_why(app: Flask, client: FlaskClient) -> None:
    add_question(app, "diet", **DIET)
    add_question(app, "access", **ACCESS)
    typed = {"question-diet": "coeliac", "question-access": "A ramp", "question-access-consent": "y"}
    answer = register(client, **typed)
    assert (answer.status_code, kept(app), len(consents(app))) == (303, {"access": "A ramp"}, 1)
    page = words(client.get(answer.headers["Location"]))
    assert (
        "Not kept: what you wrote under “Dietary needs”. You did not tick the box by which you agree to that. "
        "You are registered all the same."
    ) in page
    with app.app_context():
        assert "coeliac" not in str([fact.data for fact in db.session.scalars(db.select(Fact))])


def test_e_mails_say_what_was_chosen_but_never_a_need_and_no_words_of_a_strangers_own(
    app: Flask, client: FlaskClient
) -> None:
    add_question(app, "menu", kind=Kind.ONE_OF, label="Menu", options=MENU, keep_days=90)
    add_question(app, "badge", label="Name on the badge", keep_days=90)
    add_question(app, "remarks", kind=Kind.LONG_TEXT, label="Remarks", keep_days=90)
    add_question(app, "diet", **DIET)
    add_question(app, "access", **ACCESS)
    register(
        client,
        given_name="Ann" * 30,
        organisation="Cheap pills, call 0900 12345",
        **{
            "question-menu": "fish",
            "question-badge": "You won 1,000,000 EUR",
            "question-remarks": "buy now",
            "question-diet": "coeliac",
            "question-diet-consent": "y",
            "question-access": "sign language",
            "question-access-consent": "y",
        },
    )
    with app.app_context():
        dispatch.relay()
        (mail,) = db.session.scalars(db.select(OutgoingEmail).filter_by(kind="registration.confirmed"))
        said = mail.text + mail.html + mail.subject
    assert "Menu: Fish" in said
    strange = ("Cheap pills", "You won", "buy now", "coeliac", "sign language", "Ann" * 20)
    assert [word for word in strange if word in said] == []


def test_a_changed_question_is_shown_at_once_and_asked_again_of_who_saw_the_old_one(
    app: Flask, client: FlaskClient
) -> None:
    add_question(app, "menu", kind=Kind.ONE_OF, label="Menu", options=MENU)
    first = register(client, email="first@uczelnia.example", **{"question-menu": "fish"})
    assert "Menu" in client.get(FORM).text
    old = soup(client.get(FORM)).select_one("[name=questions_shown]")["value"]  # type: ignore[index]
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        (row,) = asking.rows(event.id)
        facts = asking.asked(row)
        swapped = (Option("meat", Text(en="Beef")), Option("fish", Text(en="Tofu")))
        values = {name: getattr(facts, name) for name in ("key", "kind", "purpose", "readers", "keep_days")}
        asking.revise_question(
            event, row, QuestionFacts(**values, label=Text(en="Main dish"), options=swapped), by=OPERATOR
        )
    assert "Main dish" in client.get(FORM).text
    again = register(client, questions_shown=old, **{"question-menu": "fish"})
    assert (again.status_code, "This question has changed" in again.text) == (422, True)
    assert register(client, **{"question-menu": "fish"}).status_code == 303
    page = words(client.get(first.headers["Location"]))
    assert ("Menu Fish" in page, "Tofu" in page) == (True, False)  # what was answered keeps its meaning


def test_answers_are_deleted_on_their_day_once_and_the_registration_stays(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_question(app, "lunch", kind=Kind.YES_NO, keep_days=3)
    add_question(app, "diet", **DIET, keep_days=40)
    register(client, **{"question-lunch": "yes", "question-diet": "vegan", "question-diet-consent": "y"})
    left = []
    for day in (date(2027, 6, 20), date(2027, 6, 21), date(2027, 7, 27), date(2027, 7, 28), date(2027, 7, 29)):
        clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        with app.app_context():
            schedule.tick()
        left.append((sorted(kept(app)), len(consents(app))))
    assert left == [(["diet", "lunch"], 1), (["diet"], 1), (["diet"], 1), ([], 0), ([], 0)]
    with app.app_context():
        facts = db.session.scalars(db.select(Fact).filter_by(kind="answers.erased").order_by(Fact.id)).all()
        assert [(fact.by, fact.data["count"]) for fact in facts] == [("clock", 1), ("clock", 1)]
    assert count(app, Registration) == 1


def test_what_an_answer_was_before_goes_on_its_day_though_it_was_taken_back(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_question(app, "secret", label="Secret", keep_days=3)
    own = register(client, **{"question-secret": "my secret word"}).headers["Location"]
    sent = filled(client.get(f"{own}/change")) | {"question-secret": "", "organisation": "Chemelot"}
    assert client.post(f"{own}/change", data=sent).status_code == 303
    left = []
    for day in (date(2027, 6, 20), date(2027, 6, 21)):
        clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        with app.app_context():
            schedule.tick()
            left.append(dict(db.session.execute(db.select(Change.field, Change.old)).all()))
    plain = {"organisation": "Politechnika"}
    assert left == [plain | {"question-secret": "my secret word"}, plain]


def test_a_need_goes_a_week_after_the_withdrawal(app: Flask, client: FlaskClient, clock: Clock) -> None:
    add_question(app, "lunch", kind=Kind.YES_NO)
    add_question(app, "diet", **DIET)
    answer = register(client, **{"question-lunch": "yes", "question-diet": "vegan", "question-diet-consent": "y"})
    path = answer.headers["Location"] + "/withdrawal"
    token = soup(client.get(path)).select_one("main [name=csrf_token]")["value"]  # type: ignore[index]
    assert client.post(path, data={"csrf_token": token}).status_code == 303
    for days, there in ((6, ["diet", "lunch"]), (2, ["lunch"])):
        clock.advance(days=days)
        with app.app_context():
            schedule.tick()
        assert sorted(kept(app)) == there


@pytest.mark.parametrize(
    "hostile", ["\x00", "\u202eevil", "=1+1", "{{7*7}}", '"><img onerror=x>', "9" * 5_000, "\ud800", "٣", "1e9", "-"]
)
def test_hostile_answers_give_neither_a_fault_nor_an_echo(app: Flask, client: FlaskClient, hostile: str) -> None:
    kinds = [kind for kind in Kind if kind not in {Kind.DIET, Kind.ACCESS, Kind.ONE_OF, Kind.SEVERAL_OF}]
    for kind in kinds:
        add_question(app, kind.value.replace("_", "-"), kind=kind, label=kind.value)
    add_question(app, "one", kind=Kind.ONE_OF, label="one", options=MENU)
    add_question(app, "several", kind=Kind.SEVERAL_OF, label="several", options=MENU)
    value = hostile.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    keys = [*(kind.value.replace("_", "-") for kind in kinds), "one", "several"]
    answer = register(client, **{f"question-{key}": [value, value] for key in keys})
    assert answer.status_code in {303, 422}
    assert '"><img onerror' not in answer.text

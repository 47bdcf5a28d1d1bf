"""What a participant told us, changed by the own link; what others may not see, behind a code by e-mail."""

import json
import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from s3chem_events import schedule
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration import answering
from s3chem_events.registration.models import Answer, Change, Code, Consent, Registration
from tests.conftest import Clock
from tests.factories import add_event, add_question, count, hidden, not_me, register, revise_event, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import confirm, enrol, kept, rows, work
from tests.support.snapshot import everything, scanned

LINK = r"http://localhost(/\w\w/registrations/[\w.-]+)(?=\s)"
FORMER = r"http://localhost(/\w\w/registrations/former-address/[\w.-]+)"


@pytest.fixture(autouse=True)
def event(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED)
    add_question(app, "hall", label="Do you help in the hall?", kind="yes_no", keep_days=90)
    add_question(app, "topic", label="Your topic", kind="text")
    add_question(app, "diet", label="Dietary needs", kind="diet", readers="caterer")


@pytest.fixture
def own(app: Flask) -> str:
    answers = {
        "question-hall": "yes",
        "question-topic": "Membranes",
        "question-diet": "coeliac",
        "question-diet-consent": "y",
    }
    page = str(register(app.test_client(), **answers).headers["Location"])
    assert work(app) == 1
    return page


def change(client: FlaskClient, own: str, **typed: str | None) -> TestResponse:
    """Open the form, change some of its fields and send it."""
    page = client.get(f"{own}/change")
    assert page.status_code == 200
    sent = filled(page) | typed
    return client.post(f"{own}/change", data={name: value for name, value in sent.items() if value is not None})


def press(client: FlaskClient, path: str, **typed: str) -> TestResponse:
    return client.post(path, data=hidden(client, path) | typed)


def newest(app: Flask) -> KeptMail:
    return kept(app)[-1]


def code_of(mail: KeptMail) -> str:
    found = re.search(r"^(\d{4} \d{4})$", mail.text, re.MULTILINE)
    assert found is not None
    return found[1]


def unlock(app: Flask, client: FlaskClient, own: str) -> None:
    """Have a code sent, and enter it."""
    assert press(client, f"{own}/code", press="send").status_code == 303
    assert work(app) == 1
    assert press(client, f"{own}/code", press="enter", code=code_of(newest(app))).status_code == 303


def test_what_the_entrance_was_told_is_shown_to_nobody_again_with_or_without_the_code(
    app: Flask, client: FlaskClient, own: str
) -> None:
    add_question(app, "card", label="Identity card", when="afterwards", readers="gate", keep_days=3)
    sent = hidden(client, f"{own}/details") | {"question-card": "AB 123456"}
    assert client.post(f"{own}/details", data=sent).status_code == 303
    locked = client.get(own).text
    unlock(app, client, own)
    seen = client.get(own).text
    assert [("coeliac" in page, "Identity card" in page, "AB 123456" in page) for page in (locked, seen)] == [
        (False, False, False),
        (True, False, False),
    ]


def link_in(mail: KeptMail, pattern: str = LINK) -> str:
    found = re.search(pattern, mail.text)
    assert found is not None, mail.text
    return found[1]


def test_looking_changes_nothing_and_a_mere_reader_is_given_no_cookie(app: Flask, own: str) -> None:
    reader = app.test_client()
    assert "Set-Cookie" not in reader.get(own).headers
    before = everything(app)
    assert scanned(reader, [f"{own}{page}" for page in ("", "/change", "/code", "/code?for=change")]) == []
    assert everything(app) == before


def test_organisation_is_changed_told_by_mail_exported_and_the_old_one_stays_in_the_history(  # B10
    app: Flask, client: FlaskClient, own: str
) -> None:
    confirm(app, "zaneta@uczelnia.example")
    answer = change(client, own, organisation="Evil.example & Co", **{"question-hall": "no"})
    assert (answer.status_code, answer.location) == (303, f"{own}?done=change")
    page = client.get(answer.location)
    assert [one.get_text() for one in soup(page).select("[role=status]")] == [
        "Saved. An e-mail that lists the changes is on its way."
    ]
    assert "An e-mail with the details is on its way" not in words(page)
    assert work(app) == 1
    mail = newest(app)
    assert (mail.envelope.to, mail.calendar) == ("Żaneta Źdźbło <zaneta@uczelnia.example>", "")
    assert mail.envelope.subject == "Your registration has been changed: Final conference, 18 June 2027 (Żaneta Źdźbło)"
    told = mail.text.partition("This is different now:\n\n")[2].partition("Reference")[0]
    assert told == (
        "- Organisation\n  before: Politechnika\n  now: Evil.\u200bexample & Co\n\n"
        "- Do you help in the hall?\n  before: Yes\n  now: No\n\n"
    )
    desk = signed_in(app)
    (row,) = json.loads(desk.get("/desk/events/conference/participants.json").data)
    assert (row["organisation"], row["question-hall"]) == ("Evil.example & Co", "no")
    assert "Evil.example & Co" in words(desk.get("/desk/events/conference/participants"))
    person = words(desk.get(f"/desk/events/conference/participants/{row['reference']}"))
    assert re.search(
        r"Details changed · 23 November 2026[^·]+· .*?Organisation: Politechnika → Evil.example & Co "
        r"Do you help in the hall\?: Yes → No",
        person,
    )


def test_what_a_stranger_changes_is_mailed_without_its_words_until_somebody_shows_that_she_reads_the_mailbox(
    app: Flask, client: FlaskClient, own: str
) -> None:
    def told(typed: str, page: str) -> str:
        assert change(client, page, organisation=typed).status_code == 303
        assert work(app) == 1
        return newest(app).text.partition("This is different now:\n\n")[2].partition("Reference")[0]

    assert told("Pay 100 EUR at once", own) == "- Organisation\n  changed; not shown in e-mails\n\n"
    assert ("Pay" in newest(app).text + newest(app).html, "Was this not you?" in newest(app).html) == (False, True)
    assert client.get(link_in(newest(app), r"http://localhost(/en/registrations/\S+/not-me)")).status_code == 200
    mailed = link_in(kept(app)[0])
    assert told("Institut", mailed) == "- Organisation\n  before: Pay 100 EUR at once\n  now: Institut\n\n"
    assert "not-me" not in newest(app).text + newest(app).html


def test_history_tells_of_answers_only_those_who_may_read_answers(app: Flask, client: FlaskClient) -> None:
    add_question(app, "mobile", label="Mobile", kind="phone")
    own = str(register(client, **{"question-mobile": "+49 111 222", "question-topic": "Membranes"}).location)
    assert work(app) == 1
    unlock(app, client, own)
    told = {"question-mobile": "+49 333 444", "question-topic": "Polymers", "organisation": "Institut"}
    assert change(client, own, **told).status_code == 303
    with app.app_context():
        reference = db.session.scalars(db.select(Registration.reference)).one()
    said = ("Organisation: Politechnika → Institut", "+49 111 222 → +49 333 444", "Membranes → Polymers", "Your topic")
    seen = {}
    for role in (Role.PARTNER_ORGANISER, Role.DESK_HELPER, Role.READ_ONLY):
        desk = signed_in(app, role, events=("conference",))
        page = words(desk.get(f"/desk/events/conference/participants/{reference}"))
        seen[role] = [one in page for one in (*said, "Polymers", "+49")]
    none = [True, *[False] * 5]
    assert seen == {Role.PARTNER_ORGANISER: [True] * 6, Role.DESK_HELPER: none, Role.READ_ONLY: none}


def test_without_a_difference_nothing_is_saved_and_nobody_is_written_to(
    app: Flask, client: FlaskClient, own: str
) -> None:
    client.get(f"{own}/change")
    before = everything(app)
    answer = change(client, own)
    assert (answer.status_code, "Nothing is different" in words(answer)) == (200, True)
    assert everything(app) == before
    assert work(app) == 0


def test_faults_stand_at_their_fields_and_what_was_typed_is_kept(app: Flask, client: FlaskClient, own: str) -> None:
    answer = change(client, own, given_name="", family_name="", organisation="Kept", region="Other EU", country="")
    assert answer.status_code == 422
    page = soup(answer)
    problem = page.select_one(".problem")
    assert problem is not None
    assert [link["href"] for link in problem.select("a")] == ["#given_name", "#country"]
    assert page.select_one("#organisation")["value"] == "Kept"  # type: ignore[index]
    assert count(app, Change) == 0


def test_second_tab_sees_what_the_first_has_changed(app: Flask, client: FlaskClient, own: str) -> None:
    first, second = filled(client.get(f"{own}/change")), filled(client.get(f"{own}/change"))
    assert client.post(f"{own}/change", data=first | {"organisation": "First"}).status_code == 303
    answer = client.post(f"{own}/change", data=second | {"organisation": "Second"})
    assert answer.status_code == 409
    assert "Changed meanwhile Organisation : Politechnika → First" in words(answer)
    assert filled(answer)["organisation"] == "Second"
    assert client.post(f"{own}/change", data=filled(answer)).status_code == 303
    with app.app_context():
        told = db.session.execute(db.select(Change.old, Change.new).order_by(Change.id)).all()
    assert [tuple(row) for row in told] == [("Politechnika", "First"), ("First", "Second")]


def test_whoever_has_the_name_and_the_address_already_is_not_become(app: Flask, client: FlaskClient, own: str) -> None:
    register(app.test_client(), given_name="Jan")
    answer = change(client, own, given_name="Jan")
    assert answer.status_code == 409
    assert "Somebody with this name and this address is registered for this event already." in words(answer)
    assert count(app, Registration, given_name="Jan") == 1


def test_new_name_is_sorted_found_and_still_the_same_person(app: Flask, client: FlaskClient, own: str) -> None:
    assert change(client, own, given_name="Núria", family_name="Ors").status_code == 303
    with app.app_context():
        row = db.session.scalars(db.select(Registration)).one()
        assert (row.sort_name, "nuria ors" in row.search, "zdzblo" in row.search) == ("ors nuria", True, False)
    again = register(app.test_client(), given_name="Núria", family_name="Ors")
    assert again.status_code == 409


def test_what_few_may_read_is_hidden_until_the_code_is_entered_and_then_in_this_browser_alone(  # C8
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    forwarded = app.test_client()
    page = words(forwarded.get(own))
    assert ("Żaneta Źdźbło" in page, "Confirmed" in page, "18 June 2027" in page) == (True, True, True)
    assert ("coeliac" in page, "Not shown here, nor whether you told us" in page) == (False, True)
    form = forwarded.get(f"{own}/change")
    assert ("coeliac" in form.text, soup(form).select('[name="email"], [name="question-diet"]')) == (False, [])
    unlock(app, client, own)
    assert "coeliac" in words(client.get(own))
    assert "coeliac" in client.get(f"{own}/change").text
    assert "coeliac" not in forwarded.get(own).text
    clock.advance(minutes=31)
    assert "coeliac" not in client.get(own).text


def test_who_may_not_see_it_may_not_change_it_either(app: Flask, client: FlaskClient, own: str) -> None:
    sent = filled(client.get(f"{own}/change")) | {"email": "evil@elsewhere.example", "question-diet": "vegan"}
    answer = client.post(f"{own}/change", data=sent)
    assert (answer.status_code, "coeliac" in answer.text) == (403, False)
    assert filled(answer)["email"] == "evil@elsewhere.example"
    assert (count(app, Change), work(app)) == (0, 0)


def test_need_that_changed_is_told_as_changed_and_its_words_are_kept_nowhere_else(
    app: Flask, client: FlaskClient, own: str
) -> None:
    unlock(app, client, own)
    assert change(client, own, **{"question-diet": "halal", "question-diet-consent": "y"}).status_code == 303
    assert work(app) == 1
    assert "- Dietary needs\n  changed; not shown in e-mails\n" in newest(app).text
    with app.app_context():
        change_row = db.session.scalars(db.select(Change)).one()
        assert (change_row.field, change_row.old, change_row.new) == ("question-diet", None, None)
        rows = db.session.execute(db.select(Consent.subject, Consent.withdrawn_at).order_by(Consent.id))
        consents = [(subject, ended is not None) for subject, ended in rows]
        # The old consent stays as proof, with its end.
        assert consents == [("privacy", False), ("question-diet", True), ("question-diet", False)]
    assert "halal" in client.get(own).text
    assert change(client, own, **{"question-diet-consent": None}).status_code == 303  # the consent is taken back
    assert "halal" not in client.get(own).text
    assert count(app, Consent, subject="question-diet") == 2
    assert count(app, Consent, subject="question-diet", withdrawn_at=None) == 0


def test_codes_work_once_end_after_half_an_hour_and_are_few(  # C8, C9
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    path = f"{own}/code"
    press(client, path, press="send")
    work(app)
    first = newest(app)
    code = code_of(first)
    assert first.envelope.to == "Żaneta Źdźbło <zaneta@uczelnia.example>"
    assert first.envelope.subject == "A code for your registration: Final conference"
    assert code.replace(" ", "") not in repr(everything(app)["registration_code"])
    other = app.test_client()
    assert press(client, path, press="enter", code=code.replace(" ", "")).status_code == 303
    assert press(other, path, press="enter", code=code).status_code == 422  # used
    press(other, path, press="send")
    work(app)
    second = code_of(newest(app))
    clock.advance(minutes=30)
    assert press(other, path, press="enter", code=second).status_code == 422  # too late
    press(other, path, press="send")
    work(app)
    third = code_of(newest(app))
    wrong = [press(other, path, press="enter", code=f"0000000{n}").status_code for n in range(5)]
    assert wrong == [422] * 5
    assert press(other, path, press="enter", code=third).status_code == 422  # five wrong ones have ended it
    fourth = press(other, path, press="send")
    assert (fourth.status_code, "Three codes have been sent within an hour." in words(fourth)) == (429, True)
    assert work(app) == 0
    clock.advance(hours=1)
    assert press(other, path, press="send").status_code == 303


@pytest.mark.settings(LIMITS="on")
def test_guessing_codes_is_slowed_for_a_network(app: Flask, client: FlaskClient, own: str) -> None:
    path = f"{own}/code"
    press(client, path, press="send")
    data = hidden(client, path) | {"press": "enter"}
    answers = [client.post(path, data=data | {"code": f"{n}"}).status_code for n in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_code_is_read_at_the_desk_by_nobody(app: Flask, client: FlaskClient, own: str) -> None:
    press(client, f"{own}/code", press="send")
    work(app)
    code, email = code_of(newest(app)), rows(app)[-1].id
    desk = signed_in(app)
    assert code not in desk.get(f"/desk/mail/{email}").text
    assert code not in desk.get(f"/desk/mail/{email}/body").text


def test_another_address_is_sent_its_own_link_and_the_old_one_is_told_and_can_be_put_back(  # C8
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    invited = newest(app)
    unlock(app, client, own)
    confirm(app, "zaneta@home.example")
    typed = change(client, own, email="zaneta@home.example")
    assert (typed.status_code, typed.location == f"{own}?done=change") == (303, False)
    assert client.get(own).status_code == 404  # what was sent to the old mailbox opens nothing any more
    assert work(app) == 2
    fresh, left = sorted(kept(app)[-2:], key=lambda mail: "uczelnia" in mail.envelope.to)
    assert ("home.example" in fresh.envelope.to, "uczelnia.example" in left.envelope.to) == (True, True)
    entry, before = (Calendar.from_ical(mail.calendar).events[0] for mail in (fresh, invited))
    assert int(entry["SEQUENCE"]) > int(before["SEQUENCE"])
    assert (fresh.method, entry["UID"], entry["ATTENDEE"]) == ("REQUEST", before["UID"], "mailto:zaneta@home.example")
    assert "  before: zaneta@uczelnia.example\n  now: zaneta@home.example\n" in fresh.text
    assert link_in(fresh) not in left.text
    assert "home.example" not in left.text + left.html
    page = link_in(fresh)
    assert client.get(page).status_code == 200
    assert words(app.test_client().get(page))  # the new mailbox's own link
    undo = link_in(left, FORMER)
    snapshot = everything(app)
    assert scanned(client, [undo]) == []
    assert everything(app) == snapshot
    asked = hidden(client, undo)
    assert client.post(undo, data=asked).status_code == 200
    assert work(app) == 2
    back, gone = sorted(kept(app)[-2:], key=lambda mail: "home" in mail.envelope.to)
    assert ("uczelnia.example" in back.envelope.to, re.search(FORMER, gone.text)) == (True, None)
    assert client.get(page).status_code == 404
    assert client.get(link_in(back)).status_code == 200
    again = everything(app)
    assert client.post(undo, data=asked).status_code == 200
    assert everything(app) == again
    assert (count(app, Fact, kind="registration.address_put_back"), work(app)) == (1, 0)


def test_first_owner_puts_her_address_back_however_often_it_was_changed(
    app: Flask, client: FlaskClient, own: str
) -> None:
    mallory, page = client, own
    for email in ("first@evil.example", "second@evil.example", "SECOND@evil.example"):
        unlock(app, mallory, page)
        page = str(change(mallory, page, email=email).headers["Location"]).partition("?")[0]
        work(app)
    owner, first = (
        next(link_in(mail, FORMER) for mail in kept(app) if who in mail.envelope.to and re.search(FORMER, mail.text))
        for who in ("zaneta@uczelnia.example", "first@evil.example")
    )
    asked = hidden(client, first)
    assert client.post(first, data=asked).status_code == 200
    assert count(app, Registration, email="first@evil.example") == 1
    assert press(client, owner).status_code == 200
    assert count(app, Registration, email="zaneta@uczelnia.example") == 1
    assert client.post(first, data=asked).status_code == 409
    assert count(app, Registration, email="zaneta@uczelnia.example") == 1


def test_address_cannot_be_put_back_after_a_day(app: Flask, client: FlaskClient, clock: Clock, own: str) -> None:
    unlock(app, client, own)
    change(client, own, email="zaneta@home.example")
    work(app)
    undo = next(link_in(mail, FORMER) for mail in kept(app)[-2:] if re.search(FORMER, mail.text))
    clock.advance(hours=23, minutes=59)
    data = hidden(client, undo)
    clock.advance(minutes=1)
    assert "This can no longer be done here" in words(client.get(undo))
    late = client.post(undo, data=data)
    assert (late.status_code, count(app, Registration, email="zaneta@home.example")) == (409, 1)


def test_blocked_address_is_refused_in_words(app: Flask, client: FlaskClient, own: str) -> None:
    stranger = str(register(app.test_client(), email="not@home.example").headers["Location"])
    press(client, not_me(app, stranger))
    unlock(app, client, own)
    answer = change(client, own, email="not@home.example")
    assert (answer.status_code, "This address cannot be used at the moment." in words(answer)) == (403, True)
    assert count(app, Registration, email="not@home.example") == 0


def test_nothing_is_changed_of_what_is_withdrawn_or_over(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    sent = filled(client.get(f"{own}/change")) | {"organisation": "Late"}
    clock.set(datetime.fromisoformat("2027-06-19T00:00:00+02:00"))
    assert client.post(f"{own}/change", data=sent).location == own
    clock.set(datetime.fromisoformat("2026-11-24T12:00:00+00:00"))
    press(client, f"{own}/withdrawal")
    assert work(app) == 1
    assert client.get(f"{own}/change").location == own
    assert [one["href"] for one in soup(client.get(own)).select("#change ~ ul a")] == [f"{own}/code"]  # and seen
    unlock(app, client, own)
    assert client.get(f"{own}/code").location == own
    assert soup(client.get(own)).select("#change") == []
    assert count(app, Registration, organisation="Late") == 0


def test_answers_and_what_they_said_before_are_erased_together(
    app: Flask, client: FlaskClient, clock: Clock, own: str
) -> None:
    assert change(client, own, **{"question-topic": "Catalysts"}).status_code == 303
    assert count(app, Change, field="question-topic") == 1
    clock.set(datetime.fromisoformat("2027-07-20T12:00:00+00:00"))
    with app.app_context():
        schedule.tick()
    assert (count(app, Change), count(app, Code)) == (0, 0)


def test_disowned_registration_takes_its_history_with_it(app: Flask, client: FlaskClient, own: str) -> None:
    change(client, own, organisation="Other")
    press(client, f"{own}/code", press="send")
    press(client, not_me(app, own))
    assert (count(app, Registration), count(app, Change), count(app, Code)) == (0, 0, 0)


@pytest.mark.counted_elsewhere
@pytest.mark.one_database
def test_each_of_these_emails_speaks_every_language(app: Flask, client: FlaskClient, clock: Clock) -> None:
    for language in LANGUAGES:
        clock.advance(days=2)
        enrol(app, language=language, email=f"anna@{language}.example")
        work(app)
        page = link_in(newest(app))
        unlock(app, client, page)
        assert change(client, page, organisation="Other").status_code == 303
        assert change(client, page, email=f"anna@new-{language}.example").status_code == 303
        assert work(app) == 3
        mails = kept(app)[-4:]
        assert [mail.language for mail in mails] == [language] * 4
        english = {"This is different now", "Your code", "has another address now", "From now on we write"}
        if language != "en":
            assert [word for word in english for mail in mails if word in mail.text + mail.envelope.subject] == []


def test_links_of_a_cancelled_event_still_say_what_became_of_it(app: Flask, client: FlaskClient, own: str) -> None:
    revise_event(app, state=State.CANCELLED)
    assert client.get(f"{own}/change").location == own
    assert words(client.get(own)).endswith(
        "What you can do now Show what is hidden We send a code to your e-mail address for that."
    )


def test_a_need_goes_with_the_answer_upon_which_it_was_asked(app: Flask, client: FlaskClient) -> None:
    add_question(app, "step", label="A step?", kind="access", readers="accessibility", only_if="hall", only_is="yes")
    need = {"question-hall": "yes", "question-step": "A ramp", "question-step-consent": "y"}
    own = str(register(client, **need).headers["Location"])
    work(app)
    with app.app_context():
        assert answering.open_requests() == {"conference": 1}
    assert "question-step" not in filled(client.get(f"{own}/change"))  # without a code
    assert change(client, own, **{"question-hall": "no"}).status_code == 303
    with app.app_context():
        assert [one.value for one in db.session.scalars(db.select(Answer))] == ["no"]
        consent = db.session.scalars(db.select(Consent).filter_by(subject="question-step")).one()
        assert consent.withdrawn_at is not None
        assert answering.open_requests() == {}
    work(app)
    assert ("A step?" in newest(app).text, "A ramp" in newest(app).text) == (True, False)


def test_an_answer_to_other_words_is_none_to_the_new_ones_and_stays_until_they_are_answered(
    app: Flask, client: FlaskClient, own: str
) -> None:
    desk, path = signed_in(app), "/desk/events/conference/questions/hall"
    assert desk.post(path, data=filled(desk.get(path)) | {"label": "Are you away?", "required": "y"}).status_code == 303
    form = client.get(f"{own}/change")
    assert ("Are you away?" in words(form), "question-hall" in filled(form)) == (True, False)

    def told() -> list[tuple[str, int]]:
        with app.app_context():
            rows = db.session.scalars(db.select(Answer).join(Answer.question).filter_by(key="hall"))
            return [(one.value, one.version) for one in rows]

    assert change(client, own, organisation="Elsewhere").status_code == 303  # nobody is made to answer anew
    assert ("Do you help in the hall?" in words(client.get(own)), told()) == (True, [("yes", 1)])
    assert change(client, own, **{"question-hall": "yes"}).status_code == 303
    assert ("Are you away?" in words(client.get(own)), told()) == (True, [("yes", 2)])
    assert filled(client.get(f"{own}/change"))["question-hall"] == "yes"

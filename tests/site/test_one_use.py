"""An invitation for one person lets one person in, whatever becomes of her place."""

import re

import pytest
from flask import Flask

from s3chem_events.core.db import db
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration import invitation
from s3chem_events.registration.models import Participation, Registration
from tests.conftest import Clock
from tests.factories import add_event, add_guest, hidden, register, words
from tests.support.desk import filled
from tests.support.post import kept, work


@pytest.fixture
def link(app: Flask, clock: Clock) -> str:
    """Return where the one invitation is taken up."""
    add_event(app, state=State.ANNOUNCED)
    number = add_guest(app)
    with app.app_context():
        return f"{invitation.address_of(number, language='en')}/registration"


def comes(app: Flask, link: str, name: str) -> tuple[int, str]:
    typed = {"given_name": name, "email": f"{name.lower()}@park.example", "parts": "day-1", "mode-day-2": None}
    answer = register(app.test_client(), link, **typed)
    return answer.status_code, answer.location or words(answer)


def there(app: Flask) -> list[str]:
    with app.app_context():
        held = db.select(Registration.given_name).join(Participation).where(Participation.standing == "confirmed")
        return list(db.session.scalars(held))


def test_place_that_is_handed_over_does_not_open_the_invitation_again(app: Flask, link: str) -> None:
    status, own = comes(app, link, "Anna")
    assert status == 303
    work(app)
    browser, code_page = app.test_client(), f"{own}/code?for=substitution"
    browser.post(code_page, data=hidden(browser, code_page) | {"press": "send"})
    work(app)
    code = re.search(r"^\d{4} \d{4}$", kept(app)[-1].text, re.MULTILINE)
    assert code is not None
    browser.post(code_page, data=hidden(browser, code_page) | {"press": "enter", "code": code.group()})
    colleague = {"given_name": "Jan", "family_name": "Kowalski", "email": "jan@park.example", "agreed": "y"}
    page = f"{own}/substitution"
    assert browser.post(page, data=filled(browser.get(page)) | colleague).status_code == 303
    assert there(app) == ["Jan"]
    status, _said = comes(app, link, "Berta")
    assert (status, there(app)) == (410, ["Jan"])


def test_withdrawal_is_not_undone_once_somebody_else_came_by_the_invitation(app: Flask, link: str) -> None:
    _status, own = comes(app, link, "Anna")
    browser = app.test_client()
    assert browser.post(f"{own}/withdrawal", data=hidden(browser, f"{own}/withdrawal")).status_code == 303
    assert comes(app, link, "Berta")[0] == 303
    back = f"{own}/restoration"
    answer = browser.post(back, data=hidden(browser, back))
    said = "Somebody else has registered by your invitation in the meantime." in words(answer)
    assert (answer.status_code, said, there(app)) == (409, True, ["Berta"])

"""Pages and e-mails say the same of a place: what is still to be done stands wherever one looks."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.text import Text
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.facts import PartFacts
from s3chem_events.publishing.lifecycle import Mode
from tests.conftest import Clock
from tests.factories import FILLED_WORKSHOP, WORKSHOP, add_event, add_question, hidden, soup, words
from tests.flows.test_delegations import filled, own_links, sent_again
from tests.flows.test_waiting_list import PATH, press, tick, withdraw
from tests.support.post import kept, work

TALKS = PartFacts(
    key="talks",
    title=Text(en="Talks"),
    starts=datetime.fromisoformat("2027-08-25T09:00"),
    ends=datetime.fromisoformat("2027-08-25T12:00"),
    capacity={Mode.ON_SITE: 9},
)
PLANT = replace(
    TALKS,
    key="plant",
    title=Text(en="Plant tour"),
    starts=datetime.fromisoformat("2027-08-25T13:00"),
    ends=datetime.fromisoformat("2027-08-25T15:00"),
    capacity={Mode.ON_SITE: 1},
)


def come(app: Flask, name: str, *parts: str) -> str:
    """Register somebody for some parts; returns the own page's path."""
    visitor = app.test_client()
    typed = FILLED_WORKSHOP | {"given_name": name, "email": f"{name.lower()}@x.example", "parts": list(parts)}
    answer = visitor.post(PATH, data={**typed, **hidden(visitor, PATH)})
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def mails(app: Flask) -> list[KeptMail]:
    """Let the worker write; returns what it sent."""
    done = work(app)
    return kept(app)[-done:] if done else []


def both(mail: KeptMail) -> list[str]:
    """Return the two parts of an e-mail in plain words, the text first."""
    html = BeautifulSoup(mail.html, "html.parser").get_text(" ")
    return [" ".join(one.split()) for one in (mail.text, html)]


def test_a_confirmation_sent_again_tells_of_the_offer_that_is_running(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, parts=(TALKS, PLANT))
    anna, tom = come(app, "Anna", "plant"), come(app, "Tom", "talks", "plant")
    assert [mail.envelope.subject.partition(":")[0] for mail in mails(app)][1:] == [
        "You are registered, in part on the waiting list"
    ]
    withdraw(client, anna)
    offer = next(mail for mail in mails(app) if "A place is free for you" in mail.envelope.subject)
    clock.advance(minutes=20)
    assert client.post(f"{tom}/confirmation", data=hidden(client, f"{tom}/confirmation")).status_code == 303
    (again,) = mails(app)
    assert again.envelope.subject.startswith("You are registered, and one more place is free for you: Workshop")
    until = re.search(r"We are holding it for you until ([^.]+)\.", both(offer)[0])
    assert until is not None
    for said in both(again):
        assert "do not need to do anything" not in said
        assert f"We are holding it for you until {until.group(1)}." in said
        assert said.index("Talks") < said.index("We are holding it") < said.index("Plant tour")
        assert "Accept or decline" in said
    place = re.search(r"http://localhost(\S+/place/plant)", again.text)
    assert place is not None
    assert f'href="http://localhost{place.group(1)}"' in again.html
    assert press(client, place.group(1).removesuffix("/place/plant"), "accept", "plant").status_code == 303


def test_details_that_came_too_late_for_the_entrance_are_wanted_wherever_one_looks(
    app: Flask, client: FlaskClient, clock: Clock
):
    add_event(app, WORKSHOP, parts=(TALKS, replace(PLANT, capacity={Mode.ON_SITE: 5})))
    gate = {"when": "afterwards", "readers": "gate", "keep_days": 3, "purpose": "The gate", "part": "plant"}
    add_question(app, "card", slug="workshop", label="Identity card", required=True, **gate)
    terms = "give them here until 24 August 2027, 14:00 CEST; after that, please write to the organisers, or call them."
    pages = ("/en/events/workshop", PATH, f"{PATH}/group")
    assert [terms in words(client.get(page)) for page in pages] == [True] * 3
    told = come(app, "Tara", "plant")
    typed = hidden(client, f"{told}/details") | {"question-card": "AB 1"}
    assert client.post(f"{told}/details", data=typed).status_code == 303
    anna = come(app, "Anna", "talks", "plant")
    mails(app)
    clock.set(datetime(2027, 8, 24, 13, 10, tzinfo=UTC))
    dora = come(app, "Dora", "plant")
    tick(app)
    assert [terms in words(client.get(page)) for page in pages] == [True] * 3
    page = "The entrance still needs details from you. They could be given here until 24 August 2027, 14:00 CEST; now"
    assert [page in words(client.get(own)) for own in (told, anna, dora)] == [False, True, True]
    assert client.post(f"{anna}/confirmation", data=hidden(client, f"{anna}/confirmation")).status_code == 303
    late = "The entrance still needs from you: “Identity card”. This could be told on your personal page until 24"
    kinds: dict[tuple[str, str], list[bool]] = {}
    for mail in mails(app):
        kind = mail.envelope.subject.partition(":")[0]
        told_to = kinds.setdefault((kind, mail.envelope.to.partition(" ")[0]), [False, False])  # one for each part
        told_to[:] = [was or late in said for was, said in zip(told_to, both(mail), strict=True)]
        assert not [said for said in both(mail) if late in said and "do not need to do anything" in said]
    confirmed, reminder, yes, no = "Your place is confirmed", "Reminder", [True, True], [False, False]
    said = {(reminder, name): yes for name in ("Anna", "Dora")} | {(confirmed, name): yes for name in ("Anna", "Dora")}
    assert kinds == said | {(reminder, "Tara"): no}
    clock.set(datetime(2027, 8, 25, 13, 30, tzinfo=UTC))  # it is over
    assert page not in words(client.get(anna))


def test_code_is_offered_whether_a_need_was_told_or_not(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, parts=(TALKS,))
    silent = come(app, "Silent", "talks")
    assert "Show what is hidden" not in words(client.get(silent))
    add_question(app, "diet", slug="workshop", label="Diet", kind="diet", readers="caterer", keep_days=7)
    visitor = app.test_client()
    need = {"question-diet": "coeliac", "question-diet-consent": "y", "given_name": "Told", "email": "told@x.example"}
    told = visitor.post(PATH, data={**FILLED_WORKSHOP, "parts": "talks", **need, **hidden(visitor, PATH)}).location
    assert told is not None
    alike = [re.sub("Told|told|Silent|silent|[0-9A-Z]{4,}-?", "", words(client.get(own))) for own in (told, silent)]
    alike = [one.partition("What you can change")[2] for one in alike]
    assert "Show what is hidden" in alike[0]
    assert alike[0] == alike[1]
    mails(app)
    client.post(f"{silent}/code", data=hidden(client, f"{silent}/code") | {"press": "send"})
    (mail,) = mails(app)
    digits = re.search(r"\b(\d{4}) ?(\d{4})\b", mail.text)
    assert digits is not None
    typed = hidden(client, f"{silent}/code") | {"press": "enter", "code": "".join(digits.groups())}
    assert client.post(f"{silent}/code", data=typed).status_code == 303
    assert "Diet Nothing is kept." in words(client.get(silent))


def test_delegation_is_registered_once_somebody_has_a_place(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, WORKSHOP, parts=(replace(PLANT, capacity={Mode.ON_SITE: 2}),))
    add_question(app, "car", slug="workshop", label="Do you come by car?", required=True)
    path, both_people = f"{PATH}/group", [("Dirk", "de Vries", ""), ("Ewa", "Puig", "")]
    contact = FILLED_WORKSHOP | {"given_name": "Greta", "email": "office@x.example", "parts": "plant", "attends": "no"}
    page = str(client.post(path, data=filled(client, both_people, path, **contact)).location)
    assert "Your delegation is registered. The people of your delegation" in words(client.get(page))
    summary = next(mail for mail in mails(app) if mail.envelope.subject.startswith("Your delegation"))
    dirk, _ewa = own_links(summary.text)
    assert ["This is how everybody stands whom you registered:" in said for said in both(summary)] == [True, True]
    # One more person: the part is full, and Enter in a field does what the form's own button does.
    fields = {"person-1-given_name": "Jan", "person-1-family_name": "Nowak", "person-1-parts": "plant"}
    typed = sent_again(client.get(f"{page}/people"), "person") | fields | {"person-1-waiting": ""}
    refused = client.post(f"{page}/people", data=typed)
    assert refused.status_code == 409
    presses = soup(refused).select("button[form=person], form#person button")
    assert [(one.get("name"), one.get_text()) for one in presses] == [
        (None, ""),
        ("places", "Put this person on the waiting list"),
        (None, "Register this person"),
    ]
    typed = sent_again(refused, "person") | fields | {"places": "all_wait"}
    assert client.post(f"{page}/people", data=typed).status_code == 303
    status = "Your delegation is registered, but not everybody has every place yet: see below."
    assert status in words(client.get(page))
    mails(app)
    assert client.post(f"{dirk}/withdrawal", data=hidden(client, f"{dirk}/withdrawal")).status_code == 303
    gone, offer = sorted(mails(app), key=lambda mail: "A place is free" in mail.envelope.subject)
    for said in both(gone):
        assert "If the date is in the calendar of Dirk de Vries, please have it deleted there." in said
    for said in both(offer):
        assert "because Jan Nowak is on the waiting list for “Workshop”, and you are the contact." in said
    ewa = own_links(summary.text)[1]
    assert client.post(f"{ewa}/withdrawal", data=hidden(client, f"{ewa}/withdrawal")).status_code == 303
    seen = client.get(page)
    assert soup(seen).select_one("p.status-changed")
    assert "Nobody of your delegation has a place yet: see below." in words(seen)
    # Jan accepts, and what is still missing of him stands on the old page of the offer, too.
    place = re.search(r"http://localhost(\S+/place/plant)", offer.text)
    assert place is not None
    assert press(client, place.group(1).removesuffix("/place/plant"), "accept", "plant").status_code == 303
    old = words(client.get(place.group(1)))
    assert ("You have already accepted it." in old, "nothing more to do" in old) == (True, False)
    assert "The organisers still need answers from you. Give the details" in old
    confirmed = next(mail for mail in mails(app) if mail.envelope.subject.startswith("Your place is confirmed"))
    assert ["?." in said for said in both(confirmed)] == [False, False]

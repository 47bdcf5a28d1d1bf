"""Delegations at the desk: whose people somebody is, the list narrowed to them, and a contact who is not reached."""

import json

from flask import Flask

from s3chem_events.core.db import db, transaction
from s3chem_events.mailing.models import Suppression
from s3chem_events.registration.models import Delegation
from tests.conftest import Clock
from tests.factories import add_event, soup, words
from tests.support.desk import signed_in
from tests.support.post import enrol, enrol_several
from tests.support.statements import statements

LIST = "/desk/events/conference/participants"


def test_a_delegation_is_found_from_its_people_in_the_list_in_the_export_and_its_contacts_bounces_show(
    app: Flask, clock: Clock
) -> None:
    add_event(app)
    enrol(app)
    reference = enrol_several(app, "Carla", "Dirk")
    olga = signed_in(app)
    page = olga.get(f"{LIST}?delegation={reference}")
    assert [row.get_text().split()[0] for row in soup(page).select("tbody th")] == ["Carla", "Dirk"]
    assert f"Delegation {reference} Contact: Greta Amt" in words(page)
    carla = soup(page).select("tbody th a")[0]
    seen = olga.get(str(carla["href"]))
    assert "Has no address of their own: e-mails go to the contact." in words(seen)
    assert f"{LIST}?delegation={reference}" in {str(a["href"]) for a in soup(seen).select("dd a")}
    export = json.loads(olga.get(f"{LIST}.json").data)
    assert {row["given_name"]: row["delegation"] for row in export} == {
        "Anna": "",
        "Carla": reference,
        "Dirk": reference,
    }
    narrowed = json.loads(olga.get(f"{LIST}.json?delegation={reference}").data)
    assert {row["given_name"] for row in narrowed} == {"Carla", "Dirk"}
    assert soup(olga.get(f"{LIST}?delegation=S3D-NOBODY2")).select("tbody th") == []
    with statements(app) as asked:
        olga.get(f"{LIST}?delegation={reference}")
    before = len(asked)
    with app.app_context(), transaction():
        contact = db.session.scalars(db.select(Delegation)).one()
        db.session.add(Suppression(address_digest=contact.address_digest, reason="dead", since=contact.registered_at))
    enrol_several(app, "Ewa", email="other@x.example")
    with statements(app) as asked:
        page = olga.get(f"{LIST}?delegation={reference}")
    assert len(asked) == before
    assert "E-mails to this address come back" in words(page)

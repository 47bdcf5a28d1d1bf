"""The privacy notice stands beside each form, in its version of that day (H3)."""

from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db, transaction
from s3chem_events.publishing import actions
from s3chem_events.registration import links
from s3chem_events.registration.models import Consent, Delegation, Registration
from tests.conftest import Clock
from tests.factories import add_event, register, soup
from tests.support.post import enrol_several

FORM = "/en/events/conference/register"


def keep_notice(app: Flask, version: str) -> None:
    with app.app_context(), transaction():
        actions.keep_document("privacy", {"version": version, "title": {}, "sections": []})


def keep_audit_date(app: Flask, day: str | None) -> None:
    with app.app_context(), transaction():
        actions.keep_document("project", {"name": "S3Chem", "audit_until": day})


def seen(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        query = db.select(Registration.family_name, Consent.subject, Consent.text_version)
        return [tuple(row) for row in db.session.execute(query.join(Consent).order_by(Registration.id))]


def test_a_new_version_of_the_notice_does_not_rewrite_what_was_seen_before(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    keep_notice(app, "2026-11-01")
    register(client, family_name="First")
    keep_notice(app, "2027-01-01")
    register(client, family_name="Second")
    keep_notice(app, "2027-02-01")
    assert seen(app) == [("First", "privacy", "2026-11-01"), ("Second", "privacy", "2027-01-01")]


def test_above_each_box_stands_what_the_data_are_for_and_the_day_on_which_addresses_are_erased(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    enrol_several(app, "Piet")
    with app.app_context():
        delegation = db.session.scalars(db.select(Delegation)).one()
        own = links.delegation(delegation.id, delegation.link_version, language="de")
    says = {
        "en": "We use these data for this event only. E-mail addresses are erased 90 days after the event"
        " (16 September 2027).",
        "de": "Wir verwenden diese Daten nur für diese Veranstaltung. E-Mail-Adressen löschen wir 90 Tage nach der"
        " Veranstaltung (16. September 2027).",
    }
    for path, language in ((FORM, "en"), (FORM.replace("en", "de", 1), "de"), (f"{FORM}/group", "en")):
        hint = soup(client.get(path)).select_one("fieldset:has([name=privacy]) .hint")
        assert hint is not None
        assert hint.get_text().startswith(says[language])
        assert hint.select_one("a")["href"] == f"/{language}/privacy"  # type: ignore[index]
    more = soup(client.get(f"{own}/people"))
    assert [hint.get_text() for hint in more.select("form > .hint")] == [
        says["de"] + " Bitte sagen Sie dieser Person, dass Sie sie anmelden. Datenschutzhinweise lesen"
    ]


def test_the_audit_date_stands_in_the_form_and_in_the_notice_once_somebody_has_said_it(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    add_event(app)
    with app.app_context(), transaction():
        body = {"en": "Your name: until **{audit_until}**.", "pl": "Nazwisko: do **{audit_until}**."}
        section = {"id": "retention", "title": {"en": "How long"}, "body": body}
        actions.keep_document("privacy", {"version": "1", "title": {"en": "Notice"}, "sections": [section]})
    keep_audit_date(app, None)
    assert "until [date, to be entered]." in soup(client.get("/en/privacy")).main.get_text()
    assert "Your name is kept until the project’s audit date, as evidence" in client.get(FORM).text
    keep_audit_date(app, "2030-12-31")
    assert "do 31 grudnia 2030." in soup(client.get("/pl/privacy")).main.get_text()
    assert "Your name is kept until the project’s audit date (31 December 2030), as evidence" in client.get(FORM).text

"""A way into the desk for tests: an organiser is made and follows a sign-in link, as a person would."""

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.accounts import actions, queries
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing.models import Event
from tests.factories import hidden, soup


def signed_in(
    app: Flask, role: Role = Role.COORDINATOR, *, events: tuple[str, ...] = (), language: str = "en"
) -> FlaskClient:
    """Return a browser in which an organiser of this role is signed in; bound roles work for the `events` (slugs)."""
    with app.app_context(), transaction():
        ids = frozenset(db.session.scalars(db.select(Event.id).where(Event.slug.in_(events))))
        email = f"{role.value}{len(queries.organisers())}@s3chem.example"
        organiser = actions.add(email, role=role, by=OPERATOR, event_ids=ids, language=language)
        link = actions.sign_in_url(organiser, base_url="")
    client = app.test_client()
    answer = client.post(link, data=hidden(client, link))
    assert answer.status_code in {302, 303}, answer.status
    return client


def carried(page: TestResponse) -> dict[str, str]:
    """Return what a preview sends with each of its buttons: the form that it came from, and what it is about."""
    assert page.status_code == 200, page.status
    form = soup(page).select_one("form.decide")
    assert form is not None, soup(page).main
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input:not([type=checkbox])")}
    return fields | {str(one["name"]): one.get_text().removeprefix("\n") for one in form.select("textarea")}


def pressed(desk: FlaskClient, path: str, preview: TestResponse, told: str, **also: str) -> TestResponse:
    """Press a button of a preview; another question than it showed is looked at first, and then told."""
    answer = desk.post(path, data=carried(preview) | {"told": told} | also)
    if also and answer.status_code == 200:
        answer = desk.post(path, data=carried(answer) | {"told": told} | also)
    return answer


def filled(page: TestResponse) -> dict[str, str]:
    """Return what a browser would send of the page's editor form."""
    found: dict[str, str] = {}
    for field in soup(page).select("main form.form :is(input, select, textarea)"):
        if field.name == "select":
            chosen = field.select("option[selected]") or field.select("option")
            found[str(field["name"])] = str(chosen[0]["value"])
        elif field.name == "textarea":
            found[str(field["name"])] = field.get_text().removeprefix("\r\n")
        elif field.get("type") not in {"checkbox", "radio"} or field.has_attr("checked"):
            found[str(field["name"])] = str(field.get("value", ""))
    return found


def confirmed(page: TestResponse) -> dict[str, str]:
    """Return what the press on "Yes" adds to the form."""
    (button,) = soup(page).select("button[name=confirmed]")
    return {"confirmed": str(button["value"])}

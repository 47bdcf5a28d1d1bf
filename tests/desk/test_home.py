import pytest

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import transaction
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing import actions as publishing
from tests.factories import WORKSHOP, add_event, hidden, not_me, register, soup, words
from tests.support.desk import signed_in


def places(client) -> list[str]:
    return [" ".join(each.get_text(" ").split()) for each in soup(client.get("/desk/")).select(".places > div")]


def test_the_overview_counts_places_by_part_and_mode(app, client):
    add_event(app)
    register(client)
    register(client, given_name="Ada", **{"mode-day-2": "online"})
    desk = signed_in(app)
    assert places(desk) == [
        "Working-group meeting, On site 0 of 40",
        "Public conference, On site 1 of 3",
        "Public conference, Online 1, no limit",
    ]
    assert "2 in the last 24 hours 2 in the last 7 days" in words(desk.get("/desk/"))


def test_a_partner_sees_own_events_and_their_numbers_only(app, client):
    add_event(app)
    add_event(app, WORKSHOP)
    register(client)
    page = words(signed_in(app, Role.PARTNER_ORGANISER, events=("workshop",)).get("/desk/"))
    assert "0 in the last 24 hours" in page
    assert ("Workshop" in page, "Final conference" in page, "mail" in page) == (True, False, False)


def test_an_empty_desk_says_what_to_do(app):
    page = words(signed_in(app).get("/desk/"))
    assert "No upcoming events. Create an event" in page
    assert "No mail server is set up: nobody receives e-mails." in page


def test_wording_that_nobody_has_approved_is_said_until_somebody_has(app):
    desk = signed_in(app)
    for approved in (False, True):
        with app.app_context(), transaction():
            publishing.keep_document("project", {"funding": {"approved": approved}})
            publishing.keep_document("imprint", {"to_be_approved": not approved})
        page = words(desk.get("/desk/"))
        assert ("The funding statement needs approval" in page) is not approved
        assert ("Texts of the site are waiting for approval (1)" in page) is not approved


def test_the_desk_speaks_the_organisers_language(app):
    page = soup(signed_in(app, language="de").get("/desk/"))
    assert page.html is not None
    assert page.html["lang"] == "de"


@pytest.mark.one_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organiser_chooses_any_language_of_the_site_for_the_desk(app, language):
    desk = signed_in(app)
    form = hidden(desk, "/desk/account") | {"name": "Olga", "language": language}
    assert desk.post("/desk/account/profile", data=form).status_code == 302
    page = soup(desk.get("/desk/account"))
    assert page.html is not None
    assert page.html["lang"] == language
    chosen = page.select_one('select[name="language"] option[selected]')
    assert chosen is not None
    assert (chosen["value"], chosen.get_text()) == (language, LANGUAGES[language])


def test_an_event_says_when_somebody_had_not_registered_at_all(app, client):
    add_event(app)
    desk = signed_in(app)
    heading = "“This was not me”"
    assert heading not in words(desk.get("/desk/events/conference/"))
    own = register(client).location
    client.post(not_me(app, own), data=hidden(client, not_me(app, own)))
    assert heading in words(desk.get("/desk/events/conference/"))

import pytest

from s3chem_events import cli
from s3chem_events.accounts import actions, queries
from s3chem_events.accounts.models import Organiser
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import transaction
from tests.factories import add_event, count, hidden


def run(app, *words, given=None):
    return app.test_cli_runner().invoke(cli.organiser, words, input=given)


def link_in(output: str) -> str:
    return output.split("once: http://localhost")[1].strip()


def test_no_organiser_is_there_until_one_is_added_by_hand(app, client):
    assert count(app, Organiser) == 0
    done = run(app, "add", "Anna@Region.example", "--name", "Anna", "--language", "de")
    assert done.exit_code == 0
    with app.app_context():
        anna = queries.organiser_by_address("anna@region.example")
        assert anna is not None
        assert (anna.name, anna.language, anna.role, anna.password) == ("Anna", "de", Role.COORDINATOR, None)
    link = link_in(done.output)
    assert client.post(link, data=hidden(client, link)).location == "/desk/"


def test_a_password_comes_from_standard_input_and_no_link_is_printed(app, client):
    done = run(app, "add", "o@region.example", "--password-stdin", given="correct unicorn fence 7\n")
    assert (done.exit_code, done.output) == (0, "Added o@region.example as coordinator.\n")
    form = hidden(client, "/desk/sign-in") | {"email": "O@region.example", "password": "correct unicorn fence 7"}
    assert client.post("/desk/sign-in", data=form).location == "/desk/"


@pytest.mark.one_database
@pytest.mark.parametrize(
    "words,given",
    [
        (["add", "o@region.example", "--password-stdin"], "password1234\n"),
        (["add", "no-address"], None),
        (["add", "a@region.example", "--event", "nowhere"], None),
        (["add", "a@region.example", "--role", "emperor"], None),
        (["link", "a@region.example"], None),
    ],
)
def test_what_makes_no_sense_adds_nobody(app, words, given):
    assert run(app, *words, given=given).exit_code != 0
    assert count(app, Organiser) == 0


def test_what_is_no_address_is_said_in_a_sentence(app):
    assert run(app, "add", "nobody").output == "Error: 'nobody' is not an e-mail address.\n"


def test_who_starts_the_program_gets_a_link_until_somebody_has_a_password(app):
    def link() -> str | None:
        with app.app_context(), transaction():
            return actions.first_link("http://localhost")

    assert run(app, "add", "a@region.example").exit_code == 0
    links = {link(), link()}
    assert (len(links), None in links) == (2, False)
    run(app, "add", "b@region.example", "--password-stdin", given="correct unicorn fence 7\n")
    assert link() is None


def test_an_address_is_added_once(app):
    assert run(app, "add", "a@region.example").exit_code == 0
    assert run(app, "add", "A@region.example").exit_code == 1
    assert count(app, Organiser) == 1


def test_a_partner_works_for_the_named_events(app):
    add_event(app)
    assert run(app, "add", "p@region.example", "--role", "partner_organiser", "--event", "conference").exit_code == 0
    with app.app_context():
        partner = queries.organiser_by_address("p@region.example")
        assert partner is not None
        assert len(partner.event_ids) == 1

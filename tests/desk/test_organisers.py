from s3chem_events.accounts import actions, queries
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR, Fact
from tests.factories import add_event, count, hidden, soup, words
from tests.support.desk import signed_in
from tests.support.post import kept, work


def token(client, page: str = "/desk/organisers/new") -> dict[str, str]:
    return {"csrf_token": hidden(client, page)["csrf_token"]}


def test_a_coordinator_adds_a_partner_who_gets_a_link(app):
    add_event(app)
    client = signed_in(app)
    form = hidden(client, "/desk/organisers/new")
    box = soup(client.get("/desk/organisers/new")).select_one("input[name=events]")
    assert box is not None
    form |= {"email": "Pia@region.example", "name": "Pia", "language": "fr", "role": "partner_organiser"}
    answer = client.post("/desk/organisers/new", data=form | {"events": box["value"]})
    assert answer.location == "/desk/organisers/"
    assert "A sign-in link is on its way to pia@region.example." in words(client.get("/desk/organisers/"))
    with app.app_context():
        pia = queries.organiser_by_address("pia@region.example")
        assert pia is not None
        assert (pia.name, pia.language, pia.role, len(pia.event_ids)) == ("Pia", "fr", Role.PARTNER_ORGANISER, 1)
    assert count(app, Fact, kind="organiser.invited", subject_id=pia.id) == 1


def test_an_invitation_says_who_invites_and_for_what_and_is_good_for_a_week(app, clock):
    add_event(app)
    client = signed_in(app)
    box = soup(client.get("/desk/organisers/new")).select_one("input[name=events]")
    assert box is not None
    form = hidden(client, "/desk/organisers/new") | {"email": "pia@region.example", "language": "en"}
    client.post("/desk/organisers/new", data=form | {"role": "partner_organiser", "events": box["value"]})
    work(app)
    (mail,) = kept(app)
    said = " ".join(mail.text.split())
    assert "coordinator0@s3chem.example of S3Chem has added you to the organisers" in said
    assert "You are a partner organiser: you edit your events, see and export their participants." in said
    assert "Your events: Final conference" in said
    assert "because coordinator0@s3chem.example entered pia@region.example as an organiser’s address" in said
    link = next(word for word in said.split() if "/desk/sign-in/" in word)
    clock.advance(days=6)
    assert app.test_client().get(link).status_code == 200
    clock.advance(days=1, seconds=1)
    assert app.test_client().get(link).status_code == 410


def test_a_partner_without_events_is_told_so_at_both_ends(app):
    client = signed_in(app)
    form = hidden(client, "/desk/organisers/new") | {"email": "pia@region.example", "language": "en"}
    client.post("/desk/organisers/new", data=form | {"role": "partner_organiser"})
    assert "none is assigned yet. Open the name to choose." in words(client.get("/desk/organisers/"))
    assert "No event has been assigned to you yet." in words(signed_in(app, Role.PARTNER_ORGANISER).get("/desk/"))


def test_a_role_holds_from_the_next_click_and_is_written_down(app):
    client = signed_in(app)
    helper = signed_in(app, Role.DESK_HELPER)
    assert helper.get("/desk/mail/").status_code == 403
    with app.app_context():
        someone = next(o for o in queries.organisers() if o.role is Role.DESK_HELPER)
    client.post(f"/desk/organisers/{someone.id}", data=token(client) | {"role": "coordinator"})
    assert helper.get("/desk/mail/").status_code == 200
    with app.app_context():
        refused, entry = queries.audit_trail()[1::-1]
        assert entry.data == {"organiser": someone.id, "was": "desk_helper", "role": "coordinator", "events": []}
        assert (entry.kind, entry.by) == ("organiser.role_changed", "organiser:1")
        assert (refused.kind, refused.by) == ("desk.refused", f"organiser:{someone.id}")


def test_who_is_suspended_is_out_at_once_and_may_come_back(app):
    client = signed_in(app)
    reader = signed_in(app, Role.READ_ONLY)
    assert reader.get("/desk/").status_code == 200
    with app.app_context(), transaction():
        someone = next(o for o in queries.organisers() if o.role is Role.READ_ONLY)
        link = actions.sign_in_url(someone, base_url="")
    client.post(f"/desk/organisers/{someone.id}/suspension", data=token(client))
    assert reader.get("/desk/").status_code == 302
    assert app.test_client().get(link).status_code == 410
    client.post(f"/desk/organisers/{someone.id}/return", data=token(client))
    assert reader.get("/desk/").status_code == 302  # back, but by a new sign-in
    with app.app_context(), transaction():
        again = actions.sign_in_url(queries.organiser_by_id(someone.id), base_url="")
    assert reader.post(again, data=hidden(reader, again)).location == "/desk/"


def test_somebody_remains_coordinator(app):
    client = signed_in(app)
    refused = client.post("/desk/organisers/1", data=token(client) | {"role": "read_only"})
    assert (refused.status_code, "There must be at least one coordinator." in words(refused)) == (409, True)
    client.post("/desk/organisers/1/suspension", data=token(client))
    assert client.get("/desk/").status_code == 200
    with app.app_context(), transaction():
        actions.add("second@region.example", role=Role.COORDINATOR, by=OPERATOR)
    assert client.post("/desk/organisers/1", data=token(client) | {"role": "read_only"}).status_code == 302
    assert client.get("/desk/organisers/").status_code == 403


def test_an_address_that_is_taken_or_none_is_said_at_the_field(app):
    client = signed_in(app)
    taken = {"email": "coordinator0@s3chem.example", "role": "read_only", "language": "en"}
    answer = client.post("/desk/organisers/new", data=token(client) | taken)
    assert (answer.status_code, "There is already an organiser with this address." in words(answer)) == (409, True)
    answer = client.post("/desk/organisers/new", data=token(client) | taken | {"email": "nothing"})
    assert (answer.status_code, "This is not an e-mail address." in words(answer)) == (422, True)

import pytest
from passlib.totp import TOTP

from s3chem_events import dispatch
from s3chem_events.accounts import actions, queries, security
from s3chem_events.accounts.models import AuditEntry, OrganiserSession, SignInLink
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from tests.factories import count, hidden, soup, words

PASSWORD = "correct unicorn fence 7"
ADDRESS = "anna@region.example"


@pytest.fixture
def anna(app) -> int:
    with app.app_context(), transaction():
        return actions.add(ADDRESS, role=Role.COORDINATOR, by=OPERATOR, password=PASSWORD).id


def link_for(app, address: str = ADDRESS) -> str:
    with app.app_context(), transaction():
        organiser = queries.organiser_by_address(address)
        assert organiser is not None
        return actions.sign_in_url(organiser, base_url="")


def sign_in(client, *, password: str = PASSWORD, email: str = ADDRESS, **more: str):
    form = hidden(client, "/desk/sign-in") | {"email": email, "password": password} | more
    return client.post("/desk/sign-in", data=form)


def press(client, path: str, on: str, **fields: str):
    """Press a button on a page: the token of any of its forms is good for all."""
    token = soup(client.get(on)).select_one("input[name=csrf_token]")
    assert token is not None
    return client.post(path, data={"csrf_token": token["value"], **fields})


def trail(app) -> list[tuple[str, str]]:
    with app.app_context():
        return [(entry.kind, entry.by) for entry in reversed(queries.audit_trail())]


def test_a_password_opens_the_desk_and_the_way_out_closes_it(app, client, anna):
    assert client.get("/desk/").location == "/desk/sign-in"
    assert sign_in(client).location == "/desk/"
    assert words(client.get("/desk/")).startswith("Overview")
    stolen = client.get_cookie("session").value
    assert press(client, "/desk/sign-out", on="/desk/").location == "/desk/sign-in"
    assert client.get("/desk/").status_code == 302
    client.set_cookie("session", stolen)
    assert client.get("/desk/").location == "/desk/sign-in"  # the session ended on the server too
    assert trail(app) == [
        ("organiser.added", "operator"),
        ("organiser.signed_in", f"organiser:{anna}"),
        ("organiser.signed_out", f"organiser:{anna}"),
    ]


def test_a_passkey_is_offered_only_where_browsers_take_one(client):
    assert "Use a passkey" in words(client.get("/desk/sign-in"))
    assert "Use a passkey" not in words(client.get("/desk/sign-in", base_url="http://127.0.0.1:8000"))


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app, client, anna):
    known = sign_in(client, password="wrong wrong wrong")
    unknown = sign_in(client, email="nobody@region.example")
    with app.app_context(), transaction():
        actions.add("boss@region.example", role=Role.COORDINATOR, by=OPERATOR)
    without_password = sign_in(client, email="boss@region.example")
    told = {(r.status_code, words(r)) for r in (known, unknown, without_password)}
    assert len(told) == 1
    assert "The e-mail address or the password is wrong." in told.pop()[1]
    assert count(app, OrganiserSession) == 0
    assert count(app, AuditEntry, kind="sign_in.failed") == 3


def test_the_same_work_is_done_for_an_unknown_address(app, anna, monkeypatch):
    checked: list[str] = []
    with app.app_context():
        context = app.extensions["security"].pwd_context
        verify = context.verify

        def noted(secret: str, kept: str) -> bool:
            checked.append(kept[:30])
            return bool(verify(secret, kept))

        monkeypatch.setattr(context, "verify", noted)
        someone = queries.organiser_by_address(ADDRESS)
        assert (security.password_matches(someone, "x"), security.password_matches(None, "x")) == (False, False)
    assert checked == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_the_answer_to_a_request_for_a_link_tells_nothing(app, client, anna):
    pages = []
    for address in (ADDRESS, "nobody@region.example"):
        form = hidden(client, "/desk/sign-in/link") | {"email": address}
        answer = client.post("/desk/sign-in/link", data=form)
        pages.append((answer.status_code, words(answer).replace(address, "…")))
    assert pages[0] == pages[1]
    assert count(app, Fact, kind="organiser.link_requested", subject_id=anna) == 1
    with app.app_context():
        assert dispatch.work(seconds=5) == 1  # one e-mail, to Anna


def test_a_link_works_once_and_looking_at_it_changes_nothing(app, anna):
    link = link_for(app)
    scanner, person, thief = app.test_client(), app.test_client(), app.test_client()
    for _ in range(3):
        assert "Press the button" in words(scanner.get(link))
    assert (count(app, OrganiserSession), count(app, SignInLink, used_at=None)) == (0, 1)
    form = hidden(thief, link)
    assert person.post(link, data=hidden(person, link)).location == "/desk/"
    late = thief.post(link, data=form)
    assert (late.status_code, "already been used" in words(late)) == (410, True)
    assert thief.get(link).status_code == 410
    assert (person.get("/desk/").status_code, thief.get("/desk/").status_code) == (200, 302)


def test_a_link_is_kept_as_a_digest_and_ends_after_half_an_hour(app, client, anna, clock):
    link = link_for(app)
    with app.app_context():
        row = db.session.scalars(db.select(SignInLink)).one()
        assert link.rpartition("/")[2] not in (row.digest, str(row.id))
        assert len(row.digest) == 64
    form = hidden(client, link)
    clock.advance(minutes=31)
    assert client.post(link, data=form).status_code == 410


@pytest.mark.one_database
@pytest.mark.parametrize(
    "target,goes",
    [
        ("/desk/events/", "/desk/events/"),
        ("//evil.example/desk/", "/desk/"),
        ("https://evil.example/desk/", "/desk/"),
        ("/\\evil.example", "/desk/"),
        ("/desk/\\..\\evil", "/desk/"),
        ("/en/", "/desk/"),
        ("/desk/\r\nX: y", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_after_signing_in_one_stays_at_the_desk(app, client, anna, target, goes):
    assert sign_in(client, next=target).location == goes


def test_the_page_that_was_asked_for_comes_after_signing_in(app, client, anna):
    page = client.get("/desk/organisers/?x=1").location
    assert page == "/desk/sign-in?next=/desk/organisers/?x%3D1"
    form = hidden(client, page) | {"email": ADDRESS, "password": PASSWORD}
    assert client.post("/desk/sign-in", data=form).location == "/desk/organisers/?x=1"


def test_nothing_of_the_session_before_is_left_after_signing_in(app, client, anna):
    client.get("/desk/sign-in")
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
        before["key"] = "a key that a thief knows"
        token = before["csrf_token"]
    sign_in(client)
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after["key"] != "a key that a thief knows"
        assert after.get("csrf_token") != token
    thief = app.test_client()
    with thief.session_transaction() as stolen, client.session_transaction() as own:
        stolen.update({k: v for k, v in own.items() if k != "key"}, key="a key that a thief knows")
    assert thief.get("/desk/").status_code == 302


def test_a_session_ends_when_idle_and_after_a_week(app, client, anna, clock):
    sign_in(client)
    clock.advance(hours=11)
    assert client.get("/desk/").status_code == 200
    clock.advance(hours=13)
    assert client.get("/desk/").status_code == 302
    sign_in(client)
    for _ in range(15):
        clock.advance(hours=11)
        assert client.get("/desk/").status_code == 200
    clock.advance(hours=11)
    assert client.get("/desk/").status_code == 302


def test_a_new_password_ends_every_session_but_this_one(app, client, anna):
    other = app.test_client()
    sign_in(other)
    sign_in(client)
    link = link_for(app)
    wrong = press(client, "/desk/account/password", on="/desk/account", present="wrong", new="another fine sentence 8")
    assert (wrong.status_code, "not your current password" in words(wrong)) == (422, True)
    weak = press(client, "/desk/account/password", on="/desk/account", present=PASSWORD, new="password1234")
    assert (weak.status_code, "easy to guess" in words(weak)) == (422, True)
    assert other.get("/desk/").status_code == 200
    new = "another fine sentence 8"
    assert press(client, "/desk/account/password", on="/desk/account", present=PASSWORD, new=new).status_code == 302
    assert (client.get("/desk/").status_code, other.get("/desk/").status_code) == (200, 302)
    assert sign_in(other).status_code == 422
    assert sign_in(other, password=new).location == "/desk/"
    assert app.test_client().get(link).status_code == 410  # links made before do not survive the change


def test_who_forgot_the_password_sets_a_new_one_after_a_link(app, client, anna):
    link = link_for(app)
    client.post(link, data=hidden(client, link))
    assert soup(client.get("/desk/account")).select_one("input[name=present]") is None
    new = "another fine sentence 8"
    assert press(client, "/desk/account/password", on="/desk/account", new=new).status_code == 302
    assert sign_in(app.test_client(), password=new).location == "/desk/"


def test_a_browser_is_signed_out_from_another_one(app, client, anna):
    other = app.test_client()
    sign_in(other)
    sign_in(client)
    button = soup(client.get("/desk/account")).select_one("form[action*='/desk/account/sessions/']")
    assert button is not None
    assert press(client, str(button["action"]), on="/desk/account").location == "/desk/account"
    assert (client.get("/desk/").status_code, other.get("/desk/").status_code) == (200, 302)


def test_a_code_from_the_phone_is_asked_for_and_works_once(app, client, anna, clock):
    sign_in(client)
    page = press(client, "/desk/account/codes", on="/desk/account/codes", setup="authenticator")
    shown = soup(page)
    phone = TOTP(key=shown.select_one("code").text.replace("-", ""))
    action = str(shown.select_one("ol form")["action"])  # type: ignore[index]
    assert action == "/desk/account/codes/first"  # nothing secret in an address
    wrong = press(client, action, on="/desk/account/codes", code="000000")
    again = soup(wrong)
    assert (wrong.status_code, again.select_one("code"), again.select_one("img.qr")) == (
        422,
        shown.select_one("code"),
        shown.select_one("img.qr"),
    )
    assert "This is not the right code." in again.select_one(".field.has-error .error").text
    last_step = press(client, action, on="/desk/account/codes", code=phone.generate().token).location
    assert last_step == "/desk/account/recovery?show_codes=1"
    codes = soup(client.get(last_step))
    recovery = codes.select("li code")[0].text
    account = words(client.get("/desk/account"))
    assert ("asks for a code" in account, "10 recovery codes are left" in account) == (True, True)
    used = press(client, action, on="/desk/account", code="000000")
    assert used.location == "/desk/account/codes"  # the secret is handed out no more

    thief = app.test_client()
    assert sign_in(thief).location.startswith("/desk/sign-in/code")
    assert thief.get("/desk/").status_code == 302  # the password alone opens nothing
    link = link_for(app)
    by_link = app.test_client()
    assert by_link.post(link, data=hidden(by_link, link)).location.startswith("/desk/sign-in/code")
    clock.advance(seconds=60)
    code = phone.generate().token
    assert press(by_link, "/desk/sign-in/code", on="/desk/sign-in/code", code=code).location == "/desk/"
    assert press(thief, "/desk/sign-in/code", on="/desk/sign-in/code", code=code).status_code == 200  # seen and copied
    assert thief.get("/desk/").status_code == 302
    lost_phone = app.test_client()
    sign_in(lost_phone)
    assert press(lost_phone, "/desk/sign-in/recovery", on="/desk/sign-in/recovery", code=recovery).location == "/desk/"
    assert lost_phone.get("/desk/").status_code == 200


@pytest.mark.settings(LIMITS="on")
def test_guessing_is_slowed_down_for_an_address_but_the_link_stays_open(app, client, anna):
    form = hidden(client, "/desk/sign-in") | {"email": ADDRESS, "password": "wrong wrong wrong"}
    answers = [client.post("/desk/sign-in", data=form).status_code for _ in range(12)]
    assert (answers[:10], set(answers[10:])) == ([422] * 10, {429})
    link = link_for(app)
    assert client.post(link, data=hidden(client, link)).location in {"/desk/", None}


def test_pages_of_the_desk_are_private(app, client, anna):
    pages = [client.get("/desk/sign-in"), client.get(link_for(app)), client.get("/desk/"), client.get("/desk/nowhere")]
    sign_in(client)
    pages += [client.get(path) for path in ("/desk/", "/desk/account", "/desk/account/codes", "/desk/mail/77")]
    for page in pages:
        assert page.headers["Cache-Control"].startswith("no-store"), page.request.path
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Cookie" in page.headers["Vary"]
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_public_pages_do_not_ask_who_is_signed_in(app, client, anna):
    sign_in(client)
    for path in ("/healthz", "/en/privacy"):
        headers = client.get(path).headers
        assert ("Cookie" in headers.get("Vary", ""), "Set-Cookie" in headers) == (False, False), path


def test_a_form_without_its_token_is_refused(app, client, anna):
    assert client.post("/desk/sign-in", data={"email": ADDRESS, "password": PASSWORD}).status_code == 400
    link = link_for(app)
    assert client.post(link).status_code == 400
    assert count(app, OrganiserSession) == 0


def test_ways_of_signing_in_are_changed_only_by_who_has_just_shown_to_be_it(app, client, anna, clock):
    sign_in(client)
    clock.advance(hours=3)
    asked = client.get("/desk/account/codes")
    assert (asked.status_code, asked.location) == (302, "/desk/account/confirm?next=/desk/account/codes")
    assert "confirm once more that it is you" in words(client.get(asked.location))
    wrong = press(client, asked.location, on=asked.location, password="wrong wrong wrong")
    assert (wrong.status_code, client.get("/desk/account/codes").status_code) == (200, 302)
    assert press(client, asked.location, on=asked.location, password=PASSWORD).location == "/desk/account/codes"
    assert client.get("/desk/account/codes").status_code == 200


def test_who_has_no_password_shows_it_by_a_new_link(app, client, anna, clock):
    with app.app_context(), transaction():
        actions.add("link@region.example", role=Role.READ_ONLY, by=OPERATOR)
    link = link_for(app, "link@region.example")
    client.post(link, data=hidden(client, link))
    clock.advance(hours=3)
    asked = client.get("/desk/account/passkeys")
    assert "sign out, then sign in again with a link" in words(client.get(asked.location))

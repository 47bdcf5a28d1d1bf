"""Whoever looks at somebody's e-mail at the desk cannot act as that person (D13)."""

import re
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns.stages import Kind
from s3chem_events.core import signing
from s3chem_events.core.text import Text
from s3chem_events.desk.masking import masked
from s3chem_events.registration import links
from tests.factories import add_event, soup
from tests.support.campaigns import ONE, campaign, newsletter, readers
from tests.support.desk import signed_in
from tests.support.post import enrol, rows, work

pytestmark = pytest.mark.one_database
OURS = re.compile(r"http://localhost(/[^\s\"'<>)]+)")


def seen(page: TestResponse) -> list[str]:
    """Return the addresses of ours in an e-mail that is shown as text, or as HTML."""
    part = soup(page).select_one("pre.plain-mail[lang], details pre.plain-mail")
    return OURS.findall(page.text if part is None else part.get_text())


def opened(app: Flask, *pages: TestResponse) -> dict[str, int]:
    """Return what a browser without a session gets at each of the personal addresses."""
    client = app.test_client()
    found = {path for page in pages for path in seen(page) if "/registrations/" in path or "/newsletter/" in path}
    return {path: client.get(path).status_code for path in found}


def reader(desk: FlaskClient) -> str:
    return f"?reader={soup(desk.get(f'{ONE}/preview/en')).select('#reader option')[1]['value']}"


def test_a_message_shown_as_a_participant_sees_it_opens_nothing_of_hers(app: Flask):
    add_event(app)
    enrol(app)
    text = "Dear {{given_name}}, see {{own_link}} or [yours]({{own_link}})."
    campaign(app, Kind.MESSAGE, about="conference", subject=Text(en="Yours"), intro=Text(en=text))
    partner = signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))
    shown = partner.get(f"{ONE}/preview/en{reader(partner)}")
    body = partner.get(f"{ONE}/preview/en/body{reader(partner)}")
    assert ("Dear Anna" in shown.text, "Dear Anna" in body.text) == (True, True)
    assert opened(app, shown, body) == {"/en/registrations/…": 404}
    with app.app_context():
        token = links.token(1, 1)
    assert token not in shown.text + body.text
    assert app.test_client().get(f"/en/registrations/{token}").status_code == 200  # the fault would be seen

    work(app)
    desk, (confirmed,) = signed_in(app), rows(app)
    sent = re.findall(r"/(?:registrations|calendar)/([\w.-]{20,})", confirmed.text)
    assert len(sent) > 1
    kept = [desk.get(f"/desk/mail/{confirmed.id}{part}") for part in ("", "/body")]
    assert set(opened(app, *kept).values()) == {404}
    assert [token for token in sent if token in kept[0].text + kept[1].text] == []


def test_a_newsletter_shown_as_a_reader_sees_it_changes_nothing_of_hers(app: Flask):
    readers(app, en=1)
    newsletter(app, intro=Text(en="[Choose]({{preferences_link}}) or [leave]({{leave_link}})."))
    editor = signed_in(app, Role.COMMUNICATION)
    shown, body = editor.get(f"{ONE}/preview/en{reader(editor)}"), editor.get(f"{ONE}/preview/en/body{reader(editor)}")
    found = opened(app, shown, body)
    assert {path for path in found if "/issues/" not in path} == {
        "/en/newsletter/preferences/…",
        "/en/newsletter/leave/…",
    }
    assert {code for path, code in found.items() if "/issues/" not in path} == {404}
    assert re.findall(r"/(?:leave|preferences)/[\w.-]{20,}", shown.text + body.text) == []


def test_every_address_that_holds_a_token_is_masked(app: Flask):
    adapter, token = app.url_map.bind("localhost"), "WzEsMV0.CyP3uU5i1Xo-7bWw_eqTzLm9a2Q"
    rules = [rule for rule in app.url_map.iter_rules() if "token" in rule.arguments and "/desk" not in rule.rule]
    values = {"lang": "en", "token": token, "key": "day-1", "reference": "S3C-7K2M9", "step": "letter", "said": "yes"}
    built = [adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}) for rule in rules]
    assert len(built) > 20
    assert [path for path in built if token in masked(f"<{path}>") or "…" not in masked(path)] == []
    for ours in ("events+unsubscribe-n1f", "events+r1f-3"):
        assert masked(f"<mailto:{ours}-abcdefgh234567ab@s3chem.example>") == f"<mailto:{ours}-…@s3chem.example>"


def test_a_token_is_masked_however_the_address_around_it_was_written_anew_and_no_word_is(app: Flask):
    place, numbers = "http://localhost/en/registrations/", (1, 12, 345, 6789, 123456)
    with app.app_context():
        lists = [signing.sign("test", signed) for n in numbers for signed in ([n, 1], [n, 12, "ab2c7d"])]
        tokens = lists + [signing.sign("test", n) for n in numbers]
    rewritten = (
        f"https://eur03.safelinks.example/?url={quote(place, safe='')}TOKEN&data=05",
        f"https://eur03.safelinks.example/?url={quote(quote(place, safe=''), safe='')}TOKEN%252Fwithdrawal&data=05",
        f"https://urldefense.example/v3/__{place}TOKEN__;!!a",
        "https://urldefense.example/v2/?u=http-3A__localhost_en_registrations_TOKEN&d=DwM",
        f"> {place}\r\n>  TOKEN",
        "TOKEN",
    )
    seals = {text: token[-27:] for token in tokens for form in rewritten if (text := form.replace("TOKEN", token))}
    broken = {
        f"> {place}{token[:at]}{gap}{token[at:]}\n> Yours": token[-27:]
        for token in lists
        for at in range(1, len(token))
        for gap in ("\n", " \r\n>> ", "\n> > ")
    }
    told = {text: masked(text) for text in seals | broken}
    assert [text for text, seal in (seals | broken).items() if seal[:5] in told[text] or seal[-5:] in told[text]] == []
    assert all(told[text].endswith("\n> Yours") for text in broken)
    for words in (
        "https://www.helmholtz-zentrum-geesthacht-laboratory.example/en/registrations.",
        "Wznowienie.Wyjazd-na-konferencje-w-Warszawie.pdf",
        "Yours\nMai Ng.\nDonaudampfschifffahrtsgesellschaft\nWien",
        "NATO.Advanced-Study-Institute-on-Catalysis",
    ):
        assert masked(words) == words

"""What doctor says of our standing with those who take our e-mails, asking a real name service."""

import re
from pathlib import Path

import pytest

from s3chem_events import standing
from s3chem_events.core import config
from tests.support import dkim_keys
from tests.support.names import Zone, served

pytestmark = pytest.mark.one_database

DOMAIN, HOST, ADDRESS = "s3chem.example", "mx.s3chem.example", "198.51.100.7"
KEY = dkim_keys.record().decode()
NAME = f"mail._domainkey.{DOMAIN}"


def text(record: str) -> str:
    return " ".join(f'"{record[at : at + 255]}"' for at in range(0, len(record), 255))


WELL: Zone = {
    (DOMAIN, "MX"): ["10 mx.s3chem.example."],
    (DOMAIN, "TXT"): ['"something else"', '"v=spf1 a:mx.s3chem.example -all"'],
    (NAME, "TXT"): [text(KEY)],
    (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=quarantine"'],
    (HOST, "A"): [ADDRESS],
    ("7.100.51.198.in-addr.arpa", "PTR"): [f"{HOST}."],
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "key.pem").write_bytes(dkim_keys.pem())
    values = {
        "INSTANCE": str(tmp_path / "instance"),
        "BASE_URL": "https://events.s3chem.example",
        "MAIL_SERVER": HOST,
        "MAIL_SENDER": f"events@{DOMAIN}",
        "DKIM_KEY": str(tmp_path / "key.pem"),
        "DKIM_SELECTOR": "mail",
        "INBOX": "push",
    }
    return {f"S3CHEM_{name}": value for name, value in values.items()}


def said(environ: dict[str, str], zone: Zone, *, silent: bool = False, **changes: str) -> list[tuple[bool | None, str]]:
    settings = config.load({**environ, **{f"S3CHEM_{name}": value for name, value in changes.items()}})
    with served(zone, silent=silent) as names:
        return list(standing.findings(settings, names))


def test_all_is_well_where_everything_is_published(environ: dict[str, str]):
    found = said(environ, WELL)
    assert [well for well, _ in found] == [True] * 7, found
    assert "by https and by e-mail; the signature covers it" in found[1][1]
    assert found[4][1].endswith(f"published at {NAME}.")
    assert "p=quarantine. From, envelope and signature are all of s3chem.example" in found[5][1]


def test_where_nothing_is_published_it_says_to_the_letter_what_to_publish(environ: dict[str, str]):
    found = said(environ, {(HOST, "A"): [ADDRESS]})
    tls, one_click, post, spf, dkim, dmarc, reverse = found
    assert [tls[0], one_click[0]] == [True, True]
    assert [well for well, _ in (post, spf, dkim, dmarc, reverse)] == [False] * 5
    assert f'Publish: {DOMAIN}. TXT "v=spf1 a:{HOST} ~all"' in spf[1]
    assert f'Publish: _dmarc.{DOMAIN}. TXT "v=DMARC1; p=none; rua=mailto:events@{DOMAIN}"' in dmarc[1]
    assert reverse[1] == f"{ADDRESS}, the mail server's, has no name: have whoever runs it set its PTR to {HOST}."
    told = re.fullmatch(rf"At {NAME} stands no DKIM key\. Publish: {NAME}\. TXT (.*)", dkim[1])
    assert told is not None
    zone = {**WELL, (NAME, "TXT"): [told[1]]}
    assert said(environ, zone)[4][0] is True  # what it says to publish is what it looks for


FAULTS: dict[str, tuple[tuple[str, str], list[str], str]] = {
    "everybody may send": ((DOMAIN, "TXT"), ['"v=spf1 a +all"'], "lets everybody send"),
    "an SPF without an end": ((DOMAIN, "TXT"), ['"v=spf1 mx"'], "says nothing of others"),
    "two SPF records": ((DOMAIN, "TXT"), ['"v=spf1 mx -all"', '"v=spf1 a -all"'], "has 2 SPF records"),
    "another key": ((NAME, "TXT"), ['"v=DKIM1; p=MIIB"'], "stands another key than that of S3CHEM_DKIM_KEY"),
    "a key withdrawn": ((NAME, "TXT"), ['"v=DKIM1; p="'], "stands no DKIM key"),
    "two keys": ((NAME, "TXT"), ['"p=MIIB"', '"p=MIIC"'], "has 2 DKIM keys"),
    "no policy": ((f"_dmarc.{DOMAIN}", "TXT"), ['"v=DMARC1; rua=mailto:a@b.example"'], "names no policy"),
    "no post": ((DOMAIN, "MX"), ["0 ."], "Nobody takes the post of s3chem.example"),
    "a name of another": (
        ("7.100.51.198.in-addr.arpa", "PTR"),
        ["pool.provider.example."],
        "is called pool.provider.example, which has another address",
    ),
}


def test_each_fault_alone_is_named_and_nothing_else_is(environ: dict[str, str]):
    for name, (where, records, sentence) in FAULTS.items():
        wrong = [words for well, words in said(environ, {**WELL, where: records}) if not well]
        assert (name, len(wrong), sentence in wrong[0]) == (name, 1, True), wrong


SPF: dict[str, tuple[bool | None, str]] = {
    "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 -all": (True, "lets mx.s3chem.example send (198.51.100.7, 2001:db8"),
    "v=spf1 include:_spf.relay.example -all": (True, "lets mx.s3chem.example send"),
    "v=spf1 exists:%{i}.x.example redirect=_spf.relay.example": (True, "lets mx.s3chem.example send"),
    "v=spf1 a:web.s3chem.example/24//64 ~all": (True, "lets mx.s3chem.example send"),
    "v=spf1 ip4:198.51.100.7 -all": (None, "does not name 2001:db8::7, where mx.s3chem.example is."),
    "v=spf1 -include:_spf.relay.example ~all": (None, "does not name 198.51.100.7, 2001:db8::7, where"),
    "v=spf1 ip4:203.0.113.1 exists:%{i}.x.example -all": (None, "send hangs on exists:%{i}.x.example in its SPF"),
    "v=spf1 include:nobody.example -all": (False, "nobody.example, which it names, has no SPF record."),
    "v=spf1 include:loop.example -all": (False, "it asks the name service more than 10 times."),
    "v=spf1 ip4:198.51.100.777 -all": (False, "“198.51.100.777” is no address."),
    "v=spf1 mx -all": (True, "lets mx.s3chem.example send"),
    "v=spf1 mx ipv4:198.51.100.7 -all": (False, "“ipv4:198.51.100.7” is no term of SPF."),
}


def test_an_spf_record_is_walked_as_receivers_do_to_see_whether_it_names_the_mail_server(environ: dict[str, str]):
    more: Zone = {
        (HOST, "AAAA"): ["2001:db8::7"],
        ("web.s3chem.example", "A"): ["198.51.100.99"],
        ("web.s3chem.example", "AAAA"): ["2001:db8::99"],
        ("_spf.relay.example", "TXT"): ['"v=spf1 ?ip4:203.0.113.9 ip4:198.51.100.7 a:mx.s3chem.example ?all"'],
        ("loop.example", "TXT"): ['"v=spf1 include:loop.example -all"'],
    }
    for record, (well, sentence) in SPF.items():
        found = said(environ, {**WELL, **more, (DOMAIN, "TXT"): [f'"{record}"']})[3]
        assert (record, found[0], sentence in found[1]) == (record, well, True), found


def test_what_cannot_be_seen_from_here_is_never_said_to_be_well(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(standing, "PATIENCE", 0.3)
    silent = said(environ, WELL, silent=True)
    assert [well for well, _ in silent] == [True, True] + [None] * 5
    assert silent[3][1] == f"The name service does not answer, so the SPF record of {DOMAIN} could not be looked at."
    unsigned = {name: value for name, value in environ.items() if "DKIM" not in name}
    seen = said(unsigned, WELL)
    assert [well for well, _ in seen] == [True, None, True, True, None, True, True]
    assert "See that your mail server signs List-Unsubscribe and List-Unsubscribe-Post" in seen[1][1]
    assert "set S3CHEM_DKIM_SELECTOR to its selector" in seen[4][1]
    at_server = said(unsigned, WELL, DKIM_SELECTOR="mail")[4]
    assert at_server == (True, f"A DKIM key is published at {NAME}; see that your mail server signs with it.")
    own = said(environ, WELL, MAIL_SERVER="127.0.0.1", MAIL_TLS="none", BASE_URL="http://events.s3chem.example")
    assert [well for well, _ in own] == [None, False, True, None, True, True, None]
    assert "needs https (RFC 8058)" in own[1][1]


def test_a_policy_above_holds_for_what_stands_below_and_a_sender_without_a_domain_is_named(environ: dict[str, str]):
    below = {"MAIL_SENDER": f"events@news.{DOMAIN}"}
    found = said(environ, WELL, **below)
    assert found[5][0] is True
    assert found[5][1].startswith(f"{DOMAIN} has a DMARC policy, p=quarantine. From, envelope and signature are all")
    assert f"of news.{DOMAIN}" in found[5][1]
    assert said(environ, WELL, MAIL_SENDER="events@localhost")[-1] == (
        False,
        "Others know no domain localhost: set S3CHEM_MAIL_SENDER to an address at a domain of yours.",
    )
    without = {name: value for name, value in environ.items() if name != "S3CHEM_MAIL_SERVER"}
    assert said(without, WELL) == []

"""Lines and addresses: letters stay, what cannot be seen goes, and people are compared as people would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3chem_events.core.errors import Invalid
from s3chem_events.mailing import addresses
from s3chem_events.registration import names


@given(st.text(max_size=200))
def test_a_cleaned_line_is_one_line_without_controls_and_stays_itself(text: str) -> None:
    line = names.clean_line(text)
    assert line == names.clean_line(line)
    assert line == line.strip()
    assert line.isprintable() or set(line) & set("\u200c\u200d\u00a0\u202f\u3000")
    assert not any(ord(c) < 32 or c in "\u202e\u200b\ufeff\u2066" for c in line)


@pytest.mark.parametrize(
    "typed, found",
    [
        ("Żaneta Źdźbło", "zaneta zdzblo"),
        ("MÜLLER", "muller"),
        ("Núñez", "nunez"),
        ("Łukasz", "lukasz"),
        ("O’Neill", "o'neill"),
        ("Straße", "strasse"),
        ("Æsir Œuvre", "aesir oeuvre"),
        ("张伟", "张伟"),
    ],
)
def test_folding_finds_any_spelling(typed: str, found: str) -> None:
    assert names.fold(typed) == found


@pytest.mark.parametrize(
    "value, fault",
    [
        ("anna@firma", "address_domain"),
        ("anna", "address"),
        ("a@b@c.example", "address"),
        ("a b@c.example", "address"),
        ("a@c.example,d@e.example", "address"),
        ("<script>@c.example", "address"),
        ("a@c.example\r\nBcc: x@y.example", "address"),
        ("x" * 260 + "@c.example", "address_long"),
        ("", "address"),
    ],
)
def test_what_is_no_address_is_refused_by_a_code(value: str, fault: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.address(value)
    assert refusal.value.detail == fault


def test_addresses_are_compared_without_case_and_with_their_plus_part() -> None:
    same = {addresses.digest(a) for a in ("Anna@Bücher.Example", "anna@xn--bcher-kva.example")}
    assert len(same) == 1
    assert addresses.digest("zoe\u0308@x.example") == addresses.digest("zo\u00eb@x.example")
    assert addresses.digest("anna+1@x.example") != addresses.digest("anna@x.example")


def test_a_person_is_an_address_and_a_name_in_any_form() -> None:
    def person(given: str, email: str = "info@park.example") -> str:
        return names.person_digest(given_name=given, family_name="Nowak", email=email)

    assert person("Zoe\u0308") == person("ZOË")
    assert person("Anna") != person("Jan")
    assert person("Anna") != person("Anna", "other@park.example")

import pytest

from s3chem_events.accounts.passwords import WeakPassword, check

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    "password,reason",
    [
        ("elevenchars", "short"),
        ("x" * 201, "long"),
        ("password1234", "common"),
        ("Passw0rd!Passw0rd!", "common"),
        ("qwertyuiop123", "common"),
        ("123456789012", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
        ("s3chem-interreg", "common"),
        ("anna.kowalska2026", "common"),
    ],
)
def test_what_everybody_tries_first_is_refused(password, reason):
    with pytest.raises(WeakPassword) as refused:
        check(password, known=("anna.kowalska@region.example", "Anna Kowalska"))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "password",
    ["correct unicorn fence 7", "śnieżka pod jaworem", "  spaces at both ends  ", "🦄 im Einhornstall, montags"],
)
def test_any_characters_are_welcome(password):
    check(password, known=("anna@region.example", ""))

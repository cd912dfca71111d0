"""References, masked values, password rules and the md5 literal."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.secrets import MASK, Masked, Reference, broken_password_rules, generate_password, hidden, md5_literal, parse_reference

passwords = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8).filter(lambda text: "*" not in text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env:ADMIN_PASSWORD", Reference("env", "ADMIN_PASSWORD")),
        ("secretsmanager:tonic/admin#password", Reference("secretsmanager", "tonic/admin", "password")),
        ("ssm:/tonic/admin", Reference("ssm", "/tonic/admin")),
        ("generate:secretsmanager:tonic/reader", Reference("generate", "tonic/reader")),
        ("prompt:secretsmanager:tonic/reader", Reference("typed", "tonic/reader")),
    ],
)
def test_a_reference_reads_back(text: str, expected: Reference) -> None:
    """Each source's reference is read and written the same."""
    assert expected == parse_reference(text)
    assert text == str(parse_reference(text))


@pytest.mark.parametrize("text", ["hunter2Hunter2", "env:", "env:1A", "vault:x", "env:A B", "generate:ssm:/x", "", "md5" + "0" * 32])
def test_what_is_no_reference_is_refused_without_being_quoted(text: str) -> None:
    """A password pasted where a reference belongs is refused, and the message does not repeat it."""
    with pytest.raises(ValueError, match="is not a secret reference") as refusal:
        parse_reference(text)

    assert not text or text not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Abcdefg1", ()),
        ("tonic_password", ("an upper-case letter", "a digit")),
        ("Ab1", ("8 to 64 characters",)),
        ("A1" + "b" * 63, ("8 to 64 characters",)),
        ("ABCDEFG1", ("a lower-case letter",)),
        ("Abcdefg1@", ("only ASCII 33 to 126 without ' \" \\ / @",)),
        ("Abcdefg1 ", ("only ASCII 33 to 126 without ' \" \\ / @",)),
        ("Abcdefg1é", ("only ASCII 33 to 126 without ' \" \\ / @",)),
        ("Abcdefg1\n", ("only ASCII 33 to 126 without ' \" \\ / @",)),
    ],
)
def test_redshifts_password_rules(value: str, expected: tuple[str, ...]) -> None:
    """Each rule of CREATE USER is named when it is broken."""
    assert expected == broken_password_rules(Masked(value))


def test_a_generated_password_satisfies_redshift() -> None:
    """A hundred generated passwords differ and break no rule."""
    made = [generate_password() for _ in range(100)]

    assert [()] * 100 == [broken_password_rules(each) for each in made]
    assert 100 == len({each.reveal() for each in made})


def test_the_md5_literal_is_redshifts() -> None:
    """The literal is md5 over password and user name, as the developer guide computes it."""
    literal = md5_literal(Masked("Ab1234567"), "admin")

    assert "md5a52cfe6cd9ae935d2f62906719107280" == literal.reveal()
    assert "md5" not in repr(literal)


@given(passwords, st.sampled_from(["{}", "postgresql://u:{}@h", "PASSWORD '{}'"]), st.integers(0, 7))
def test_a_quoted_value_is_hidden_however_it_is_spelt(value: str, around: str, way: int) -> None:
    """A message that quotes a value as SQL, JSON, Python or a URL spells it tells nothing of it."""
    spelt = (
        value, value.replace("'", "''"), value.replace("\\", "\\\\").replace("'", "''"), json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1], quote(value), quote(value, safe=""),
    )[way]  # fmt: skip

    assert around.format(MASK) == hidden(around.format(spelt), Masked(value))


@pytest.mark.parametrize("text", ["{}", "'{}'", "near {}:", '"{}"'])
@pytest.mark.parametrize("secret", ["md5" + "0a" * 16, "MD5" + "0A" * 16, "sha256|" + "0a" * 32 + "|" + "0b" * 32])
def test_a_hash_is_hidden_whoever_made_it(text: str, secret: str) -> None:
    """A password's hash is hidden though nobody says which it is."""
    assert text.format(MASK) == hidden(text.format(secret))


@pytest.mark.parametrize(("value", "expected"), [("Ünï 漢😀", True), ("a\0b", False), ("a\udcffb", False), ("\ud800", False)])
def test_what_cannot_be_sent_is_known(value: str, expected: bool) -> None:
    """Half a character, bytes that are no UTF-8 and NUL are told apart, for drivers quote them when they fail."""
    assert expected is Masked(value).is_text

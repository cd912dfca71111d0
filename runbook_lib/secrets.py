"""References to secrets, the masked value they resolve to, and Redshift's password rules.

A reference is `env:NAME`, `secretsmanager:NAME[#KEY]`, `ssm:/NAME` or `generate:secretsmanager:NAME`; a value exists only
as `Masked` until it is used.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets as _random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args
from urllib.parse import quote, quote_plus

Source = Literal["env", "secretsmanager", "ssm", "generate"]
SOURCES: tuple[str, ...] = get_args(Source)
_REFERENCE = re.compile(r"(?P<source>env|secretsmanager|ssm|generate:secretsmanager):(?P<name>[^#\s]+)(?:#(?P<key>\S+))?\Z")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_GENERATED = string.ascii_letters + string.digits + "-_.~"
_RULES = {
    "8 to 64 characters": r"(?s).{8,64}",
    "an upper-case letter": r"(?s).*[A-Z].*",
    "a lower-case letter": r"(?s).*[a-z].*",
    "a digit": r"(?s).*[0-9].*",
    "only ASCII 33 to 126 without ' \" \\ / @": r"""[!#-&(-.0-?A-\[\]-~]*""",
}


_HASH = re.compile(r"(?i)(?<=')(?:md5|sha256\|)[^']*(?=')|md5[0-9a-f]{32}|sha256\|[0-9a-f|]+")
MASK = "********"


class Masked:
    """Hold a secret value that shows itself nowhere: only `reveal()` gives it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value to the one call that needs it."""
        return self._value

    @property
    def is_text(self) -> bool:
        """Tell whether it can be sent: a variable may hold bytes that are no UTF-8, JSON half a character or a NUL."""
        return not re.search("[\0\ud800-\udfff]", self._value)

    def __repr__(self) -> str:
        return "Masked('********')"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and _random.compare_digest(_octets(self._value), _octets(other._value))

    def __hash__(self) -> int:
        return hash((Masked, len(self._value) > 0))


@dataclass(frozen=True)
class Reference:
    """Name a secret without holding it; `key` picks a field of a JSON secret."""

    source: Source
    name: str
    key: str = ""

    def __str__(self) -> str:
        prefix = "generate:secretsmanager" if self.source == "generate" else self.source
        return f"{prefix}:{self.name}" + (f"#{self.key}" if self.key else "")


def parse_reference(text: str) -> Reference:
    """Read a reference. Raises ValueError that does not quote the text, since it may be a password pasted by mistake."""
    match = _REFERENCE.match(text)
    if match is None or (match["source"] == "env" and not _ENVIRONMENT_NAME.match(match["name"])):
        raise ValueError("is not a secret reference")
    source: Source = "generate" if match["source"].startswith("generate") else match["source"]  # type: ignore[assignment]
    return Reference(source, match["name"], match["key"] or "")


def broken_password_rules(value: Masked) -> tuple[str, ...]:
    """List Redshift's password rules that a value breaks (CREATE USER, Amazon Redshift Database Developer Guide)."""
    return tuple(rule for rule, pattern in _RULES.items() if not re.fullmatch(pattern, value.reveal()))


def generate_password() -> Masked:
    """Make a 40-character password that satisfies Redshift's rules and needs no quoting anywhere."""
    while True:
        value = Masked("".join(_random.choice(_GENERATED) for _ in range(40)))
        if not broken_password_rules(value) and value.reveal()[0].isalnum():
            return value


def md5_literal(password: Masked, user: str) -> Masked:
    """Hash a password as Redshift stores it, so that SQL never holds it in clear text; the literal is as secret as the password."""
    digest = hashlib.md5((password.reveal() + user).encode(), usedforsecurity=False).hexdigest()
    return Masked(f"md5{digest}")


def hidden(text: str, *values: Masked) -> str:
    """Put a mask in the place of every value, however SQL, JSON, Python or a URL spells it, and of every password hash."""
    spellings = {spelling for value in values for spelling in _spellings(value.reveal()) if spelling}
    for each in sorted(spellings, key=len, reverse=True):
        text = text.replace(each, MASK)
    return _HASH.sub(MASK, text)


def _octets(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _spellings(value: str) -> Iterator[str]:
    octets = _octets(value)
    for plain in (value, value.replace("\\", "\\\\")):
        yield from (plain, plain.replace("'", "''"), plain.replace("'", "\\'"))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1], repr(octets)[2:-1])
    yield from (quote(octets), quote(octets, safe=""), quote_plus(octets))

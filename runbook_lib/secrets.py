"""References to secrets, the masked value they resolve to, and Redshift's password rules.

A reference is `env:NAME`, `secretsmanager:NAME[#KEY]`, `ssm:/NAME` or `generate:secretsmanager:NAME`; a value exists only
as `Masked` until it is used.
"""

from __future__ import annotations

import hashlib
import re
import secrets as _random
import string
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args

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


class Masked:
    """Hold a secret value that shows itself nowhere: only `reveal()` gives it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value to the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Masked('********')"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and _random.compare_digest(self._value.encode(), other._value.encode())

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

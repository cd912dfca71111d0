"""Redshift's password rules, passwords that satisfy them, and the hash that SQL holds in their place."""

from __future__ import annotations

import hashlib
import re
import secrets as _random
import string

from runbook_lib.secrets.masked import Masked

_GENERATED = string.ascii_letters + string.digits + "-_.~"
_RULES = {
    "8 to 64 characters": r"(?s).{8,64}",
    "an upper-case letter": r"(?s).*[A-Z].*",
    "a lower-case letter": r"(?s).*[a-z].*",
    "a digit": r"(?s).*[0-9].*",
    "only ASCII 33 to 126 without ' \" \\ / @": r"""[!#-&(-.0-?A-\[\]-~]*""",
}


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

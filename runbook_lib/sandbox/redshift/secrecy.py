"""What of a statement may be told: passwords and keys are masked in the log, and no error quotes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.lexer import Token

KEY_WORDS = frozenset(("CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "TOKEN", "MASTER_SYMMETRIC_KEY"))
"""What keys of AWS follow in UNLOAD and COPY."""
HIDDEN = "'***'"
_STRING = r"[eE]?'(?:[^'\\]|''|\\.)*(?:'|\Z)"
_DOLLAR = r"\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)"
_GAP = r"(?:\s|=|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
# A string that is never closed is masked to its end, and so is one that goes on in a second; a bare word if it is as long as a key.
SECRETS = re.compile(
    rf"(?P<word>\b(?:PASSWORD|{'|'.join(sorted(KEY_WORDS))})\b)(?P<gap>{_GAP}(?:\bAS\b{_GAP})*)"
    rf"(?:{_STRING}(?:{_GAP}{_STRING})*|{_DOLLAR}|\"[^\"]*(?:\"|\Z)|[\w/+=-]{{16,}})",
    re.IGNORECASE | re.DOTALL,
)
PAIRS = re.compile(r"\b(aws_access_key_id|aws_secret_access_key|token|master_symmetric_key)=[^;'\"\s]+", re.IGNORECASE)
"""The parts of a string of credentials, wherever it stands."""
LOOSE = re.compile(r"'[\w/+=;-]{16,}'")
"""What looks like keys, though no word says so: a mistake in a statement that goes to S3."""


def masked(sql: str) -> str:
    """Mask what Redshift is said to mask in its own log, and what somebody put in a wrong place."""
    known = PAIRS.sub(r"\1=***", SECRETS.sub(rf"\g<word>\g<gap>{HIDDEN}", sql))
    return LOOSE.sub(HIDDEN, known) if "s3://" in known.lower() else known


def near(tokens: Sequence[Token], place: int) -> str:
    """Name a token in an error: not a string, and nothing that stands where a secret does, for it may be one."""
    is_secret = tokens[place].kind in {"string", "dollar"} or _introduced(tokens, place) in {"PASSWORD", *KEY_WORDS}
    return HIDDEN if is_secret else tokens[place].text


def is_key(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether a token is a string where a key of AWS stands."""
    return tokens[place].kind == "string" and _introduced(tokens, place) in KEY_WORDS


def _introduced(tokens: Sequence[Token], place: int) -> str:
    """Give the word before a token, but for an AS."""
    words = [each.upper for each in tokens[max(0, place - 2) : place]]
    return next((word for word in reversed(words) if word != "AS"), "")

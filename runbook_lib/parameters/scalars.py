"""Say what a plain scalar of YAML means, if every reader agrees about it.

papermill reads YAML 1.1 and editors read 1.2: a plain `012345670123`, `yes`, `15:00`, `1e3` or a date would mean two things.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}\Z")
AMBIGUOUS = (
    (re.compile(r"[-+]?0[0-9_]+\Z"), "an octal number to some readers"),
    (re.compile(r"(?i:y|n|yes|no|on|off)\Z"), "a boolean to some readers"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?\Z"), "a base-60 number to some readers"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\s].*)?\Z"), "a date to some readers"),
    (re.compile(r"[-+]?0(o[0-7_]+|x[0-9a-fA-F_]+|b[01_]+)\Z"), "a number to some readers and a text to others"),
    (re.compile(r"[-+]?(?=[0-9_.]*[0-9])[0-9_]*\.?[0-9_]*([eE][-+]?[0-9_]+)?\Z"), "a number to some readers and a text to others"),
    (re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"), "a number to some readers"),
    (re.compile(r"(=|<<)\Z"), "a sign with a meaning of its own to some readers"),
)
"""Plain scalars whose meaning depends on the reader, each with what it looks like."""


def ambiguity(text: str) -> str:
    """Say what else a plain scalar may be read as; empty when all readers agree."""
    if INTEGER.match(text) or DECIMAL.match(text):
        return ""
    return next((means for pattern, means in AMBIGUOUS if pattern.match(text)), "")


def meaning(text: str) -> Scalar:
    """Give the value of a plain scalar; an ambiguous one stays the text that it most likely is."""
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if INTEGER.match(text):
        return int(text)
    return float(text) if DECIMAL.match(text) else text

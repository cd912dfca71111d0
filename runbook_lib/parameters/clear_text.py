"""Recognise secrets in clear text, so that they are refused where they stand and quoted nowhere."""

from __future__ import annotations

import re
from typing import Any

from runbook_lib.secrets import parse_reference

UNQUOTED = frozenset({"password", "secret", "external_id"})
"""Keys whose value may be a secret pasted by mistake: neither it nor anything below it is quoted."""
SHAPES = (
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9/+]{40}\Z"), "an AWS secret access key"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"://[^/\s@]*:[^/\s@]+@"), "an address with a password"),
    (re.compile(r"\bmd5[0-9a-f]{32}\b"), "the hash of a password, which is as good as one,"),
    (re.compile(r"(?i)\b(?:password|passwd|pwd)\s*=\s*[^\s<$]"), "a password"),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]+\.|\bgh[pousr]_\w{20,}|\bxox[abp]-\w+"), "a token"),
)
SET_ASIDE = re.compile(r"(?i)[\s#-]*[\w.]*(?:password|passwd|pwd)[\"']?\s*:\s*[\"']?(?P<value>[^\s\"'<$]+)[\"']?\s*\Z")
"""A comment that is a line of a file, set aside with its password."""


def comment_looks_like(comment: str) -> str:
    """Say which kind of secret a comment holds; empty when none."""
    line = SET_ASIDE.match(comment)
    if line and not is_reference(line["value"]):
        return "a password"
    return next(filter(None, map(looks_like, (comment, *comment.split()))), "")


def is_reference(text: str) -> bool:
    """Tell whether a text names a place of a secret, and is none."""
    try:
        parse_reference(text)
    except ValueError:
        return False
    return True


def looks_like(text: str) -> str:
    """Say which kind of secret a text looks like; empty when like none."""
    return next((kind for shape, kind in SHAPES if shape.search(text)), "")


def is_secret(path: tuple[str | int, ...], value: Any) -> bool:
    """Tell whether a value must not be quoted, by where it stands or by what it looks like."""
    return bool(UNQUOTED & set(path)) or (isinstance(value, str) and bool(looks_like(value)))

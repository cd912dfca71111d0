"""Spell a secret in every way in which a text may quote it, and put a mask in its place."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from runbook_lib.secrets.masked import MASK, Masked, octets

_HASH = re.compile(r"(?i)(?<=')(?:md5|sha256\|)[^']*(?=')|md5[0-9a-f]{32}|sha256\|[0-9a-f|]+")
_LITERAL = re.compile(r"md5[0-9a-f]{32}")
_BLOCK = 3
"""Bytes that base64 turns into four characters: where a secret begins within a block decides how it looks."""
_URL_SAFE = str.maketrans("+/", "-_")


def hidden(text: str, *values: Masked) -> str:
    """Put a mask in the place of every value, however SQL, JSON, Python or a URL spells it, and of every password hash."""
    spellings = {spelling for value in values for spelling in _spellings(value.reveal()) if spelling}
    return _HASH.sub(MASK, masked(text, spellings))


def masked(text: str, spellings: set[str]) -> str:
    """Put a mask in the place of every spelling, the longest first: one may be part of another."""
    for each in sorted(spellings, key=len, reverse=True):
        text = text.replace(each, MASK)
    return text


def forms(value: str) -> set[str]:
    """List every form in which a file may hold a value: each spelling, in base64 and hexadecimal, in HTML, and all that in JSON."""
    known = {*_spellings(value), *_encoded(octets(value))}
    if _LITERAL.fullmatch(value):
        known.add(value.removeprefix("md5"))
    in_html = {form for each in known for form in (html.escape(each), html.escape(each, quote=False), _of_jinja(each))}
    once = {form for each in known | in_html for form in _of_json(each)}
    return {*known, *in_html, *once, *(form for each in once for form in _of_json(each))} - {""}


def _spellings(value: str) -> Iterator[str]:
    for plain in (value, value.replace("\\", "\\\\")):
        yield from (plain, plain.replace("'", "''"), plain.replace("'", "\\'"))
    yield from (*_of_json(value), repr(value)[1:-1], repr(octets(value))[2:-1])
    yield from _of_url(octets(value))


def _of_url(value: bytes) -> Iterator[str]:
    """Escape as Python does, and as browsers do, with either case of the digits."""
    for each in (quote(value), quote(value, safe=""), quote_plus(value), quote(value, safe="!'()*~")):
        yield each
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), each)


def _of_json(value: str) -> tuple[str, str]:
    return json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]


def _of_jinja(value: str) -> str:
    return html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _encoded(value: bytes) -> Iterator[str]:
    """Encode a value as it stands inside something longer, without the characters that depend on its neighbours."""
    yield value.hex()
    for offset in range(_BLOCK):
        text = base64.b64encode(b"\0" * offset + value).decode().rstrip("=")[4 if offset else 0 : -1]
        yield from (text, text.translate(_URL_SAFE))

"""Secrets for tests that search for them: random ones, every form in which one could show, and where it must not."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shlex
import string
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from runbook_lib.documents import sql

CORE = "Qz7~"
"""In every secret, so that none is found by chance; it satisfies Redshift's rules by itself."""
ACCEPTED = "".join(sorted(set(map(chr, range(33, 127))) - set("'\"\\/@")))
HOSTILE = "'\"\\/@ \t\n%${}[]()*+?.^|#:&!<>,;`~=-_äß漢😀\u2028\udcff" + string.ascii_letters
BLOCK = 3
"""Bytes that base64 turns into four characters: where a secret begins within a block decides how it looks."""


def accepted() -> st.SearchStrategy[str]:
    """Draw a password that Redshift accepts."""
    return _around(ACCEPTED)


def any_password() -> st.SearchStrategy[str]:
    """Draw a password of somebody who was not bound by Redshift's rules."""
    return st.one_of(accepted(), _around(HOSTILE))


def _around(alphabet: str) -> st.SearchStrategy[str]:
    side = st.text(alphabet, min_size=2, max_size=25)
    return st.tuples(side, side).map(CORE.join)


@dataclass(frozen=True)
class Hunted:
    """Hold one secret and what to call it; `users` are those who log in with it."""

    name: str
    value: str
    users: tuple[str, ...] = ()

    @property
    def is_of_user(self) -> bool:
        """Tell whether it is one of the product's own users'."""
        return self.name.startswith("user-")

    @property
    def octets(self) -> bytes:
        """Give it as a process's environment holds it, which need not be UTF-8."""
        return self.value.encode("utf-8", "surrogatepass")

    def forms(self) -> Iterator[tuple[str, str]]:
        """List every form in which it would be readable to somebody."""
        yield "as it is", self.value
        yield "URL-encoded", quote(self.octets)
        yield "URL-encoded", quote(self.octets, safe="")
        yield "URL-encoded", quote_plus(self.octets)
        for ascii_only in (True, False):
            once = json.dumps(self.value, ensure_ascii=ascii_only)[1:-1]
            yield "JSON-escaped", once
            yield "JSON-escaped twice", json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        yield "SQL-escaped", sql.literal(self.value)[1:-1]
        yield "SQL-escaped", self.value.replace("'", "''")
        yield "HTML-escaped", html.escape(self.value)
        yield "HTML-escaped", html.escape(self.value, quote=False)
        yield "shell-escaped", shlex.quote(self.value).strip("'")
        yield "Python-escaped", repr(self.value)[1:-1]
        yield "Python-escaped", repr(self.octets)[2:-1]
        yield "regex-escaped", re.escape(self.value)
        yield "in hexadecimal", self.octets.hex()
        for offset in range(BLOCK):
            yield "in base64", _base64(self.octets, offset)
            yield "in base64", _base64(self.octets, offset).translate(str.maketrans("+/", "-_"))
        for user in self.users:
            yield f"as {user}'s md5 literal", hashlib.md5(self.octets + user.encode(), usedforsecurity=False).hexdigest()


def _base64(value: bytes, offset: int) -> str:
    """Encode a value as it stands inside something longer, without the characters that depend on its neighbours."""
    text = base64.b64encode(b"\0" * offset + value).decode().rstrip("=")
    return text[4 if offset else 0 : -1]


def found(secrets: Iterable[Hunted], texts: Mapping[str, str]) -> list[str]:
    """Say which secret shows where and in which form; line breaks, markup and its escapes hide none."""
    needles = [(f"{each.name} {how}", _squeezed(form)) for each in secrets for how, form in each.forms()]
    hits = []
    for where, text in texts.items():
        views = {_squeezed(text), _squeezed(html.unescape(re.sub(r"<[^<>]*>", "", text)))}
        hits += [f"{where}: {needle}" for needle, form in needles if any(form in view for view in views)]
    return sorted(set(hits))


def _squeezed(text: str) -> str:
    """Leave out white space, which wrapping a line puts in."""
    return "".join(text.split())


def files(folder: Path) -> dict[str, str]:
    """Read every file below a folder, and its name."""
    return {
        f"{path.relative_to(folder)}": f"{path}\n{octets(path).decode('utf-8', 'replace')}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def octets(path: Path) -> bytes:
    """Read a file; one that the server has taken away meanwhile holds nothing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def whole(error: BaseException) -> str:
    """Draw an exception with its chain, also the suppressed one, its frames' local values, its attributes and arguments.

    The first frame is the test's own: what it holds, nobody let slip.
    """
    assert error.__traceback__ is not None
    told, found = [error.with_traceback(error.__traceback__.tb_next)], []
    while told:
        each = told.pop()
        drawn = traceback.TracebackException.from_exception(each, capture_locals=True)
        found += [*drawn.format(), repr(each), repr(each.args), repr(vars(each))]
        told += [other for other in (each.__cause__, each.__context__) if other is not None]
    return "\n".join(found)

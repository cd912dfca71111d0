"""Know the values that this process comes to hold, and find them in what was written."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from runbook_lib.secrets.forms import forms, masked
from runbook_lib.secrets.masked import LISTENERS, MASK, octets

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap

SHORTEST = 8
"""Characters of the shortest password that Redshift takes (CREATE USER, Amazon Redshift Database Developer Guide)."""
_WORD = re.compile("[a-z_]*")


class Known:
    """Hear of every value that is masked in this process between `open` and `close`, and find it in any form.

    What Redshift would take for no password (too short, or a plain word) is not looked for: a record is full of such texts.
    """

    def __init__(self) -> None:
        self._values: dict[str, set[str]] = {}

    def open(self) -> Self:
        """Hear of what is masked from now on."""
        LISTENERS.append(self._hear)
        return self

    def close(self) -> None:
        """Hear no more; what was heard stays known. A second call does nothing."""
        if self._hear in LISTENERS:
            LISTENERS.remove(self._hear)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def are_in(self, content: bytes | mmap) -> bool:
        """Tell whether a file's content holds any value in any form."""
        return any(content.find(needle) >= 0 for needle in self._needles())

    def hiding(self) -> Callable[[str], str]:
        """Give what puts a mask in the place of every form of every value in a text."""
        spellings = self._forms()
        return lambda text: masked(text, spellings)

    def wiped(self, content: bytes) -> bytes:
        """Put a mask in the place of every form of every value in a file's content."""
        for needle in self._needles():
            content = content.replace(needle, MASK.encode())
        return content

    def blot(self, content: mmap) -> None:
        """Write over every form of every value in a file where it stands, without reading the file as a whole."""
        for needle in self._needles():
            place = -1
            while (place := content.find(needle, place + 1)) >= 0:
                content[place : place + len(needle)] = b"*" * len(needle)

    def _hear(self, value: str) -> None:
        if len(value) >= SHORTEST and not _WORD.fullmatch(value):
            self._values.setdefault(value, set())

    def _forms(self) -> set[str]:
        """Give all forms; a value's are made once, when they are first needed."""
        for value, known in tuple(self._values.items()):
            if not known:
                self._values[value] = forms(value)
        return set().union(*self._values.values())

    def _needles(self) -> list[bytes]:
        """Give all forms in bytes, the longest first; a variable's bytes that are no UTF-8 may stand in a file as they are."""
        found = set()
        for form in self._forms():
            found.add(octets(form))
            with suppress(UnicodeEncodeError):
                found.add(form.encode("utf-8", "surrogateescape"))
        return sorted(found, key=len, reverse=True)

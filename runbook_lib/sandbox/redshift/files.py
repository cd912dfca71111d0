"""Write and read the text files of UNLOAD and COPY, and the lines in which PostgreSQL takes and gives rows. Pure.

UNLOAD quotes nothing but in CSV, and writes NULL as an empty field unless told otherwise; COPY takes an empty field for an empty
text, and for NULL where the column holds no text. So a NULL text comes back as one only under NULL AS, as on Redshift.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Row = list[bytes | None]
NULL = b"\\N"
_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_SPECIAL = re.compile(rb"[\\\t\n\r]")
_NAMES = {b"\\": rb"\\", b"\t": rb"\t", b"\n": rb"\n", b"\r": rb"\r"}


@dataclass(frozen=True)
class Layout:
    """Say how a file is laid out; `null` is the text that stands for NULL, `skipped` how many rows are a header."""

    is_csv: bool
    delimiter: bytes
    null: bytes
    is_gzip: bool = False
    has_header: bool = False
    skipped: int = 0


def row_of(line: bytes) -> Row:
    """Read a line of PostgreSQL's."""
    return [None if each == NULL else _ESCAPED.sub(_unescaped, each) for each in line.split(b"\t")]


def line_of(row: Row) -> bytes:
    """Write a line for PostgreSQL."""
    return b"\t".join(NULL if each is None else _SPECIAL.sub(lambda match: _NAMES[match[0]], each) for each in row) + b"\n"


def written(header: Row, rows: Iterable[Row], layout: Layout) -> bytes:
    """Write a file."""
    lines = [header, *rows] if layout.has_header else rows
    body = b"".join(layout.delimiter.join(_field(each, layout) for each in row) + b"\n" for row in lines)
    return gzip.compress(body, mtime=0) if layout.is_gzip else body


def read(body: bytes, layout: Layout) -> Iterator[list[bytes]]:
    """Read a file's rows. Raises ValueError where it is not laid out so."""
    try:
        text = (gzip.decompress(body) if layout.is_gzip else body).decode()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("the file is not gzip's") from error
    rows = _csv_rows(text, layout.delimiter.decode()) if layout.is_csv else _plain_rows(text, layout.delimiter.decode())
    for number, row in enumerate(rows):
        if number >= layout.skipped:
            yield [each.encode() for each in row]


def loaded(row: Sequence[bytes], layout: Layout, texts: Sequence[bool]) -> Row:
    """Tell NULL from values; `texts` says which columns hold text: a blank field of the others is NULL."""
    kinds = itertools.chain(texts, itertools.repeat(True))
    return [None if each == layout.null or not (is_text or each.strip()) else each for each, is_text in zip(row, kinds, strict=False)]


def _csv_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Read CSV. Raises ValueError where a quote is out of place."""
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield row or [""]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _plain_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    for line in text.removesuffix("\n").split("\n") if text else ():
        yield line.split(delimiter)


def _field(value: bytes | None, layout: Layout) -> bytes:
    if value is None:
        return layout.null
    if layout.is_csv and any(each in value for each in (layout.delimiter, b'"', b"\n", b"\r")):
        return b'"' + value.replace(b'"', b'""') + b'"'
    return value


def _unescaped(match: re.Match[bytes]) -> bytes:
    return _ESCAPES.get(match[1], match[1])

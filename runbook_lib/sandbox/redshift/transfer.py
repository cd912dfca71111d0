"""UNLOAD and COPY as values: what goes where, in whose name, and laid out how. Options that are not here are refused by name.

Grammar: Amazon Redshift Database Developer Guide, UNLOAD, COPY and Authorization parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from runbook_lib.sandbox.redshift.files import NULL, Layout
from runbook_lib.sandbox.redshift.lexer import RefusedError, not_modelled

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.parser import Parser

Verb = Literal["UNLOAD", "COPY"]
FLAGS = {"UNLOAD": {"CSV", "GZIP", "HEADER", "ALLOWOVERWRITE", "ENCRYPTED"}, "COPY": {"CSV", "GZIP"}}
_KEYS = {"ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"}
TEXTS = {"UNLOAD": {"REGION", "CREDENTIALS", "KMS_KEY_ID", *_KEYS}, "COPY": {"REGION", "CREDENTIALS", *_KEYS}}
RAW = {"DELIMITER", "NULL"}
OWN = {"UNLOAD": {"PARALLEL"}, "COPY": {"IGNOREHEADER"}}
_NOT_MODELLED = """
IAM_ROLE MASTER_SYMMETRIC_KEY MANIFEST PARTITION PARQUET JSON AVRO ORC SHAPEFILE FIXEDWIDTH BZIP2 ZSTD LZOP ADDQUOTES REMOVEQUOTES
ESCAPE CLEANPATH MAXFILESIZE ROWGROUPSIZE EXTENSION QUOTE READRATIO SSH ACCEPTANYDATE ACCEPTINVCHARS BLANKSASNULL DATEFORMAT EMPTYASNULL
ENCODING EXPLICIT_IDS FILLRECORD IGNOREBLANKLINES IGNOREALLERRORS ROUNDEC TIMEFORMAT TRIMBLANKS TRUNCATECOLUMNS COMPROWS COMPUPDATE
MAXERROR NOLOAD STATUPDATE ENCRYPTED AUTO
"""
NOT_MODELLED = frozenset(_NOT_MODELLED.split())
SWITCH = {"ON": "ON", "TRUE": "ON", "OFF": "OFF", "FALSE": "OFF"}
_PARTS = {"aws_access_key_id": "ACCESS_KEY_ID", "aws_secret_access_key": "SECRET_ACCESS_KEY", "token": "SESSION_TOKEN"}
_OTHER_PARTS = {"aws_iam_role", "master_symmetric_key"}
MALFORMED = (
    "Invalid credentials. Must be of the format: credentials 'aws_access_key_id=<access-key-id>;"
    "aws_secret_access_key=<secret-access-key>[;token=<temporary-session-token>]'"
)


@dataclass(frozen=True)
class Keys:
    """Hold the keys that a statement names: S3 is asked in their owner's name."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Transfer:
    """Hold one UNLOAD or COPY: `source` is a query for PostgreSQL, or a table's quoted name."""

    verb: Verb
    source: str
    bucket: str
    prefix: str
    keys: Keys
    layout: Layout
    columns: tuple[str, ...] = ()
    region: str = ""
    kms_key: str = ""
    overwrites: bool = False
    is_parallel: bool = True


def transfer_statement(parser: Parser, verb: Verb, translated: Callable[[str], str]) -> Transfer:
    """Read UNLOAD or COPY; `translated` turns the query of an UNLOAD into one for PostgreSQL. Raises RefusedError."""
    columns: list[str] = []
    if verb == "UNLOAD":
        parser.need("(")
        source = translated(parser.string())
        parser.need(")", "TO")
    else:
        source = parser.qualified()
        if parser.take("("):
            columns = parser.names()
            parser.need(")")
        parser.need("FROM")
    bucket, prefix = _place(verb, parser.string())
    given = _options(parser, verb)
    return Transfer(
        verb, source, bucket, prefix, _keys(verb, given), _layout(verb, given), tuple(columns), given.get("REGION", ""),
        _kms_key(given), "ALLOWOVERWRITE" in given, given.get("PARALLEL", "ON") == "ON",
    )  # fmt: skip


def _place(verb: Verb, given: str) -> tuple[str, str]:
    found = re.fullmatch(r"s3://(?P<bucket>[^/]+)/(?P<prefix>.*)", given, re.DOTALL)
    if found is None:
        raise not_modelled(f"{verb} but with 's3://bucket/prefix'")
    return found["bucket"], found["prefix"]


def _options(parser: Parser, verb: Verb) -> dict[str, str]:
    given: dict[str, str] = {}
    while not parser.is_done:
        if parser.peek(1) == "CREDENTIALS":
            parser.take("WITH")
        name, value = _option(parser, verb)
        if name in given:
            raise RefusedError("42601", "conflicting or redundant options")
        given[name] = value
    return given


def _option(parser: Parser, verb: Verb) -> tuple[str, str]:
    name = parser.peek()
    if name == "FORMAT":
        parser.take(name)
        parser.take("AS")
        if (name := parser.peek()) != "CSV":
            raise not_modelled(f"{verb} ... FORMAT {name if name in NOT_MODELLED else ''}".strip())
    if name in NOT_MODELLED - FLAGS[verb]:
        raise not_modelled(f"{verb} ... {name}")
    if name not in FLAGS[verb] | TEXTS[verb] | RAW | OWN[verb]:
        parser.refuse()
    parser.take(name)
    if name in FLAGS[verb]:
        return name, name
    if name == "PARALLEL":
        return name, SWITCH[parser.word()] if parser.peek() in SWITCH else "ON"
    parser.take("AS")
    if name == "IGNOREHEADER":
        return name, parser.number()
    return name, parser.raw_string() if name in RAW else parser.string()


def _keys(verb: Verb, given: dict[str, str]) -> Keys:
    named = {name: given[name] for name in _KEYS & given.keys()}
    if "CREDENTIALS" in given:
        if named:
            raise RefusedError("42601", "conflicting or redundant options")
        named = _credentials(verb, given["CREDENTIALS"])
    if not {"ACCESS_KEY_ID", "SECRET_ACCESS_KEY"} <= named.keys():
        raise RefusedError("42601", f"stand-in: {verb} needs ACCESS_KEY_ID and SECRET_ACCESS_KEY, or CREDENTIALS")
    return Keys(named["ACCESS_KEY_ID"], named["SECRET_ACCESS_KEY"], named.get("SESSION_TOKEN", ""))


def _credentials(verb: Verb, text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(";")]
    for name, _, _ in pairs:
        if name in _OTHER_PARTS:
            raise not_modelled(f"{verb} ... CREDENTIALS with {name}")
    if re.search(r"\s", text) or any(name not in _PARTS or not value for name, _, value in pairs):
        raise RefusedError("XX000", MALFORMED)
    return {_PARTS[name]: value for name, _, value in pairs}


def _layout(verb: Verb, given: dict[str, str]) -> Layout:
    is_csv = "CSV" in given
    delimiter = _delimiter(given.get("DELIMITER", "," if is_csv else "|"))
    usual = "" if verb == "UNLOAD" else NULL.decode()
    null = given.get("NULL", usual).replace("\\\\", "\\").encode()
    return Layout(is_csv, delimiter, null, "GZIP" in given, "HEADER" in given, int(given.get("IGNOREHEADER", "0")))


def _delimiter(text: str) -> bytes:
    octal = re.fullmatch(r"\\([0-7]{3})", text)
    found = chr(int(octal[1], 8)) if octal else {"\\t": "\t", "\\\\": "\\"}.get(text, text)
    if len(found) != 1 or not found.isascii() or found in "\n\r\0":
        raise RefusedError("0A000", "COPY delimiter must be a single character")
    return found.encode()


def _kms_key(given: dict[str, str]) -> str:
    key = given.get("KMS_KEY_ID", "")
    if "ENCRYPTED" in given and not key:
        raise not_modelled("UNLOAD ... ENCRYPTED without KMS_KEY_ID")
    if key and ("ENCRYPTED" not in given or "CREDENTIALS" in given):
        raise RefusedError("42601", "stand-in: KMS_KEY_ID needs ENCRYPTED, and ACCESS_KEY_ID instead of CREDENTIALS")
    return key

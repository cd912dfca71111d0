"""Read JSON and DSSE envelopes in the one form in which they are written, and nothing in any other."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

from runbook_lib.evidence.statement import STATEMENT_TYPE, envelope
from runbook_lib.model import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unsound(Exception):
    """Say why a file cannot be taken for what it should be."""


class Opened(NamedTuple):
    """Hold an envelope's payload, as it is signed and as JSON, and its signatures by the names of their keys."""

    said: Mapping[str, Any]
    signatures: list[tuple[str, bytes]]
    payload: bytes


def parsed(octets: bytes) -> Any:
    """Read JSON. Raises Unsound; a name that stands twice in one object is refused, for two readers may see two values."""
    import json

    try:
        return json.loads(octets.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise Unsound(f"is no JSON: {error}") from None


def is_canonical(octets: bytes, value: object) -> bool:
    """Tell whether a JSON value is written in the one form that digests are taken over."""
    try:
        return octets == canonical(value).encode()
    except (ValueError, RecursionError):
        return False


def opened(octets: bytes) -> Opened:
    """Open an envelope around an in-toto statement, and hold both against their canonical form. Raises Unsound."""
    found = parsed(octets)
    try:
        payload = base64.b64decode(found["payload"], validate=True)
        signatures = [(str(each["keyid"]), base64.b64decode(each["sig"], validate=True)) for each in found["signatures"]]
    except (TypeError, KeyError, ValueError):
        raise Unsound("is no DSSE envelope") from None
    name, signature = signatures[0] if signatures else ("", b"")
    if not is_canonical(octets, envelope(payload, name, signature)):
        raise Unsound("is not, byte for byte, the canonical form of the envelope in it")
    said = parsed(payload)
    if not isinstance(said, dict) or said.get("_type") != STATEMENT_TYPE:
        raise Unsound("holds no in-toto statement")
    if not is_canonical(payload, said):
        raise Unsound("holds a statement that is not in its canonical form")
    return Opened(said, signatures, payload)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found

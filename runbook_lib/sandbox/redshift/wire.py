"""Messages of the PostgreSQL protocol, version 3.0, as far as the proxy reads or writes them."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

INT = struct.Struct("!I")
PROTOCOL = 196608
CANCEL_REQUEST, SSL_REQUEST, GSS_REQUEST = 80877102, 80877103, 80877104
AUTH_OK, AUTH_MD5, AUTH_DIGEST = 0, 5, 13
# Start-up keys of redshift_connector that PostgreSQL does not know.
REDSHIFT_KEYS = frozenset(
    [
        "client_protocol_version",
        "driver_version",
        "os_version",
        "plugin_name",
        "driver_discovery_version",
        "idp_type",
        "provider_name",
        "identity_namespace",
        "token_type",
    ]
)
HIDDEN_STATUS = frozenset(
    (
        b"default_transaction_read_only",
        b"in_hot_standby",
        b"scram_iterations",
        b"IntervalStyle",
        b"application_name",
        b"search_path",
    )
)
WORDS = (
    (b'role "', b'user "'),
    (b"permission denied for table ", b"permission denied for relation "),
    (b"permission denied for view ", b"permission denied for relation "),
)
STATUS = {b"server_version": b"8.0.2"}


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one message: its type and body. Raises IncompleteReadError when the connection ends."""
    head = await reader.readexactly(5)
    return head[:1], await reader.readexactly(INT.unpack(head[1:])[0] - 4)


class Inbox:
    """Read what a server sends as it comes, in large pieces: an answer of 100,000 rows is not worth 100,000 turns of the event loop."""

    PIECE = 2**18

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader, self._rest = reader, b""

    async def messages(self) -> list[tuple[bytes, bytes]]:
        """Wait for more, and give the whole messages in it. Raises IncompleteReadError when the connection ends."""
        piece = await self._reader.read(self.PIECE)
        if not piece:
            raise asyncio.IncompleteReadError(self._rest, None)
        given = self._rest + piece
        found = list(_framed(given))
        self._rest = given[sum(5 + len(body) for _, body in found) :]
        return found


def _framed(given: bytes) -> Iterator[tuple[bytes, bytes]]:
    start, end = 0, len(given)
    while start + 5 <= end:
        after = start + 1 + INT.unpack_from(given, start + 1)[0]
        if after > end:
            return
        yield given[start : start + 1], given[start + 5 : after]
        start = after


def message(kind: bytes, body: bytes) -> bytes:
    """Frame a message."""
    return kind + INT.pack(len(body) + 4) + body


def said(code: str, text: str, severity: str = "ERROR", detail: str = "") -> bytes:
    """Write the fields of an ErrorResponse or a NoticeResponse."""
    fields = {"S": severity, "C": code, "M": text, "D": detail}
    return b"".join(key.encode() + value.encode() + b"\0" for key, value in fields.items() if value) + b"\0"


def fields_of(body: bytes) -> dict[str, str]:
    """Read the fields of an ErrorResponse or a NoticeResponse."""
    return {field[:1].decode(): field[1:].decode() for field in body.split(b"\0") if field}


def start_up(parameters: dict[str, str]) -> bytes:
    """Frame a StartupMessage."""
    body = INT.pack(PROTOCOL) + b"".join(f"{key}\0{value}\0".encode() for key, value in parameters.items()) + b"\0"
    return INT.pack(len(body) + 4) + body


def start_up_parameters(body: bytes) -> dict[str, str]:
    """Read a StartupMessage's parameters."""
    words = body[4:].rstrip(b"\0").split(b"\0")
    return {key.decode(): value.decode() for key, value in zip(words[::2], words[1::2], strict=False)}


def status(body: bytes) -> bytes | None:
    """Rewrite a ParameterStatus as Redshift sends it; None when Redshift sends none."""
    key, value = body[:-1].split(b"\0")
    return None if key in HIDDEN_STATUS else key + b"\0" + STATUS.get(key, value) + b"\0"


def error_as_redshift(body: bytes, *, has_place: bool = True) -> bytes:
    """Leave PostgreSQL's own fields out of an error, and say what Redshift says for role, table and view.

    A place makes clients quote the statement there: it is left out where that statement is another one, or holds a secret.
    """
    for ours, theirs in WORDS:
        body = body.replace(b"\0M" + ours, b"\0M" + theirs)
    dropped = b"WFLRqpstcdn" + (b"" if has_place else b"P")
    fields = [field for field in body.split(b"\0") if field and field[:1] not in dropped]
    return b"".join(field + b"\0" for field in fields) + b"\0"

"""One client's connection, and what of the server's messages it sees."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift import wire
from runbook_lib.sandbox.redshift.translate import Session

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.transfer import Transfer


@dataclass
class Link:
    """Hold one client's connection: both streams, and what its statements depend on.

    `due` counts the requests that the server has not answered to their end. `prepared` and `portals` tell what is to be carried out
    beside the server. While something is, `diverted` takes the server's messages.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    user: str = ""
    database: str = ""
    session: Session = field(default_factory=Session)
    tags: tuple[str, ...] = ()
    is_dropping: bool = False
    is_secret: bool = False
    standing: bytes = b"I"
    due: int = 1
    is_idle: asyncio.Event = field(default_factory=asyncio.Event)
    is_hidden: bool = False
    has_failed: bool = False
    prepared: dict[bytes, Transfer | None] = field(default_factory=dict)
    portals: dict[bytes, Transfer | None] = field(default_factory=dict)
    diverted: asyncio.Queue[tuple[bytes, bytes]] | None = None

    def ask(self, backend: asyncio.StreamWriter, kind: bytes, body: bytes) -> None:
        """Send the server a message; some it answers by saying, in the end, where the transaction stands."""
        if kind in {b"Q", b"S", b"F"}:
            self.due += 1
            self.is_idle.clear()
        backend.write(wire.message(kind, body))

    def note_answered(self, standing: bytes) -> None:
        """Take note that a request was answered to its end, and of where the transaction stands now."""
        self.session, self.standing = replace(self.session, in_block=standing != b"I"), standing
        self.due -= 1
        if not self.due:
            self.is_idle.set()

    def shown(self, kind: bytes, body: bytes) -> bytes | None:
        """Say what the client sees of a message of the server's: None when it sees nothing."""
        match kind:
            case b"S":
                return wire.status(body)
            case b"C" if body in (b"CALL\0", b"DO\0"):
                tag = next((each for each in self.tags if each), "")
                return tag.encode() + b"\0" if tag else body
            case b"E":
                self.has_failed = True
                return wire.error_as_redshift(body, has_place=not self.is_secret)
            case b"Z":
                if self.is_hidden and not self.due:
                    return None
                self.has_failed = False
        return body

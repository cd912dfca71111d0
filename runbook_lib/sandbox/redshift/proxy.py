"""Speak Redshift's flavour of the wire protocol to clients, and PostgreSQL's to the server behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift import wire
from runbook_lib.sandbox.redshift.login import Login, Logins
from runbook_lib.sandbox.redshift.translate import Session, translate

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.faults import Faults, StatementLog

LIMIT = 2**24


@dataclass
class Link:
    """Hold one client's connection: both streams, and what its statements depend on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    user: str = ""
    database: str = ""
    session: Session = field(default_factory=Session)
    tags: tuple[str, ...] = ()
    is_dropping: bool = False


class Proxy:
    """Listen on loopback and pass statements on, translated."""

    def __init__(self, postgres_port: int, logins: Logins, faults: Faults, log: StatementLog, tls: ssl.SSLContext | None = None) -> None:
        self._postgres_port, self._logins, self._faults, self._log, self._tls = postgres_port, logins, faults, log, tls

    async def serve(self, port: int, inherited: int | None = None) -> asyncio.Server:
        """Listen, on a port or on an inherited socket. Raises OSError when the port is taken."""
        if inherited is not None:
            return await asyncio.start_server(self._client, sock=socket.socket(fileno=inherited), limit=LIMIT)
        return await asyncio.start_server(self._client, "127.0.0.1", port, limit=LIMIT)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        backend: asyncio.StreamWriter | None = None
        try:
            parameters = await self._greeting(link)
            if parameters is None:
                return
            server, backend = await asyncio.open_connection("127.0.0.1", self._postgres_port, limit=LIMIT)
            login = Login(parameters.get("user", ""), self._logins)
            link.user, link.database = login.user, parameters.get("database", "")
            known = {key: value for key, value in parameters.items() if key not in wire.REDSHIFT_KEYS}
            backend.write(wire.start_up({**known, "user": login.user}))
            if await login.pass_on(link.reader, link.writer, server, backend):
                await self._talk(link, server, backend)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # either side went away, or we stop: so does the other
        finally:
            for stream in (writer, backend):
                if stream is not None:
                    with contextlib.suppress(OSError, RuntimeError):
                        stream.close()

    async def _greeting(self, link: Link) -> dict[str, str] | None:
        while True:
            length = wire.INT.unpack(await link.reader.readexactly(4))[0]
            body = await link.reader.readexactly(length - 4)
            code = wire.INT.unpack(body[:4])[0]
            if code == wire.SSL_REQUEST:
                link.writer.write(b"S" if self._tls else b"N")
                await link.writer.drain()
                if self._tls:
                    await link.writer.start_tls(self._tls)
            elif code == wire.GSS_REQUEST:
                link.writer.write(b"N")
                await link.writer.drain()
            elif code == wire.CANCEL_REQUEST:
                _, backend = await asyncio.open_connection("127.0.0.1", self._postgres_port)
                backend.write(wire.INT.pack(length) + body)
                await backend.drain()
                backend.close()
                return None
            else:
                return wire.start_up_parameters(body)

    async def _talk(self, link: Link, server: asyncio.StreamReader, backend: asyncio.StreamWriter) -> None:
        tasks = [asyncio.create_task(self._up(link, backend)), asyncio.create_task(self._down(link, server))]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.exception()

    async def _up(self, link: Link, backend: asyncio.StreamWriter) -> None:
        while True:
            kind, body = await wire.read_message(link.reader)
            if kind == b"Q":
                text = await self._statement(link, body[:-1].decode())
                body = text.encode() + b"\0"
            elif kind == b"P":
                first = body.index(b"\0")
                second = body.index(b"\0", first + 1)
                text = await self._statement(link, body[first + 1 : second].decode())
                body = body[: first + 1] + text.encode() + body[second:]
            backend.write(wire.message(kind, body))
            await backend.drain()

    async def _statement(self, link: Link, sql: str) -> str:
        self._log.append(link.user, link.database, sql)
        for fault in self._faults.meet(sql):
            match fault.kind:
                case "latency":
                    await asyncio.sleep(fault.ms / 1000)
                case "drop":
                    raise ConnectionResetError
                case "drop after":
                    link.is_dropping = True
                case "error":
                    return f"CALL pg_catalog.rs_raise('{fault.code}', '{fault.message}')"
        lowered = sql.lower()
        if "enable_case_sensitive_identifier" in lowered and lowered.lstrip().startswith("set"):
            link.session = replace(link.session, case_sensitive="true" in lowered or lowered.rstrip().endswith(" on"))
        translation = translate(sql, link.session)
        link.tags = translation.tags
        return translation.text

    async def _down(self, link: Link, server: asyncio.StreamReader) -> None:
        tag: Callable[[], str] = lambda: next((each for each in link.tags if each), "")  # noqa: E731
        while True:
            kind, body = await wire.read_message(server)
            if kind == b"S":
                shown = wire.status(body)
                if shown is None:
                    continue
                body = shown
            elif kind == b"C" and body in (b"CALL\0", b"DO\0") and tag():
                body = tag().encode() + b"\0"
            elif kind == b"E":
                body = wire.error_as_redshift(body)
            elif kind == b"Z":
                link.session = replace(link.session, in_block=body != b"I")
                if link.is_dropping:
                    raise ConnectionResetError
            link.writer.write(wire.message(kind, body))
            if kind in b"ZES":
                await link.writer.drain()

"""Speak Redshift's flavour of the wire protocol to clients, and PostgreSQL's to the server behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift import wire
from runbook_lib.sandbox.redshift.carrying import Carrier
from runbook_lib.sandbox.redshift.link import Link
from runbook_lib.sandbox.redshift.login import Login, Logins
from runbook_lib.sandbox.redshift.secrecy import masked
from runbook_lib.sandbox.redshift.translate import Translation, translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.sandbox.redshift.faults import Faults, StatementLog
    from runbook_lib.sandbox.redshift.objects import Storage
    from runbook_lib.sandbox.redshift.transfer import Transfer

LIMIT = 2**24


class Proxy:
    """Listen on loopback and pass statements on, translated."""

    def __init__(
        self, postgres_port: int, logins: Logins, faults: Faults, log: StatementLog, storage: Storage, tls: ssl.SSLContext | None = None
    ) -> None:
        self._postgres_port, self._logins, self._faults, self._log, self._tls = postgres_port, logins, faults, log, tls
        self._storage = storage

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
        is_skipping = False
        while True:
            kind, body = await wire.read_message(link.reader)
            is_skipping = is_skipping and kind not in {b"S", b"Q"}
            if is_skipping:
                continue  # as the server does after an error, until the client asks where it stands
            transfer = None
            if kind == b"Q":
                translation = await self._statement(link, body[:-1].decode())
                body, transfer = translation.text.encode() + b"\0", translation.transfer
            elif kind == b"P":
                body = await self._parsed(link, body)
            elif kind == b"B":
                portal, statement = body.split(b"\0", 2)[:2]
                link.portals[portal] = link.prepared.get(statement)
            elif kind == b"E":
                transfer = link.portals.get(body[: body.index(b"\0")])
            if transfer is not None:
                is_skipping = not await self._carried(link, backend, transfer, is_simple=kind == b"Q")
                continue
            link.ask(backend, kind, body)
            await backend.drain()

    async def _parsed(self, link: Link, body: bytes) -> bytes:
        name, sql, rest = body.split(b"\0", 2)
        translation = await self._statement(link, sql.decode())
        link.prepared[name] = translation.transfer
        return b"\0".join((name, translation.text.encode(), rest))

    async def _carried(self, link: Link, backend: asyncio.StreamWriter, transfer: Transfer, *, is_simple: bool) -> bool:
        """Carry out an UNLOAD or COPY when all before it is answered; tell whether the client may go on."""
        if not is_simple:
            link.is_hidden = True
            link.ask(backend, b"S", b"")
        await backend.drain()
        await link.is_idle.wait()
        link.is_hidden = False
        if link.has_failed:
            return False
        link.diverted = asyncio.Queue()
        carrier = Carrier(link.diverted, lambda kind, body: link.ask(backend, kind, body), self._storage)
        outcome = await carrier.carried(transfer)
        link.diverted = None
        if link.is_dropping:
            raise ConnectionResetError
        if outcome.error:
            link.writer.write(wire.message(b"E", outcome.error))
        else:
            link.writer.write(wire.message(b"N", wire.said("00000", outcome.notice, "INFO")))
            link.writer.write(wire.message(b"C", outcome.tag.encode() + b"\0"))
        if is_simple:
            link.writer.write(wire.message(b"Z", link.standing))
        await link.writer.drain()
        return is_simple or not outcome.error

    async def _statement(self, link: Link, sql: str) -> Translation:
        self._log.append(link.user, link.database, sql)
        link.is_secret = masked(sql) != sql
        for fault in self._faults.meet(sql):
            match fault.kind:
                case "latency":
                    await asyncio.sleep(fault.ms / 1000)
                case "drop":
                    raise ConnectionResetError
                case "drop after":
                    link.is_dropping = True
                case "error":
                    return Translation(f"CALL pg_catalog.rs_raise('{fault.code}', '{fault.message}')")
        lowered = sql.lower()
        if "enable_case_sensitive_identifier" in lowered and lowered.lstrip().startswith("set"):
            link.session = replace(link.session, case_sensitive="true" in lowered or lowered.rstrip().endswith(" on"))
        translation = translate(sql, link.session)
        link.tags = translation.tags
        return translation

    async def _down(self, link: Link, server: asyncio.StreamReader) -> None:
        inbox = wire.Inbox(server)
        while True:
            link.writer.write(b"".join(_passed_on(link, await inbox.messages())))
            await link.writer.drain()


def _passed_on(link: Link, messages: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Give what the client sees of the server's messages. Raises ConnectionResetError where it is to see no end."""
    for kind, body in messages:
        if kind == b"Z":
            link.note_answered(body)
        if link.diverted is not None:
            link.diverted.put_nowait((kind, body))
            continue
        shown = link.shown(kind, body)
        if kind == b"Z" and shown is not None and link.is_dropping:
            raise ConnectionResetError
        if shown is not None:
            yield wire.message(kind, shown)

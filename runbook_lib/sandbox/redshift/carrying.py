"""Carry rows between the server and S3 for one UNLOAD or COPY, over the client's own session: its user, its transaction.

The server is asked with its own COPY. Rows stay in memory on the way. What the user may not do with the table is found out first, as
on Redshift, then what the keys' owner may not do in S3; either ends the statement like any other error of the server's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from runbook_lib.sandbox.redshift import wire
from runbook_lib.sandbox.redshift.files import line_of, loaded, read, row_of, written
from runbook_lib.sandbox.redshift.lexer import RefusedError, array, identifier, literal

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.objects import Objects, Storage
    from runbook_lib.sandbox.redshift.transfer import Transfer

T = TypeVar("T")
SECONDS = 60.0
"""How long one statement may wait for S3 in all."""
SLICES = 4
"""As many as the sample's cluster has: each writes a file of its own."""
NOT_EMPTY = (
    "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
    "manually removing the target files in S3, or using the ALLOWOVERWRITE option."
)
BAD_DATA = ("22", "23502")
"""The server's errors that are about what a file holds."""


@dataclass
class Reply:
    """Collect what the server says to one request: rows, data, an error's body, and the last message's kind."""

    data: list[bytes] = field(default_factory=list)
    error: bytes = b""
    last: bytes = b""


@dataclass(frozen=True)
class Outcome:
    """Hold what the client is told: an error's body, or how it went and under which tag."""

    error: bytes = b""
    notice: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Carrier:
    """Carry for one client: `answers` are the server's messages, `ask` sends it one, `storage` is where S3 is."""

    answers: asyncio.Queue[tuple[bytes, bytes]]
    send: Callable[[bytes, bytes], None]
    storage: Storage

    async def carried(self, transfer: Transfer) -> Outcome:
        """Carry out one statement; the server is idle before and after."""
        return await (self._unloaded(transfer) if transfer.verb == "UNLOAD" else self._copied(transfer))

    async def _unloaded(self, transfer: Transfer) -> Outcome:
        reply = await self._asked(f"COPY (\n{transfer.source}\n) TO STDOUT WITH (HEADER)")
        if reply.error:
            return Outcome(reply.error)
        try:
            count = await self._in_time(transfer, lambda objects: _write(objects, transfer, b"".join(reply.data)))
        except RefusedError as refusal:
            return Outcome((await self._asked(f"CALL pg_catalog.rs_raise({literal(refusal.code)}, {literal(refusal.message)})")).error)
        return Outcome(notice=f"UNLOAD completed, {count} record(s) unloaded successfully.", tag="UNLOAD")

    async def _copied(self, transfer: Transfer) -> Outcome:
        columns = f" ({', '.join(map(identifier, transfer.columns))})" if transfer.columns else ""
        kinds = await self._asked(_column_kinds(transfer))
        reply = kinds if kinds.error else await self._asked(f"COPY {transfer.source}{columns} FROM STDIN")
        if reply.error or reply.last != b"G":
            return Outcome(reply.error)
        texts = [row[-1:] == b"t" for row in kinds.data]
        try:
            lines = await self._in_time(transfer, lambda objects: _read(objects, transfer, texts))
        except (RefusedError, ValueError) as refusal:
            self.send(b"f", b"refused\0")
            await self._reply()
            return Outcome(_body(refusal) if isinstance(refusal, RefusedError) else _bad_data(transfer, str(refusal)))
        for line in lines:
            self.send(b"d", line)
        self.send(b"c", b"")
        done = await self._reply()
        if done.error:
            fields = wire.fields_of(done.error)
            return Outcome(_bad_data(transfer, fields["M"]) if fields["C"].startswith(BAD_DATA) else done.error)
        return Outcome(notice=f"Load into table '{_name(transfer)}' completed, {len(lines)} record(s) loaded successfully.", tag="COPY")

    async def _asked(self, sql: str) -> Reply:
        self.send(b"Q", sql.encode() + b"\0")
        return await self._reply()

    async def _reply(self) -> Reply:
        """Wait until the server is idle again, or wants data."""
        reply = Reply()
        while reply.last not in {b"Z", b"G"}:
            reply.last, body = await self.answers.get()
            if reply.last in {b"d", b"D"}:
                reply.data.append(body)
            elif reply.last == b"E":
                reply.error = wire.error_as_redshift(body, has_place=False)
        return reply

    async def _in_time(self, transfer: Transfer, work: Callable[[Objects], T]) -> T:
        """Work with S3 in a thread. Raises RefusedError when it takes too long."""

        def worked() -> T:
            return work(self.storage.opened(transfer.keys, transfer.region))

        try:
            return await asyncio.wait_for(asyncio.to_thread(worked), SECONDS)
        except TimeoutError:
            raise RefusedError("XX000", f"stand-in: S3 did not answer within {SECONDS:.0f} s") from None


def _write(objects: Objects, transfer: Transfer, given: bytes) -> int:
    """Write the server's lines, of which the first names the columns; give the number of rows."""
    if objects.listed(transfer.bucket, transfer.prefix) and not transfer.overwrites:
        raise RefusedError("XX000", NOT_EMPTY)
    header, *rows = [row_of(line) for line in given.removesuffix(b"\n").split(b"\n")]
    slices = [rows[number::SLICES] for number in range(min(SLICES, len(rows) or 1))] if transfer.is_parallel else [rows]
    for number, part in enumerate(slices):
        name = f"{number:04d}_part_00" if transfer.is_parallel else "000"
        key = f"{transfer.prefix}{name}{'.gz' if transfer.layout.is_gzip else ''}"
        objects.write(transfer.bucket, key, written(header, part, transfer.layout), transfer.kms_key)
        # AWS wants GET of whoever unloads, and does not say what for.
        objects.look_at(transfer.bucket, key)
    return len(rows)


def _read(objects: Objects, transfer: Transfer, texts: list[bool]) -> list[bytes]:
    """Read all files as lines for the server."""
    keys = objects.listed(transfer.bucket, transfer.prefix)
    if not keys:
        raise RefusedError("XX000", f"The specified S3 prefix '{transfer.prefix}' does not exist")
    rows = (row for key in keys for row in read(objects.read(transfer.bucket, key), transfer.layout))
    return [line_of(loaded(row, transfer.layout, texts)) for row in rows]


def _column_kinds(transfer: Transfer) -> str:
    """Ask for each column that is filled, in order, whether it holds text."""
    chosen, order = "NOT a.attisdropped AND a.attgenerated = ''", "a.attnum"
    if transfer.columns:
        names = array(list(transfer.columns))
        chosen, order = f"a.attname = ANY ({names})", f"array_position({names}, a.attname::text)"
    return (
        f"SELECT t.typcategory = 'S' FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        f"WHERE a.attrelid = {literal(transfer.source)}::regclass AND a.attnum > 0 AND {chosen} ORDER BY {order}"
    )


def _bad_data(transfer: Transfer, why: str) -> bytes:
    message = f"Load into table '{_name(transfer)}' failed.  Check 'stl_load_errors' system table for details."
    return wire.said("XX000", message, detail=f"stand-in: {why}")


def _body(refusal: RefusedError) -> bytes:
    return wire.said(refusal.code, refusal.message)


def _name(transfer: Transfer) -> str:
    return transfer.source[transfer.source.rfind('."') + 1 :][1:-1].replace('""', '"')

"""Let clients log in: md5 passwords as PostgreSQL does, sha256 ones as Redshift does, and temporary ones that IAM gives out.

Temporary passwords stand in `credentials.json`: `{"USER": [{"password": ..., "until": EPOCH}]}`; the user comes as `IAM:USER`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runbook_lib.sandbox.redshift import wire

PREFIXES = ("IAM:", "IAMA:", "IAMR:")


@dataclass(frozen=True)
class Logins:
    """Look up what the server knows of a user: `stored` gives (md5 hash, sha256 digest and salt, hidden password)."""

    stored: Callable[[str], tuple[str, str, str]]
    temporary: Path

    def temporary_passwords(self, user: str) -> list[str]:
        """List a user's temporary passwords that have not expired."""
        if not self.temporary.exists():
            return []
        known = json.loads(self.temporary.read_text("utf-8")).get(user, [])
        return [each["password"] for each in known if each["until"] > time.time()]


def _md5(text: bytes) -> bytes:
    return hashlib.md5(text, usedforsecurity=False).hexdigest().encode()


def answer_to(stored: str, salt: bytes) -> bytes:
    """Answer an md5 challenge from the stored hash (`md5...`)."""
    return b"md5" + _md5(stored.removeprefix("md5").encode() + salt)


class Login:
    """Pass one log-in on, answering the server in the client's place where the two speak differently."""

    def __init__(self, name: str, logins: Logins) -> None:
        self._name, self._logins = name, logins
        self._prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
        self.user = name.removeprefix(self._prefix)

    async def pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        backend: asyncio.StreamWriter,
    ) -> bool:
        """Tell whether the client is in."""
        await backend.drain()
        while True:
            kind, body = await wire.read_message(server)
            code = wire.INT.unpack(body[:4])[0] if kind == b"R" else None
            if code == wire.AUTH_MD5:
                backend.write(wire.message(b"p", await self._answer(reader, writer, body[4:8]) + b"\0"))
                await backend.drain()
                continue
            writer.write(wire.message(kind, wire.error_as_redshift(body) if kind == b"E" else body))
            await writer.drain()
            if kind == b"E":
                return False
            if code == wire.AUTH_OK:
                return True

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, salt: bytes) -> bytes:
        stored, digest, hidden = await asyncio.to_thread(self._logins.stored, self.user)
        wrong = answer_to(secrets.token_hex(16), salt)
        if digest and not self._prefix:
            is_right = await self._digest(reader, writer, digest)
            return b"md5" + _md5(_md5((hidden + self.user).encode()) + salt) if is_right else wrong
        writer.write(wire.message(b"R", wire.INT.pack(wire.AUTH_MD5) + salt))
        await writer.drain()
        _, body = await wire.read_message(reader)
        given = body.rstrip(b"\0")
        if not self._prefix:
            return given
        wanted = {answer_to(_md5((each + self._name).encode()).decode(), salt) for each in self._logins.temporary_passwords(self.user)}
        return answer_to(stored, salt) if given in wanted else wrong

    async def _digest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, digest: str) -> bool:
        """Ask as Redshift asks sha256 users (request 13): libpq cannot answer, redshift_connector can."""
        hashed, salt = digest.split("|")
        ours, salted = secrets.token_bytes(32), bytes.fromhex(salt)
        sizes = wire.INT.pack(0) + wire.INT.pack(len(salted)) + salted + wire.INT.pack(len(ours)) + ours
        writer.write(wire.message(b"R", wire.INT.pack(wire.AUTH_DIGEST) + sizes))
        await writer.drain()
        kind, body = await wire.read_message(reader)
        if kind != b"d":
            return False
        length = wire.INT.unpack(body[:4])[0]
        given, theirs = body[4 : 4 + length], body[8 + length :]
        return secrets.compare_digest(given, hashlib.sha256(bytes.fromhex(hashed) + ours + theirs).digest())

"""Run the stand-in: PostgreSQL, catalogue, sample warehouse and proxy, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import ssl
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from runbook_lib.sandbox import endings
from runbook_lib.sandbox.redshift.faults import Faults, StatementLog
from runbook_lib.sandbox.redshift.login import Logins
from runbook_lib.sandbox.redshift.objects import Storage
from runbook_lib.sandbox.redshift.postgres import Postgres
from runbook_lib.sandbox.redshift.proxy import Proxy

ADMIN = "awsuser"


@dataclass(frozen=True)
class Settings:
    """Hold what the stand-in is started with."""

    port: int
    folder: Path
    ready: Path
    id: str
    password: str
    tls: tuple[str, str] | None = None
    has_sample: bool = True
    listening: int | None = None
    storage: Storage = field(default_factory=Storage)


def run(settings: Settings) -> int:
    """Run until SIGTERM, SIGINT or the end of standard input; give the exit code."""
    postgres = Postgres(settings.folder, ADMIN, settings.password)
    try:
        if postgres.start():
            _install(postgres, settings)
        return asyncio.run(_serve(postgres, settings))
    except (OSError, RuntimeError) as error:
        endings.write(str(error))
        return 1
    finally:
        postgres.stop()


def _install(postgres: Postgres, settings: Settings) -> None:
    with closing(postgres.connect("template1")) as connection, connection.cursor() as cursor:
        # Redshift's own user: it owns `public` in every database.
        cursor.execute("CREATE USER rdsdb SUPERUSER PASSWORD NULL; ALTER SCHEMA public OWNER TO rdsdb")
        for name in ("10_side_privileges.sql", "20_functions.sql", "30_views.sql"):
            cursor.execute(resources.files("runbook_lib.sandbox.redshift").joinpath("sql", name).read_text("utf-8"))
        cursor.execute("INSERT INTO pg_catalog.rs_cluster VALUES (%s)", (settings.id,))
    with closing(postgres.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE dev")
    if settings.has_sample:
        from runbook_lib.sandbox.redshift.warehouse import load

        load(postgres)


async def _serve(postgres: Postgres, settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stop, "it was told to stop")
    threading.Thread(target=_until_input_ends, args=(loop, stop), daemon=True).start()
    shared = settings.folder.parent
    logins, faults = Logins(_stored(postgres), shared / "credentials.json"), Faults(shared / "faults.json")
    proxy = Proxy(postgres.port, logins, faults, StatementLog(shared / "statements.jsonl"), settings.storage, _tls(settings))
    async with await proxy.serve(settings.port, settings.listening) as server:
        port = server.sockets[0].getsockname()[1]
        facts = {
            "port": port,
            "postgres_port": postgres.port,
            "postgres_pid": postgres.pid,
            "pid": os.getpid(),
            "id": settings.id,
        }
        _tell(settings.ready, facts)
        while not stop.is_set():
            if not postgres.is_alive():
                raise RuntimeError(postgres.last_words())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)
    return 0


def _tell(path: Path, facts: dict[str, object]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(facts) + "\n", "utf-8")
    partial.rename(path)


def _until_input_ends(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when whoever started us goes away, also by kill -9."""
    while os.read(0, 4096):
        continue
    loop.call_soon_threadsafe(_stop, stop, "whoever started it is gone")


def _stop(stop: asyncio.Event, why: str) -> None:
    endings.write(why)
    stop.set()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*settings.tls)
    return context


def _stored(postgres: Postgres) -> Callable[[str], tuple[str, str, str]]:
    def look_up(user: str) -> tuple[str, str, str]:
        with closing(postgres.connect("dev")) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(a.rolpassword, ''), coalesce(o.sha256, ''), coalesce(o.secret, '') FROM pg_authid a "
                "LEFT JOIN pg_catalog.rs_user_option o ON o.usesysid = a.oid WHERE a.rolname = %s",
                (user,),
            )
            row = cursor.fetchone()
        return row or ("", "", "")

    return look_up

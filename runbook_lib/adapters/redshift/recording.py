"""Tell a recorder of every statement, as it was sent and with everything masked that was bound to it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.secrets import MASK, hidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_READS = re.compile(r"(?i)\s*(?:select|show|set|begin|rollback|commit)\b")
_BOUND = re.compile(r"%\(\w+\)s")
_BEGAN = "redshift_runbook_began"


@dataclass(frozen=True)
class Statement:
    """Record one statement: `session` is the backend's process id, `error` the SQLSTATE or name of what it failed with."""

    service: str
    database: str
    user: str
    session: int
    sql: str
    writes: bool
    error: str = ""
    milliseconds: float = 0.0


def listen(engine: Engine, recorder: Callable[[Statement], None], side: str) -> None:
    """Let a recorder hear of every statement of an engine, also of one that fails."""
    from sqlalchemy import event

    def record(connection: Any, statement: str, error: str = "") -> None:
        url, taken = engine.url, time.monotonic() - connection.info.get(_BEGAN, time.monotonic())
        driver = getattr(connection.connection, "dbapi_connection", None)
        pid = driver.info.backend_pid if driver is not None else 0
        writes = not _READS.match(statement)
        recorder(
            Statement(
                f"{side} database", str(url.database), str(url.username), pid, as_sent(statement), writes, error, round(taken * 1000, 1)
            )
        )

    def begin(connection: Any, *_rest: Any) -> None:
        connection.info[_BEGAN] = time.monotonic()

    def end(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        record(connection, statement)

    def fail(context: Any) -> None:
        cause = context.original_exception
        if context.statement is not None and context.connection is not None:
            record(context.connection, context.statement, str(getattr(cause, "pgcode", None) or type(cause).__name__))

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    event.listen(engine, "handle_error", fail)


def as_sent(statement: str) -> str:
    """Give a statement with a mask for each value that was bound: of what changes something, those are secrets alone."""
    return hidden(_BOUND.sub(f"'{MASK}'", statement).replace("%%", "%"))

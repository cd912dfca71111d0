"""Keep secrets out of what libraries log and of what their errors hold: requests hold new passwords, answers hold secrets and keys."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.errors import TargetError

TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.parsers", "sqlalchemy.pool.impl.QueuePool")
"""Loggers that write down headers, bodies or the words of a refused log-in when somebody sets the level to DEBUG."""


def quieten() -> None:
    """Let these loggers tell of warnings and errors only, whatever level anybody sets."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_is_no_detail)


def bare(error: TargetError) -> TargetError:
    """Cut an error off from what it was made of: a library's errors and frames hold statements, requests and log-ins."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _is_no_detail(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING

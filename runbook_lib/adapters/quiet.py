"""Keep the libraries from logging what they send and receive: requests hold new passwords, answers hold secrets and session keys."""

from __future__ import annotations

import logging

TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.parsers", "sqlalchemy.pool.impl.QueuePool")
"""Loggers that write down headers, bodies or the words of a refused log-in when somebody sets the level to DEBUG."""


def quieten() -> None:
    """Let these loggers tell of warnings and errors only, whatever level anybody sets."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_is_no_detail)


def _is_no_detail(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING

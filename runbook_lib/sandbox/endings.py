"""Say when and how a process of the sandbox ended, in the log of whoever started it, and read there why."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

LINES = 4
"""As many of a log's last lines as tell why a server ended: what broke, and what it gave up for that."""
LONGEST = 4096


def how(code: int) -> str:
    """Say how a process ended, by its code as `subprocess` gives it."""
    return f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"


def said(log: Path) -> str:
    """Give the last lines of a log as one; empty when there are none."""
    try:
        text = log.read_bytes()[-LONGEST:].decode(errors="replace")
    except OSError:
        return ""
    return " | ".join(text.split("\n")[-LINES - 1 :]).strip(" |")


def write(text: str) -> None:
    """Write a line with its time to the standard error, which is the log: also from a signal's handler."""
    os.write(2, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n".encode())

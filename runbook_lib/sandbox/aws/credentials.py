"""Temporary database passwords: the endpoint issues them into a file, the Redshift stand-in lets in who brings one.

The file holds `{"USER": [{"password": ..., "until": EPOCH}]}`. Whoever logs in as `IAM:USER` with such a password has exactly the
rights of the database user `USER`; where that user does not exist nobody gets in. Nothing is written in the database.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Issue = Callable[[str, float], str]
"""Makes a temporary password for a database user, valid for some seconds."""
KEPT = 20
_LOCK = threading.Lock()


def issuing_into(path: Path) -> Issue:
    """Issue passwords into a file that only its owner may read; those that have expired go."""

    def issue(user: str, seconds: float) -> str:
        password = f"Aa1{secrets.token_urlsafe(24)}"
        with _LOCK:
            known: dict[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
            valid = {name: [each for each in issued if each["until"] > time.time()] for name, issued in known.items()}
            valid[user] = [*valid.get(user, [])[-KEPT:], {"password": password, "until": time.time() + seconds}]
            _write(path, json.dumps(valid))
        return password

    return issue


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(text, "utf-8")
    partial.rename(path)

"""Remember what was decided about each permission that a call took, so that it can be asked which a run really used."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.policy import Verdict
    from runbook_lib.sandbox.aws.requests import Call


class Decisions:
    """Hold the log; many threads write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []

    def add(self, call: Call, action: str, resource: str, verdict: Verdict) -> None:
        """Write down one decision."""
        entry = {
            "call": call.id, "time": time.time(), "operation": call.name, "principal": call.principal, "action": action,
            "resource": resource, "outcome": verdict.outcome, "layer": verdict.layer, "reason": verdict.reason,
            "decided_by": [{"document": each.document, "statement": each.statement} for each in verdict.decided_by],
        }  # fmt: skip
        with self._lock:
            self._entries.append(entry)

    def all(self) -> list[dict[str, Any]]:
        """Give every decision since the log was emptied, oldest first."""
        with self._lock:
            return list(self._entries)

    def forget(self) -> None:
        """Empty the log."""
        with self._lock:
            self._entries = []

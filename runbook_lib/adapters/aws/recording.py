"""Tell a recorder of every request, so that evidence can name AWS's request ids."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_READS = ("Get", "List", "Describe", "Head", "Simulate", "Validate", "AssumeRole")
_BEGAN = "redshift_runbook_began"


@dataclass(frozen=True)
class Call:
    """Record one request: `status` is HTTP's, 0 when no answer came; `service` is botocore's id (`secrets-manager`)."""

    service: str
    operation: str
    request_id: str
    status: int
    writes: bool
    attempts: int = 1
    milliseconds: float = 0.0


Recorder = Callable[[Any], None]
"""Called from any thread, once a request or a statement was answered or lost."""


def hook_of(recorder: Recorder | None) -> Callable[..., None] | None:
    """Make the event hook (`before-call`, `after-call`, `after-call-error`) that feeds a recorder."""
    if recorder is None:
        return None

    def record(event_name: str, context: dict[str, Any], parsed: Any = None, http_response: Any = None, **_rest: Any) -> None:
        moment, service, operation = event_name.split(".")
        if moment == "before-call":
            context[_BEGAN] = time.monotonic()
            return
        about = (parsed or {}).get("ResponseMetadata", {})
        status = http_response.status_code if http_response is not None else 0
        taken = round((time.monotonic() - context.get(_BEGAN, time.monotonic())) * 1000, 1)
        writes = not operation.startswith(_READS)
        recorder(Call(service, operation, about.get("RequestId", ""), status, writes, about.get("RetryAttempts", 0) + 1, taken))

    return record

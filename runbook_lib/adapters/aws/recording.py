"""Tell a recorder of every request, so that evidence can name AWS's request ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_READS = ("Get", "List", "Describe", "Head", "Simulate", "Validate", "AssumeRole")


@dataclass(frozen=True)
class Call:
    """Record one request: `status` is HTTP's, 0 when no answer came; `service` is botocore's id (`secrets-manager`)."""

    service: str
    operation: str
    request_id: str
    status: int
    writes: bool


Recorder = Callable[[Call], None]
"""Called from any thread, once a request was answered or lost."""


def hook_of(recorder: Recorder | None) -> Callable[..., None] | None:
    """Make the event hook (`after-call`, `after-call-error`) that feeds a recorder."""
    if recorder is None:
        return None

    def record(event_name: str, parsed: Any = None, http_response: Any = None, **_rest: Any) -> None:
        _, service, operation = event_name.split(".")
        number = (parsed or {}).get("ResponseMetadata", {}).get("RequestId", "")
        status = http_response.status_code if http_response is not None else 0
        recorder(Call(service, operation, number, status, not operation.startswith(_READS)))

    return record

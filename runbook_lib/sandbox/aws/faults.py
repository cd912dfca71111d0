"""What can be made to go wrong while the endpoint runs."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from runbook_lib.sandbox.aws.answers import Answer, error
from runbook_lib.sandbox.aws.permissions.needs import Need
from runbook_lib.sandbox.aws.permissions.table import needs_of
from runbook_lib.sandbox.aws.refusals import denied, doubted
from runbook_lib.sandbox.aws.settling import Settling

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

Kind = Literal["latency", "throttle", "deny", "expired", "drop", "drop after", "error", "lag"]
Proceed = Callable[[], Answer]


class Dropped(ConnectionError):
    """Close the connection without an answer."""


@dataclass(frozen=True)
class Fault:
    """Spoil calls whose `service:Operation` matches a regular expression.

    The first `after` matching calls pass, the next `count` meet the fault (-1: all that follow). `latency` waits `ms` and goes on;
    `drop` closes the connection before, `drop after` when the call has taken effect; `error` answers `code`, `status` and `message`;
    `lag` answers as AWS does while what was made or removed less than `ms` ago is not settled.
    """

    match: str
    kind: Kind
    count: int = -1
    after: int = 0
    ms: float = 0.0
    code: str = "InternalFailure"
    status: int = 400
    message: str = "injected fault"


def faults_of(text: bytes) -> list[Fault]:
    """Read faults from a JSON list. Raises ValueError that says what is wrong."""
    given = json.loads(text)
    known = {each.name for each in fields(Fault)}
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError("give a JSON list of objects")
    for each in given:
        if wrong := set(each) - known or {"match", "kind"} - set(each):
            raise ValueError(f"unknown or missing: {', '.join(sorted(wrong))}; known: {', '.join(sorted(known))}")
        if each["kind"] not in get_args(Kind):
            raise ValueError(f"unknown kind {each['kind']!r}; known: {', '.join(get_args(Kind))}")
        re.compile(each["match"])
    return [Fault(**each) for each in given]


class Faults:
    """Hold the faults in force, and count what they met."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._met: list[int] = []
        self._settling = Settling()

    def in_force(self) -> list[dict[str, Any]]:
        """List the faults that calls still meet."""
        with self._lock:
            both = zip(self._faults, self._met, strict=True)
            return [asdict(fault) for fault, met in both if fault.count < 0 or met < fault.after + fault.count]

    def set(self, faults: list[Fault]) -> None:
        """Replace all faults; counting begins anew."""
        with self._lock:
            self._faults, self._met = faults, [0] * len(faults)

    def meet(self, call: Call, proceed: Proceed) -> Answer:
        """Answer a call, through the faults that it meets. Raises Dropped."""
        met = self._of(call)
        for fault in met:
            if (spoiled := self._spoiled(call, fault, proceed)) is not None:
                return spoiled
        answer = proceed()
        if any(fault.kind == "drop after" for fault in met):
            raise Dropped(call.name)
        self._settling.note(call, answer)
        return answer

    def _of(self, call: Call) -> list[Fault]:
        met = []
        with self._lock:
            for place, fault in enumerate(self._faults):
                if re.search(fault.match, call.name):
                    self._met[place] += 1
                    ordinal = self._met[place] - fault.after
                    if ordinal > 0 and (fault.count < 0 or ordinal <= fault.count):
                        met.append(fault)
        return met

    def _spoiled(self, call: Call, fault: Fault, proceed: Proceed) -> Answer | None:
        match fault.kind:
            case "latency":
                time.sleep(fault.ms / 1000)
                return None
            case "drop":
                raise Dropped(call.name)
            case "drop after":
                return None
            case "lag":
                return self._settling.answer(call, fault.ms / 1000, proceed)
            case "throttle":
                return error(call, *THROTTLED.get(call.service, THROTTLED.get(call.protocol, _THROTTLED)))
            case "deny":
                return _denied(call)
            case "expired":
                return doubted(call, "expired")
        return error(call, fault.status, fault.code, fault.message)


_THROTTLED = (400, "ThrottlingException", "Rate exceeded")
THROTTLED: dict[str, tuple[int, str, str]] = {
    "query": (400, "Throttling", "Rate exceeded"),
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
}


def _denied(call: Call) -> Answer:
    """Refuse the first permission that a call takes, in the words of a real refusal."""
    first = next(iter(needs_of(call) or ()), Need(call.name))
    return denied(call, first.action, first.resource)

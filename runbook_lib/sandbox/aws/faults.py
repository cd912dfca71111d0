"""What can be made to go wrong while the endpoint runs."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, get_args

from runbook_lib.sandbox.aws.answers import Answer, error, is_error
from runbook_lib.sandbox.aws.permissions.needs import Need
from runbook_lib.sandbox.aws.permissions.table import needs_of
from runbook_lib.sandbox.aws.refusals import denied, doubted

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
    `lag` answers as AWS does about anything in IAM that was made less than `ms` ago.
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
        self._made: dict[str, float] = {}

    def set(self, faults: list[Fault]) -> None:
        """Replace all faults; counting begins anew."""
        with self._lock:
            self._faults, self._met = faults, [0] * len(faults)

    def meet(self, call: Call, proceed: Proceed) -> Answer:
        """Answer a call, through the faults that it meets. Raises Dropped."""
        met = self._of(call)
        for fault in met:
            if (spoiled := self._spoiled(call, fault)) is not None:
                return spoiled
        answer = proceed()
        if any(fault.kind == "drop after" for fault in met):
            raise Dropped(call.name)
        if call.service == "iam" and call.operation.startswith("Create") and not is_error(answer):
            self._made |= {call.text(name): time.monotonic() for name in ("RoleName", "InstanceProfileName") if call.text(name)}
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

    def _spoiled(self, call: Call, fault: Fault) -> Answer | None:
        match fault.kind:
            case "latency":
                time.sleep(fault.ms / 1000)
                return None
            case "drop":
                raise Dropped(call.name)
            case "drop after":
                return None
            case "lag":
                return self._lagging(call, fault)
            case "throttle":
                return error(call, *THROTTLED.get(call.service, THROTTLED.get(call.protocol, _THROTTLED)))
            case "deny":
                return _denied(call)
            case "expired":
                return doubted(call, "expired")
        return error(call, fault.status, fault.code, fault.message)

    def _lagging(self, call: Call, fault: Fault) -> Answer | None:
        text = json.dumps(dict(call.parameters), default=str)
        young = [name for name, at in self._made.items() if time.monotonic() - at < fault.ms / 1000 and name in text]
        if not young:
            return None
        if call.service == "sts":
            return denied(call, call.name, call.text("RoleArn"), "resource")
        status, code, message = UNSETTLED.get(call.service, UNSETTLED["iam"])
        return error(call, status, code, message.format(name=young[0]))


_THROTTLED = (400, "ThrottlingException", "Rate exceeded")
THROTTLED: dict[str, tuple[int, str, str]] = {
    "query": (400, "Throttling", "Rate exceeded"),
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
}
UNSETTLED = {
    "iam": (404, "NoSuchEntity", "{name} cannot be found."),
    "ec2": (400, "InvalidParameterValue", "Value ({name}) is invalid. Invalid IAM Instance Profile name"),
    "kms": (400, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
    "s3": (400, "MalformedPolicy", "Invalid principal in policy"),
}


def _denied(call: Call) -> Answer:
    """Refuse the first permission that a call takes, in the words of a real refusal."""
    first = next(iter(needs_of(call) or ()), Need(call.name))
    return denied(call, first.action, first.resource)

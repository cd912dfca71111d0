"""Make a running sandbox go wrong on purpose: what is set holds from now on, in the place of what was set before."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.sandbox.state import SandboxError, State

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY = {"latency", "lag"}
"""Kinds that every matching call meets; the others meet only so many."""
KINDS = {
    "aws": ("latency", "drop", "drop after", "throttle", "deny", "expired", "lag", "error"),
    "redshift": ("latency", "drop", "drop after", "error"),
}


@dataclass(frozen=True)
class Fault:
    """Say what goes wrong: for AWS calls `service:Operation`, for Redshift statements, that match a regular expression."""

    kind: str
    match: str = ""
    ms: float = 0.0
    times: int = 1


def inject(state: State, folder: Path, fault: Fault | None, on: str = "") -> tuple[str, ...]:
    """Set a fault on a part, or on every part that knows it; None takes all faults back. Gives the parts.

    Raises InvalidParameters with all that is wrong with the fault, and SandboxError.
    """
    parts = tuple(part for part, kinds in KINDS.items() if on in {"", part} and (fault is None or fault.kind in kinds))
    if fault is not None and (wrong := list(_wrong(fault, parts, on))):
        raise InvalidParameters("command line", wrong)
    for part in parts:
        if part == "aws":
            _set_aws(state, [] if fault is None else [_for_aws(fault)])
        else:
            _set_redshift(folder, [] if fault is None else _for_redshift(fault))
    return parts


def set_on(state: State, folder: Path) -> dict[str, tuple[str, ...]]:
    """Name the faults that are set on each part; those of the AWS endpoint only while some call can meet them. Raises SandboxError."""
    path = folder / "faults.json"
    of_redshift = json.loads(path.read_text("utf-8")) if path.exists() else []
    return {"aws": _named(json.loads(_ask_aws(state))), "redshift": _named(of_redshift)}


def _named(faults: list[dict[str, Any]]) -> tuple[str, ...]:
    said = (each["kind"] + (f" of {each['ms']:g} ms" if each.get("ms") else "") for each in faults)
    found = (f"{what} on {each['match']}" if each.get("match") else what for what, each in zip(said, faults, strict=True))
    return tuple(dict.fromkeys(found))


def _wrong(fault: Fault, parts: tuple[str, ...], on: str) -> Iterator[Problem]:
    if not parts:
        known = "; ".join(f"{part}: {', '.join(kinds)}" for part, kinds in KINDS.items() if on in {"", part})
        yield Problem(0, "KIND", f"there is no fault {fault.kind!r}{f' on {on}' if on else ''}", f"say one of {known}")
    if fault.kind in EVERY and fault.ms <= 0:
        yield Problem(0, "--ms", f"{fault.kind} of no time", "say how long: --ms 300")
    if fault.times < 1:
        yield Problem(0, "--times", f"{fault.times} times", "say how often, at least once: --times 1")
    try:
        re.compile(fault.match)
    except re.error as error:
        yield Problem(0, "--match", f"{fault.match!r} is no regular expression ({error})", "mend it, or leave --match out")


def _for_aws(fault: Fault) -> dict[str, Any]:
    return {"match": fault.match, "kind": fault.kind, "ms": fault.ms, "count": -1 if fault.kind in EVERY else fault.times}


def _for_redshift(fault: Fault) -> list[dict[str, Any]]:
    """Each of these meets one statement: the n-th that matches."""
    one = {"match": fault.match, "kind": fault.kind, "ms": fault.ms}
    return [one] if fault.kind in EVERY else [{**one, "nth": nth} for nth in range(1, fault.times + 1)]


def _set_aws(state: State, faults: list[dict[str, Any]]) -> None:
    _ask_aws(state, json.dumps(faults).encode())


def _ask_aws(state: State, given: bytes | None = None) -> bytes:
    """Read the faults that the endpoint has, or set others."""
    request = urllib.request.Request(f"http://127.0.0.1:{state.aws_port}/_sandbox/faults", data=given)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            said: bytes = answer.read()
    except OSError as error:
        raise SandboxError("sandbox", f"the AWS endpoint does not answer ({error})", "start it anew: runbook sandbox up") from error
    return said


def _set_redshift(folder: Path, faults: list[dict[str, Any]]) -> None:
    partial = folder / "faults.partial"
    partial.write_text(json.dumps(faults) + "\n", "utf-8")
    partial.rename(folder / "faults.json")

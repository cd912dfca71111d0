"""Put cases to the independent engine and to the evaluator, and tell apart how they differ."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from runbook_lib.policy import Attached, Outcome, Verdict, compiled, evaluate
from tests.oracle.cases import Case

SCRIPT = Path(__file__).with_name("simulate.mjs")
OUTCOMES: dict[str, Outcome] = {
    "Allowed": "allowed",
    "ExplicitlyDenied": "denied explicitly",
    "ImplicitlyDenied": "denied implicitly",
}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
UNDECIDED: tuple[Outcome, ...] = ("undetermined", "denied implicitly")
"""How a case may end here when a denial cannot be decided: whatever nothing allows is denied all the same."""
MANY = frozenset(("aws:tagkeys",))
"""Keys that have a list of values, also of one."""


def both(cases: Sequence[Case], folder: Path) -> Iterator[tuple[Case, Outcome, Verdict]]:
    """Put all cases to both; the engine answers in a process of its own meanwhile."""
    asked = "".join(json.dumps(_simulation(each)) + "\n" for each in cases)
    with subprocess.Popen(("node", str(SCRIPT), str(folder)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(asked)
        process.stdin.close()
        verdicts = [verdict(each) for each in cases]
        assert process.stdout is not None
        answers = process.stdout.read().split()
    yield from zip(cases, (OUTCOMES[each] for each in answers), verdicts, strict=True)


def verdict(case: Case) -> Verdict:
    """Evaluate a case."""
    return evaluate(
        case.request,
        identity=[compiled(each, "identity") for each in case.identity],
        boundary=compiled(case.boundary, "boundary") if case.boundary else None,
        session=[compiled(case.session, "session")] if case.session else (),
        scps=[[compiled(each, "scp") for each in level] for level in case.scps],
        resource=Attached(compiled(case.resource, "resource"), case.kind) if case.resource else None,
    )


def difference(case: Case, answer: Outcome, own: Verdict) -> str:
    """Name the class to which a difference belongs; a case of no class is described, so that the test shows it."""
    return next((name for name, holds in CLASSES.items() if holds(case, answer, own)), f"{answer}, but {own}: {_simulation(case)}")


def _simulation(case: Case) -> dict[str, Any]:
    request = case.request
    # The engine knows of no root user: for it he is a caller with a policy that allows everything.
    identity = (EVERYTHING,) if request.principal.kind == "root" else case.identity
    return {
        "principal": request.principal.service or request.principal.arn,
        "action": request.action,
        "resource": request.resource,
        "owner": request.owner,
        "context": {key: list(values) if key in MANY else values[0] for key, values in request.keys.items() if values},
        "identity": identity,
        "boundary": case.boundary,
        "session": case.session,
        "scps": case.scps,
        "attached": case.resource,
    }


def _is_assuming_root(case: Case, _answer: Outcome, own: Verdict) -> bool:
    return case.request.principal.kind == "root" and own.reason == "the root user of an account may not assume roles"


def _is_granted_past_session(case: Case, answer: Outcome, own: Verdict) -> bool:
    if case.session is None or (answer, own.outcome) != ("denied implicitly", "allowed"):
        return False
    return own.decided_by[-1].document == "resource"


def _has_unfilled_not_resource(case: Case, _answer: Outcome, own: Verdict) -> bool:
    documents = (*case.identity, case.boundary, case.session, case.resource, *(each for level in case.scps for each in level))
    statements = [statement for document in documents if document for statement in document["Statement"]]
    return own.outcome in UNDECIDED and any("${" in str(each.get("NotResource")) for each in statements)


def _has_unfilled_condition(_case: Case, _answer: Outcome, own: Verdict) -> bool:
    return "nothing fills a policy variable of '${" in own.reason


def _asks_arn_of_service(case: Case, _answer: Outcome, own: Verdict) -> bool:
    return case.request.principal.kind == "service" and own.outcome in UNDECIDED and "aws:PrincipalArn" in str(case.resource)


CLASSES: dict[str, Callable[[Case, Outcome, Verdict], bool]] = {
    "the engine lets a root user assume a role": _is_assuming_root,
    "the engine lets a session policy limit what the resource's policy grants directly": _is_granted_past_session,
    "the engine takes NotResource as met when nothing fills its variable": _has_unfilled_not_resource,
    "the engine decides a negated condition when nothing fills its variable": _has_unfilled_condition,
    "the engine takes aws:PrincipalArn of a service as absent": _asks_arn_of_service,
}

"""Laws of the sandbox's policy simulator: it decides as the evaluator where identity policies alone decide, and lists what it missed."""

from __future__ import annotations

import json
from typing import Any

from botocore.parsers import create_parser
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.policy import Request, compiled, evaluate, keys_asked
from runbook_lib.sandbox.aws.answers import Answer, not_modelled, status_of
from runbook_lib.sandbox.aws.requests import Call
from runbook_lib.sandbox.aws.simulator import DECISIONS, rules
from tests.oracle.cases import CALLS, OWN, USER, Case, draw

SHAPE: Any = get_session().get_service_model("iam").operation_model("SimulateCustomPolicy").output_shape
ALL: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def of_a_user(case: Case) -> Case:
    """Let a user of the resource's account ask, for what no key's policy and no trust rules: his policies and boundary alone decide."""
    request = case.request
    is_ruled = request.service in {"kms", "sts"}
    action, resource = CALLS[0] if is_ruled else (request.action, request.resource)
    return Case(Request(USER, action, resource, OWN, request.context), case.identity or (ALL,), case.boundary)


cases = st.randoms(use_true_random=False).map(draw).map(of_a_user)


def asked(case: Case) -> Call:
    """Put a case to SimulateCustomPolicy, with all that its request carries."""
    given_keys = {key: values for key, values in case.request.keys.items() if values}
    parameters: dict[str, str] = {"ActionNames.member.1": case.request.action, "ResourceArns.member.1": case.request.resource}
    parameters |= {f"PolicyInputList.member.{number}": json.dumps(each) for number, each in enumerate(case.identity, 1)}
    if case.boundary:
        parameters["PermissionsBoundaryPolicyInputList.member.1"] = json.dumps(case.boundary)
    for number, (key, values) in enumerate(given_keys.items(), 1):
        entry = f"ContextEntries.member.{number}"
        parameters |= {f"{entry}.ContextKeyName": key, f"{entry}.ContextKeyType": "string"}
        parameters |= {f"{entry}.ContextKeyValues.member.{place}": value for place, value in enumerate(values, 1)}
    return Call("iam", "SimulateCustomPolicy", "key", "us-east-1", "query", account=OWN, parameters=parameters)


def simulated(call: Call) -> tuple[int, Any]:
    """Have it answered; give the status and, as a client reads it, the one result."""
    answer: Answer = rules()[call.name](call, lambda: not_modelled(call))
    read = create_parser("query").parse({"headers": {}, "body": answer[2], "status_code": status_of(answer)}, SHAPE)
    return status_of(answer), next(iter(read.get("EvaluationResults", [])), read)


@given(cases)
def test_the_simulator_decides_as_the_evaluator(case: Case) -> None:
    """The same decision, and what the evaluator leaves undetermined is refused as not modelled."""
    status, told = simulated(asked(case))
    verdict = evaluate(
        case.request,
        identity=[compiled(each, str(number)) for number, each in enumerate(case.identity)],
        boundary=compiled(case.boundary, "boundary") if case.boundary else None,
    )
    if verdict.outcome == "undetermined":
        assert (501, "NotImplemented") == (status, told["Error"]["Code"])
    else:
        [one] = told["ResourceSpecificResults"]
        assert DECISIONS[verdict.outcome] == one["EvalResourceDecision"] == told["EvalDecision"]


@given(cases, st.data())
def test_a_key_that_is_not_given_is_absent_and_listed(case: Case, data: st.DataObject) -> None:
    """Leave any key out: the decision is that of a request without it, and the answer names each that a document asks for."""
    kept = data.draw(st.sets(st.sampled_from(sorted(case.request.keys))))
    request = Request(
        case.request.principal, case.request.action, case.request.resource, OWN,
        {key: values if key in kept else () for key, values in case.request.keys.items()},
    )  # fmt: skip
    less = Case(request, case.identity, case.boundary)
    _, told = simulated(asked(less))
    documents = [json.dumps(each) for each in (*case.identity, *([case.boundary] if case.boundary else []))]
    missing = {key for each in documents for key in keys_asked(each) if not request.keys.get(key.lower())}
    verdict = evaluate(
        request, identity=[compiled(each, "p") for each in case.identity],
        boundary=compiled(case.boundary, "boundary") if case.boundary else None,
    )  # fmt: skip
    if verdict.outcome != "undetermined":
        assert (DECISIONS[verdict.outcome], missing) == (told["EvalDecision"], set(told["MissingContextValues"]))

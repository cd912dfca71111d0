"""Malformed documents: every problem is named, and however they are made, reading them takes bounded work."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.policy import Request, compiled, evaluate
from tests.unit.policy.derived import ALICE, OBJECT, OWN, allow
from tests.unit.policy.steps import steps

GRANT = allow("s3:GetObject", OBJECT)


def problems(*statements: object, **elements: object) -> list[str]:
    """List the problems of a document of some statements."""
    return list(compiled({"Statement": list(statements), **elements}, "document").problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON: Expecting value at line 1, column 1"),
        ("not json at all", "not JSON: Expecting value at line 1, column 1"),
        ('{"Statement": [{"Resource": [ <ARN to the role> ]}]}', "not JSON: Expecting value at line 1, column 31"),
        ('{"Statement": []} {}', "not JSON: Extra data at line 1, column 19"),
        ('{"Statement": NaN}', "not JSON: NaN is no value"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "Version stands twice in one object"),
        ("[]", "a policy is a JSON object"),
        ('"*"', "a policy is a JSON object"),
        ("{}", "it has no statement"),
        ("[" * 100_000, "nested more than 8 levels deep"),
        ('{"Statement":' * 12 + "1" + "}" * 12, "nested more than 8 levels deep"),
        (" " * 262_145, "the text has 262145 characters; no policy has more than 262144, white space included"),
        (json.dumps({"Statement": GRANT, "Id": "x" * 66_000}), "over size: no policy has more than 65536 characters or 40000 values"),
        (json.dumps({"Statement": [{}] * 20_001}), "over size: no policy has more than 65536 characters or 40000 values"),
        (json.dumps({"Statement": [GRANT] * 10_000}), "the text has"),
    ],
)
def test_a_text_that_is_no_policy_is_told(text: str, problem: str) -> None:
    """What stops the reading is named, with its place where it has one."""
    (found,) = compiled(text, "document").problems

    assert found.startswith(problem)


def test_a_document_of_too_many_statements_is_told() -> None:
    """10,000 statements are more than any policy has room for."""
    assert ["it has 1001 statements; no policy has room for more than 1000"] == problems(*[{}] * 1001)
    assert ["over size: no policy has more than 65536 characters or 40000 values"] == problems(*[GRANT] * 10_000)


def test_all_problems_are_told_at_once() -> None:
    """Each problem is named with its statement."""
    assert [
        "'Name' is no element of a policy",
        "Version is '2026-01-01'; there are 2008-10-17 and 2012-10-17",
        "statement 1: Effect is 'allow', neither Allow nor Deny",
        "statement 1: Sid is no text",
        "statement 1: it has both Action and NotAction",
        "statement 1: it has both Principal and NotPrincipal",
        "statement 1: Action is not a text or a list of texts",
        "statement 1: NotPrincipal is not * or an object of texts",
        "statement 1: Condition is not an object of operators, each an object of keys with their values",
        "statement 2: it is no JSON object",
        "statement 3: it has neither Action nor NotAction",
        "statement 3: Resource is not a text or a list of texts",
    ] == problems(
        {
            "Effect": "allow",
            "Sid": 1,
            "Action": {"s3": "*"},
            "NotAction": "s3:*",
            "Principal": "*",
            "NotPrincipal": "arn",
            "Resource": "*",
            "Condition": {"Bool": "true"},
        },
        "Allow",
        {"Effect": "Deny", "Resource": [1, None]},
        Version="2026-01-01",
        Name="x",
    )


@pytest.mark.parametrize(
    "element",
    [
        {"Action": []},
        {"Action": [[]]},
        {"Action": None},
        {"Action": ""},
        {"Resource": {}},
        {"Effect": ["Allow"]},
        {"Effect": {"Allow": True}},
        {"Principal": {}},
        {"Principal": ["*"]},
        {"Principal": {"AWS": 1}},
        {"Condition": []},
        {"Condition": {"Bool": []}},
        {"Condition": {"Bool": {"aws:SecureTransport": {}}}},
        {"Condition": {"Bool": {"aws:SecureTransport": None}}},
        {"Condition": {1: {}}},
    ],
)
def test_an_element_of_the_wrong_type_is_told(element: dict[str, Any]) -> None:
    """A wrong type is one problem, never an error."""
    (name,) = element
    (problem,) = problems(GRANT | element)

    assert problem.startswith(f"statement 1: {name} is")


def test_a_document_that_holds_itself_is_told() -> None:
    """A value that never ends stops at the depth that no policy has."""
    endless: dict[str, Any] = {}
    endless["Statement"] = [endless]

    assert ("nested more than 8 levels deep",) == compiled(endless, "document").problems


def test_one_statement_need_not_stand_in_a_list() -> None:
    """A single statement, action or resource is read as a list of one."""
    policy = compiled({"Statement": GRANT}, "document")

    assert "allowed" == evaluate(Request(ALICE, "s3:GetObject", OBJECT, OWN), identity=(policy,)).outcome


def test_a_text_is_compiled_once() -> None:
    """The same text under the same name is the same policy, so that what was learnt about it is kept."""
    text = json.dumps({"Statement": GRANT})

    assert compiled(text, "document") is compiled(text, "document")


@pytest.mark.parametrize(
    "document",
    [
        {"Statement": [GRANT] * 10_000},
        {"Statement": {**GRANT, "Resource": ["*"] * 1_000_000}},
        {"Statement": {**GRANT, "Resource": "*a" * 500_000}},
        {"Statement": {**GRANT, "Condition": {f"Op{number}": {"k": "v"} for number in range(30_000)}}},
        {str(number): {} for number in range(300_000)},
    ],
    ids=["statements", "resources", "wildcards", "operators", "elements"],
)
def test_reading_takes_bounded_work(document: dict[str, Any]) -> None:
    """However large a document is, no more of it is looked at than a policy could hold."""
    assert steps(lambda: compiled(document, "document")) < 500_000
    assert "over size: no policy has more than 65536 characters or 40000 values" in compiled(document, "document").problems


def test_the_largest_policy_is_evaluated_in_bounded_work() -> None:
    """Pathological wildcards up to the limit cost at most a look at each letter for each letter."""
    patterns = [f"arn:aws:s3:::{'*a' * 50}{number}" for number in range(500)]
    policy = compiled({"Statement": {**GRANT, "Resource": patterns}}, "document")
    request = Request(ALICE, "s3:GetObject", "arn:aws:s3:::" + "a" * 1000, OWN)

    assert () == policy.problems
    assert "denied implicitly" == evaluate(request, identity=(policy,)).outcome
    assert steps(lambda: evaluate(request, identity=(policy,))) < 500 * 1000

"""Draw random policies and requests from a small world, in which names, keys and accounts often meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from runbook_lib.policy import Principal, Request, ResourceKind

OWN, OTHER = "111122223333", "444455556666"
USER = Principal(f"arn:aws:iam::{OWN}:user/alice", tags=(("team", "red"),))
SESSION = Principal(f"arn:aws:sts::{OWN}:assumed-role/tonic/i-1", f"arn:aws:iam::{OWN}:role/tonic", tags=(("team", "red"),))
PRINCIPALS = (
    *(USER, SESSION, USER, SESSION),
    Principal(f"arn:aws:iam::{OTHER}:user/bob"),
    Principal(f"arn:aws:sts::{OTHER}:assumed-role/far/s", f"arn:aws:iam::{OTHER}:role/far"),
    Principal(f"arn:aws:iam::{OWN}:root"),
    Principal(service="s3.amazonaws.com"),
)
NAMES: tuple[Any, ...] = (
    *("*", {"AWS": "*"}, {"AWS": OWN}, {"AWS": f"arn:aws:iam::{OWN}:root"}, {"AWS": OTHER}),
    *({"AWS": USER.arn}, {"AWS": SESSION.arn}, {"AWS": SESSION.role_arn}, {"AWS": [USER.arn, SESSION.role_arn]}),
    *({"AWS": f"arn:aws:iam::{OTHER}:user/bob"}, {"AWS": f"arn:aws:iam::{OTHER}:role/far"}, {"Service": "s3.amazonaws.com"}),
    {"Service": ["sqs.amazonaws.com", "lambda.amazonaws.com"]},
)
BUCKET, QUEUE = "arn:aws:s3:::tonic-in", f"arn:aws:sqs:eu-west-1:{OWN}:tonic-jobs"
KEY, ROLE = f"arn:aws:kms:eu-west-1:{OWN}:key/k-1", f"arn:aws:iam::{OWN}:role/tonic-lambda"
CALLS = (
    ("s3:GetObject", f"{BUCKET}/input/alice/a.csv"),
    ("s3:PutObject", f"{BUCKET}/output/red/b.csv"),
    ("s3:ListBucket", BUCKET),
    ("sqs:SendMessage", QUEUE),
    ("iam:PassRole", ROLE),
    ("kms:Decrypt", KEY),
    ("sts:AssumeRole", ROLE),
)
KINDS: dict[str, ResourceKind] = {"kms:Decrypt": "key", "sts:AssumeRole": "trust"}
ACTIONS = (
    *("*", "s3:*", "s3:GetObject", "S3:getobject", "s3:Get*", "s3:?etObject", "s3:*Object", "s3:ListBucket", "sqs:*", "sqs:SendMessage"),
    *("iam:PassRole", "iam:*", "kms:*", "kms:Decrypt", "sts:AssumeRole", "sts:*", "lambda:ListFunctions"),
)
RESOURCES = (
    *("*", f"{BUCKET}/*", BUCKET, "arn:aws:s3:::tonic-*", "arn:aws:s3:::*/input/*", "arn:aws:s3:::tonic-??/*", "arn:aws:sqs:*:*:tonic-*"),
    *(QUEUE, f"arn:aws:sqs:eu-west-?:{OWN}:*", ROLE, f"arn:aws:iam::{OWN}:role/*", KEY, f"arn:aws:kms:*:{OWN}:key/*", "arn:aws:*:*:*:*"),
    *(f"{BUCKET}/input/${{aws:username}}/*", f"{BUCKET}/output/${{aws:PrincipalTag/team}}/*"),
    f"{BUCKET}/output/${{aws:PrincipalTag/none, 'red'}}/*",
)
ASKED: dict[str, tuple[str, ...]] = {
    "aws:PrincipalTag/team": ("red", "blue", "re*", "${aws:username}"),
    "aws:username": ("alice", "Alice", "al*", "${aws:PrincipalTag/team}"),
    "s3:prefix": ("input/", "input/*", "in?ut/", "", "${aws:username}/*"),
    "aws:ResourceAccount": (OWN, OTHER, "1111*"),
}
TEXTUAL = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike")
ORDERED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
CONDITIONS: tuple[tuple[tuple[str, ...], str, tuple[Any, ...]], ...] = (
    *((TEXTUAL, key, values) for key, values in ASKED.items()),
    (("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"), "aws:SourceArn", (BUCKET, "arn:aws:s3:::tonic-*", "arn:aws:s3:*:*:other")),
    (("ArnLike", "ArnNotLike"), "aws:PrincipalArn", (USER.arn, f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/to*")),
    (tuple(f"Numeric{each}" for each in ORDERED), "s3:max-keys", ("10", 10, "100", "9.5")),
    (tuple(f"Date{each}" for each in ORDERED), "aws:CurrentTime", ("2026-01-01T00:00:00Z", "2026-06-01T12:00:00Z", "2030-01-01")),
    (("Bool",), "aws:SecureTransport", ("true", "false", True, False)),
    (("IpAddress", "NotIpAddress"), "aws:SourceIp", ("203.0.113.0/24", "198.51.100.0/25", "2001:db8::/32")),
    (("Null",), "s3:prefix", ("true", "false", True)),
    (("Null",), "aws:TagKeys", ("true", "false")),
)
SETS = ("ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringLike",
        "ForAllValues:StringNotEquals", "ForAnyValue:StringNotEquals", "ForAnyValue:StringNotLike")  # fmt: skip
CARRIED: dict[str, tuple[tuple[str, ...], ...]] = {
    "s3:prefix": ((), ("input/",), ("alice/x",), ("output/",)),
    "aws:SourceArn": ((), (BUCKET,), ("arn:aws:s3:::other",)),
    "s3:max-keys": ((), ("10",), ("50",)),
    "aws:CurrentTime": (("2026-06-01T12:00:00Z",), ("2025-12-31T23:59:59Z",)),
    "aws:SecureTransport": (("true",), ("false",)),
    "aws:SourceIp": (("203.0.113.7",), ("198.51.100.1",), ("2001:db8::1",)),
    "aws:TagKeys": ((), ("team",), ("team", "cost"), ("other",)),
}


@dataclass(frozen=True)
class Case:
    """Hold a request with the documents that apply to it."""

    request: Request
    identity: tuple[dict[str, Any], ...] = ()
    boundary: dict[str, Any] | None = None
    session: dict[str, Any] | None = None
    scps: tuple[tuple[dict[str, Any], ...], ...] = ()
    resource: dict[str, Any] | None = None
    kind: ResourceKind = "other"


def draw(random: Random) -> Case:
    """Draw a case; each layer is there in a part of them."""
    principal = random.choice(PRINCIPALS)
    action, resource = random.choice(CALLS)
    context = {key: random.choice(values) for key, values in CARRIED.items()}
    context |= dict.fromkeys(() if action == "s3:ListBucket" else ("s3:prefix", "s3:max-keys"), ())
    request = Request(principal, action, resource, OWN, context)
    is_session, is_service = principal.kind == "session", principal.kind == "service"
    rules = action in KINDS
    return Case(
        request,
        tuple(_document(random, action) for _ in range(0 if is_service else random.choice((0, 1, 1, 2)))),
        _some(random, 0.3, lambda: _document(random, action)) if principal.kind in {"user", "session"} else None,
        _some(random, 0.4, lambda: _document(random, action)) if is_session else None,
        tuple(
            tuple(_document(random, action) for _ in range(random.choice((1, 2))))
            for _ in range(0 if is_service else random.choice((0, 0, 0, 1, 2)))
        ),
        _document(random, action, is_trust=action == "sts:AssumeRole", is_resource=True) if rules or random.random() < 0.5 else None,
        KINDS.get(action, "other"),
    )


def _some(random: Random, share: float, make: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    return make() if random.random() < share else None


def _document(random: Random, action: str, *, is_resource: bool = False, is_trust: bool = False) -> dict[str, Any]:
    count = random.choice((1, 1, 2, 3))
    statements = [_statement(random, action, is_resource=is_resource, is_trust=is_trust) for _ in range(count)]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(random: Random, action: str, *, is_resource: bool, is_trust: bool) -> dict[str, Any]:
    near = (action, f"{action.split(':', maxsplit=1)[0]}:*", "*")
    actions = [random.choice(near if random.random() < 0.7 else ACTIONS) for _ in range(random.choice((1, 1, 2)))]
    statement: dict[str, Any] = {"Effect": random.choice(("Allow", "Allow", "Allow", "Deny"))}
    statement["NotAction" if random.random() < 0.1 else "Action"] = actions
    if is_resource:
        statement["Principal"] = random.choice(NAMES)
    if not is_trust:
        resources = ["*"] if random.random() < 0.5 else [random.choice(RESOURCES) for _ in range(random.choice((1, 2)))]
        statement["NotResource" if resources != ["*"] and random.random() < 0.15 else "Resource"] = resources
    if random.random() < 0.45:
        statement["Condition"] = _conditions(random)
    return statement


def _conditions(random: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(random.choice((1, 1, 2))):
        operators, key, values = random.choice(CONDITIONS)
        operator = random.choice(operators)
        if operator != "Null" and random.random() < 0.2:
            operator += "IfExists"
        found.setdefault(operator, {})[key] = [random.choice(values) for _ in range(random.choice((1, 1, 2)))]
    if random.random() < 0.15:
        found[random.choice(SETS)] = {"aws:TagKeys": [random.choice(("team", "cost", "te*")) for _ in range(random.choice((1, 2)))]}
    return found

"""Whether the principals that a policy names are there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.held import iam_of

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

PRINCIPAL = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?:.*/)?(?P<name>[^/]+)")


def iam(call: Call) -> Any:
    """Give moto's IAM of the call's account and partition."""
    return iam_of(call.account, call.partition)


def first_missing(call: Call, statements: Iterable[Any]) -> str:
    """Give the first role or user of this account that statements name as principal and that does not exist; empty when all do."""
    backend = iam(call)
    known = {"role": {each.name for each in backend.roles.values()}, "user": set(backend.users)}
    for statement in statements:
        principal = statement.get("Principal", {}) if isinstance(statement, dict) else {}
        names = principal.get("AWS", []) if isinstance(principal, dict) else []
        for name in [names] if isinstance(names, str) else names:
            found = PRINCIPAL.fullmatch(name)
            if found and found["account"] == call.account and found["name"] not in known[found["kind"]]:
                return str(name)
    return ""

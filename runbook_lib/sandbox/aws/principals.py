"""Who calls, in which account, and whether the principals that a policy names are there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

ACCOUNT = re.compile(r"\d{12}")
PRINCIPAL = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?:.*/)?(?P<name>[^/]+)")


def account_of(call: Call, default: str) -> str:
    """Give the account in which a key acts: that of its user or session; a key of twelve digits is an account's own."""
    from moto.iam.models import iam_backends

    if ACCOUNT.fullmatch(call.access_key):
        return call.access_key
    for account, backends in list(iam_backends.items()):
        if any(call.access_key in backend.access_keys for backend in list(backends.values())):
            return str(account)
    return default


def iam(call: Call) -> Any:
    """Give moto's IAM of the call's account and partition."""
    from moto.iam.models import iam_backends
    from moto.utilities.utils import get_partition

    return iam_backends[call.account][get_partition(call.region)]


def caller(call: Call) -> str:
    """Give the ARN of who calls."""
    from moto.sts.models import sts_backends
    from moto.utilities.utils import get_partition

    _, arn, _ = sts_backends[call.account][get_partition(call.region)].get_caller_identity(call.access_key, call.region)
    return str(arn)


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

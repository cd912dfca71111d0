"""STS's own answers: who calls, how long a session may last, and what of a session moto does not keep."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, as_query, error, is_error, not_modelled
from runbook_lib.sandbox.aws.permissions.needs import request_tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.sandbox.aws.callers import Caller
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

USUAL, CHAINED = 3600, 3600
KEY = re.compile(rb"<AccessKeyId>(\w+)</AccessKeyId>")


def rules(find: Callable[[str, str], Caller | None]) -> dict[str, Any]:
    """Give the rules by call."""

    def identity(call: Call, _proceed: Proceed) -> Answer:
        caller = find(call.access_key, call.partition)
        number = caller.context["aws:userid"] if caller is not None else ""
        return as_query(call, {"UserId": number, "Account": call.account, "Arn": call.principal})

    unknown = ("GetSessionToken", "GetFederationToken", "DecodeAuthorizationMessage")
    return {"sts:GetCallerIdentity": identity, "sts:AssumeRole": _assume, **{f"sts:{name}": _unknown for name in unknown}}


def expire() -> int:
    """Let every session end now; say how many there were."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    found = list(_sessions())
    for each in found:
        each.expiration = now
    return len(found)


def _sessions() -> list[Any]:
    from moto.sts.models import sts_backends

    return [each for backends in list(sts_backends.values()) for backend in list(backends.values()) for each in list(backend.assumed_roles)]


def _unknown(call: Call, _proceed: Proceed) -> Answer:
    """Refuse what moto answers with credentials that open nothing."""
    return not_modelled(call)


def _assume(call: Call, proceed: Proceed) -> Answer:
    """Refuse a session that is too long, and keep its tags and its managed policies, which moto drops."""
    seconds, role = int(call.text("DurationSeconds") or USUAL), held.role_of(call.text("RoleArn"))
    if ":assumed-role/" in call.principal and seconds > CHAINED:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        return error(call, 400, "ValidationError", message)
    if seconds > int((role.max_session_duration if role is not None else 0) or USUAL):
        return error(call, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    answer = proceed()
    made = KEY.search(answer[2])
    if not is_error(answer) and made is not None:
        for session in _sessions():
            if session.access_key_id == made[1].decode():
                session.tags, session.policy_arns = request_tags(call), _policy_arns(call)
    return answer


def _policy_arns(call: Call) -> tuple[str, ...]:
    return tuple(value for name, value in call.parameters.items() if re.fullmatch(r"PolicyArns\.member\.\d+\.arn", name))

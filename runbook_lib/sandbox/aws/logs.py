"""CloudWatch Logs' queries: one runs until its results are first asked for, and may be stopped before that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, as_json, error

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {"logs:StopQuery": _stop, "logs:GetQueryResults": _results}


def _query(call: Call) -> Any:
    from moto.logs.models import logs_backends

    return logs_backends[call.account][call.region].queries.get(call.text("queryId"))


def _missing(call: Call) -> Answer:
    return error(call, 400, "ResourceNotFoundException", f"Query {call.text('queryId')} does not exist.")


def _stop(call: Call, _proceed: Proceed) -> Answer:
    """Stop a query whose results nobody has read yet; moto has it complete from the beginning."""
    query = _query(call)
    if query is None:
        return _missing(call)
    if getattr(query, "is_over", False):
        return error(call, 400, "InvalidParameterException", "The specified query is not running.")
    query.status, query.results, query.is_over = "Cancelled", [], True
    return as_json({"success": True})


def _results(call: Call, proceed: Proceed) -> Answer:
    query = _query(call)
    if query is None:
        return _missing(call)
    query.is_over = True
    return proceed()

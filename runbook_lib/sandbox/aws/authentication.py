"""Find out who calls: his key is known and active, the signature is his, the token the key's, and its time not over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.refusals import doubted
from runbook_lib.sandbox.aws.signatures import is_signed, is_timely

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.answers import Answer
    from runbook_lib.sandbox.aws.callers import Caller
    from runbook_lib.sandbox.aws.requests import Call


def authenticated(call: Call, environ: Mapping[str, Any], find: Callable[[str, str], Caller | None]) -> Caller | Answer:
    """Give the caller, or the refusal of AWS. The token is looked at first: a key of a session is nothing without it."""
    now = dt.datetime.now(dt.UTC)
    caller = find(call.access_key, call.partition)
    if caller is None:
        return doubted(call, "key")
    if environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "") != caller.token:
        return doubted(call, "token")
    if not is_signed(call, environ, caller.secret):
        return doubted(call, "signature")
    if not is_timely(environ, now):
        return doubted(call, "time")
    if caller.until is not None and caller.until <= now:
        return doubted(call, "expired")
    return caller

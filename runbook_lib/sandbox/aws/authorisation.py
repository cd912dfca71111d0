"""Decide every permission that a call takes, write each decision down, and refuse as AWS does at the first that is not given."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import refusals
from runbook_lib.sandbox.aws.answers import Answer, error, not_modelled, status_of
from runbook_lib.sandbox.aws.deciding import decided, owner_of
from runbook_lib.sandbox.aws.permissions.needs import Need
from runbook_lib.sandbox.aws.permissions.table import needs_of

if TYPE_CHECKING:
    from runbook_lib.policy import Verdict
    from runbook_lib.sandbox.aws.callers import Caller
    from runbook_lib.sandbox.aws.decisions import Decisions
    from runbook_lib.sandbox.aws.requests import Call

SHARED = frozenset({"s3", "sqs", "kms", "secretsmanager"})
"""Services whose resources are used from other accounts."""
NOT_FOUND = 404
HIDDEN = frozenset({"s3:GetObject", "s3:HeadObject", "s3:GetObjectAttributes"})
GLOBAL = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where IAM's requests are made, by partition."""


class Authorisation:
    """Decide for one call: its caller is known, and what the request itself tells is in the environment."""

    def __init__(self, call: Call, caller: Caller, environ: Mapping[str, Any], decisions: Decisions) -> None:
        self._call, self._caller, self._decisions = call, caller, decisions
        self._needs = needs_of(call)
        self._facts = {**circumstances(call, environ), **_of_key(caller), **caller.context}

    @property
    def place(self) -> str:
        """Give the account in which the call takes effect: the owner's of what it is about, where that may be another one."""
        if self._call.service not in SHARED or not self._needs:
            return self._call.account
        return owner_of(self._call, self._needs[0].resource)

    def refusal(self) -> Answer | None:
        """Refuse the call; None where all that it takes is given."""
        if self._needs is None:
            return not_modelled(self._call, "no permission is known for it")
        if self._caller.principal.kind == "root" and self._call.name == "sts:AssumeRole":
            return error(self._call, 403, "AccessDenied", "Roles may not be assumed by root accounts.")
        for need in self._needs:
            verdict = self._decided(need)
            if not verdict.is_allowed:
                return self._refused(need, verdict)
        return None

    def hidden(self, answer: Answer) -> Answer:
        """Hide from whoever may not list a bucket that an object is not in it."""
        if self._call.name not in HIDDEN or status_of(answer) != NOT_FOUND:
            return answer
        bucket = f"arn:{self._call.partition}:s3:::{self._call.text('Bucket')}"
        need = Need("s3:ListBucket", bucket)
        verdict = self._decided(need)
        return answer if verdict.is_allowed else self._refused(need, verdict)

    def _decided(self, need: Need) -> Verdict:
        verdict = decided(self._call, self._caller, need, self._facts)
        self._decisions.add(self._call, need.action, need.resource, verdict)
        return verdict

    def _refused(self, need: Need, verdict: Verdict) -> Answer:
        if verdict.outcome == "undetermined":
            return not_modelled(self._call, f"{need.action} on {need.resource}: {verdict.reason}")
        if self._call.service == "s3" and owner_of(self._call, need.resource) != self._call.account:
            return refusals.withheld(self._call)
        is_explicit = verdict.outcome == "denied explicitly"
        return refusals.denied(self._call, need.action, need.resource, verdict.layer, explicitly=is_explicit)


def circumstances(call: Call, environ: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """Tell what conditions know of any request. Loopback stands for the TLS that AWS's own endpoints have."""
    now = dt.datetime.now(dt.UTC)
    known: dict[str, str | tuple[str, ...]] = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(time.time())),
        "aws:RequestedRegion": GLOBAL.get(call.partition, call.region) if call.service == "iam" else call.region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": str(environ.get("REMOTE_ADDR", "")),
        "aws:UserAgent": str(environ.get("HTTP_USER_AGENT", "")),
        "aws:ViaAWSService": "false",
    }
    if call.service == "s3":
        known |= {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256", "s3:TlsVersion": "1.3"}
        known["s3:x-amz-content-sha256"] = str(environ.get("HTTP_X_AMZ_CONTENT_SHA256", ""))
    return known


def _of_key(caller: Caller) -> dict[str, str | tuple[str, ...]]:
    """Tell what conditions know of a key: only a session's has a time of issue, and says that nobody gave a second factor."""
    if caller.issued is None:
        return {"aws:TokenIssueTime": (), "aws:MultiFactorAuthPresent": ()}
    return {"aws:TokenIssueTime": caller.issued.strftime("%Y-%m-%dT%H:%M:%SZ"), "aws:MultiFactorAuthPresent": "false"}

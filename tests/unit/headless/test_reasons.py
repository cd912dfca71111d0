"""Why a stage is as it is: the first reasons, each once, with how many claims do not hold for it, and its way out."""

from __future__ import annotations

from typing import Any

from runbook_lib.evidence.record import StageResult
from runbook_lib.headless.reasons import reasons
from runbook_lib.model import Change, Finding, Plan
from runbook_lib.model.fleets import Reason
from runbook_lib.resources.s3 import Bucket

ABSENT, LOG_IN = "there are no AWS credentials here", "log in"


def finding(claim: str, detail: str, **fields: Any) -> Finding:
    """Make a finding of the storage stage."""
    return Finding(**{"stage": "storage", "rows": (), "claim": claim, "verdict": "broken", "detail": detail, **fields})


def drifted(*names: str) -> tuple[Plan, tuple[Finding, ...]]:
    """Make a plan that would create buckets anew, and what a verify says of each."""
    changes = tuple(Change(before=None, after=Bucket(name=each, region="us-east-1")) for each in names)
    plan = Plan(stage="storage", environment="staging", scope=(), changes=changes)
    return plan, tuple(finding(f"{each.address} is as wanted", "it is missing", address=each.address) for each in changes)


def test_what_is_owed_for_one_reason_is_said_once() -> None:
    """With who owes it, how many claims wait for it, and its way out; a reason of one claim names that claim."""
    owed = {"verdict": "owed", "by": "cloud engineer", "way_out": LOG_IN}
    found = (finding("a", ABSENT, **owed), finding("b", "nobody vouches", verdict="owed"), finding("c", ABSENT, **owed))

    told, more = reasons(StageResult(stage="storage", findings=found), "owed")

    assert ["2 claims are open: there are no AWS credentials here", "open: b: nobody vouches"] == [each.text for each in told]
    assert ("cloud engineer", LOG_IN, 0) == (told[0].by, told[0].way_out, more)


def test_what_drifted_stands_before_what_is_broken_besides() -> None:
    """It is counted, named once, and said as it is; what checks found first follows with its way out, then how many more claims."""
    plan, found = drifted("tonic-a", "tonic-b")
    checks = (finding("all can be read", "600 without SELECT", way_out="apply it"), finding("x", "y"), finding("z", "y", warning=True))

    told, more = reasons(StageResult(stage="storage", plan=plan, findings=(*found, *checks)), "drifted")

    assert ["2 no longer as applied: s3_bucket/tonic-a is missing, and 1 more", "not so: all can be read: 600 without SELECT"] == [
        each.text for each in told
    ]
    assert ("apply it", 1) == (told[1].way_out, more)


def test_of_a_stage_that_is_broken_the_first_reason_is_told() -> None:
    """However many there are: how many more claims do not hold is told as a number."""
    found = tuple(finding(f"claim {number}", f"detail {number}") for number in range(78))

    assert ((Reason(what="detail 0", claim="claim 0", verdict="broken"),), 77) == reasons(
        StageResult(stage="storage", findings=found), "blocked"
    )


def test_what_is_in_order_has_no_reason() -> None:
    """Nor has what is only to be applied."""
    assert [((), 0)] * 2 == [reasons(StageResult(stage="storage"), state) for state in ("converged", "changes pending")]

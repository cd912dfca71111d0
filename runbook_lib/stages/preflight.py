"""Stage 10: what must hold before the first write. Sets up nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runbook_lib.model import Check, Stage
from runbook_lib.resources.iam import Caller
from runbook_lib.stages import _apart, _databases, _linting, _network, _preflight, _records, _rights, _signing
from runbook_lib.stages._buckets import bucket_asks, found_key_asks, judge_keys_before, judge_owners, key_asks
from runbook_lib.stages._confirmations import asks_today
from runbook_lib.stages._server import instance_asks, role_asks

if TYPE_CHECKING:
    from runbook_lib.model import Question
    from runbook_lib.parameters import Environment


def caller(_env: Environment) -> tuple[Question, ...]:
    """Ask who calls."""
    return (Caller(),)


def before_the_plan(*checks: Check) -> tuple[Check, ...]:
    """Hold every check before the first write."""
    return tuple(replace(each, when="plan") for each in checks)


IDENTITY = before_the_plan(
    Check(("A3",), "the caller is in the file's account, partition, region and endpoint", _preflight.judge_caller, caller),
    Check(
        ("A2",),
        "the runbook makes no queue, function or notification: the product does",
        _preflight.judge_orchestration,
        _preflight.leftover_asks,
    ),
    Check((), _records.CLAIM, _records.judge, _records.asks),
    Check((), _signing.CLAIM, _signing.judge, _signing.asks),
    Check(
        ("A5",),
        "the operator has the rights that this environment's plan takes",
        _rights.judge(_rights.forward),
        _rights.asks(_rights.forward),
    ),
)
DATABASES = before_the_plan(
    Check(
        ("A1",),
        "the administrator reaches the source database",
        _databases.session_judge("source"),
        _apart.asks,
    ),
    Check(
        ("A1",),
        "the administrator reaches the destination database",
        _databases.session_judge("destination"),
        _apart.asks,
    ),
    Check(("A1",), "no administrator's log-in makes a database user", _databases.judge_log_ins),
    Check(
        ("A1",),
        "source and destination are two databases",
        _apart.judge,
        _apart.asks,
    ),
    Check(("A1",), "the server reaches both databases", _network.judge_path, asks_today),
)
PLACES = before_the_plan(
    Check(
        ("A3",),
        "the instance is there and its container can see the role",
        _network.judge_instance,
        instance_asks,
    ),
    Check(("A3",), "the role that the server runs as is known", _preflight.judge_role, instance_asks, role_asks),
    Check(("A4",), "each bucket that is there is of the file's account", judge_owners, bucket_asks),
    Check(("A4",), "each cluster and its bucket are in one region", _network.judge_regions, _network.place_asks),
    Check(("A4",), "each cluster's routing leads to S3", _network.judge_routing, _network.cluster_asks),
    Check(
        ("A5",),
        "it is known what Redshift itself uses to reach S3",
        _network.judge_s3_access,
        _network.access_asks,
    ),
)
CHOICES = before_the_plan(
    Check(("A6",), "the data generation process is chosen", _preflight.judge_pipeline),
    Check(("A7",), "the installed product still has the previous process", _preflight.judge_legacy, asks_today),
    Check(("A5",), "what the linter finds is waived for a reason and a time", _linting.judge_waivers, _linting.asks_day),
    Check(("A8",), "the roles are granted the keys that encrypt the buckets", judge_keys_before, key_asks, found_key_asks),
)
STAGE = Stage(
    number=10,
    slug="preflight",
    title="Preflight",
    rows=("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"),
    summary="Checks identity, rights, network and regions. Changes nothing.",
    after=(),
    keys=("server", "confirmations"),
    checks=(*IDENTITY, *DATABASES, *PLACES, *CHOICES),
    report_asks=_rights.report_asks(_rights.forward),
    reports=_rights.reports(_rights.forward),
)

"""Stage 20: the two staging buckets. They hold the original data and the masked data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.buckets import bucket_names, bucket_settings, bucket_tls_statement, encryption
from runbook_lib.documents.commands import aws_artefacts
from runbook_lib.documents.keys import bucket_key
from runbook_lib.model import Check, Part, Stage
from runbook_lib.policy.canonical import canonical_statement
from runbook_lib.resources.s3 import Bucket, BucketAnswer, BucketAsked, BucketSetting, BucketStatement
from runbook_lib.stages import _linting, _validated
from runbook_lib.stages._buckets import bucket_asks, is_made_here, judge_existing, judge_missing
from runbook_lib.stages._judging import advised, broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Inventory, Judgement, Resource
    from runbook_lib.parameters import Environment

PREFIX = "tonic-"


def desire(env: Environment, _inventory: Inventory) -> Iterator[Resource]:
    """Want each bucket with its settings where the file says create; an adopted one is left as it is."""
    for name, side in bucket_names(env).items():
        if not is_made_here(env, name):
            continue
        yield Bucket(name=name, region=env.aws.region)
        for setting, value in bucket_settings(env):
            yield BucketSetting(bucket=name, setting=setting, value=value)
        if not bucket_key(env, side):
            yield BucketSetting(bucket=name, setting="encryption", value=encryption())
        statement = bucket_tls_statement(env, name)
        yield BucketStatement(bucket=name, sid=statement["Sid"], statement=canonical_statement(statement))


def judge_names(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Hold the names to the prefix that the vendor's policies reach."""
    for name in bucket_names(env):
        address = f"s3_bucket/{name}"
        if name.startswith(PREFIX):
            yield kept(f"{name} begins with {PREFIX}", grade="", address=address)
        elif env.policy_style == "scoped":
            yield advised(f"{name} is reached by its exact name (scoped)", "keep policy_style: scoped", grade="", address=address)
        else:
            way_out = f"rename it to {PREFIX}..., or choose policy_style: scoped"
            yield broken(f"the documented policies do not reach {name}", way_out, grade="", address=address)


def judge_buckets(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold each bucket to account, region and the settings that raw personal data asks for."""
    for name in bucket_names(env):
        answer: BucketAnswer | None = inventory[BucketAsked(name=name)]
        if answer is None:
            yield judge_missing(env, name)
        else:
            yield from judge_existing(env, answer)


def judge_notifications(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Warn where the product would replace a bucket's event notifications: S3 sets them as a whole."""
    for name in bucket_names(env):
        answer: BucketAnswer | None = inventory[BucketAsked(name=name)]
        if answer is not None and answer.has_notifications:
            detail = f"{name} has event notifications, and a job's PutBucketNotification replaces all of them"
            yield advised(detail, "use a bucket of its own for staging", address=f"s3_bucket/{name}")
        elif answer is not None:
            yield kept(f"{name} has none to lose", address=f"s3_bucket/{name}")


def artefacts(env: Environment, desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the commands that create the buckets."""
    return aws_artefacts(env, desired, "storage")


STAGE = Stage(
    number=20,
    slug="storage",
    title="Storage",
    rows=("A4",),
    summary="Creates or checks the source and destination staging buckets.",
    after=("preflight",),
    keys=("buckets", "adopt"),
    parts=(Part("buckets", desire),),
    checks=(
        Check(("A4",), "the bucket's name is one that the role's policies reach", judge_names, when="plan"),
        Check(
            ("A4",),
            "the buckets' policies are fit to install",
            _linting.judge(_linting.bucket_documents),
            _linting.asks_day,
            when="plan",
        ),
        _validated.check(("A4",), "Access Analyzer finds no fault in the buckets' policies", _linting.bucket_documents),
        Check(("A4",), "the bucket is ours, in the right region, and fit for raw data", judge_buckets, bucket_asks),
        Check(("A4",), "the bucket's notifications may be replaced", judge_notifications, bucket_asks),
    ),
    artefacts=artefacts,
)

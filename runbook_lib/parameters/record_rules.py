"""Rules about the record store: a folder, or a place in a bucket that holds nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.parameters.broken import Broken, Rule

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment

PLACE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(?:/[A-Za-z0-9!_'()-][A-Za-z0-9!_.*'()-]*)*)/?")
"""A bucket, and a prefix of the characters that S3 calls safe; none of its parts begins with a dot."""


def place_of(env: Environment) -> tuple[str, str] | None:
    """Give the bucket of an environment's records and what their keys begin with; None when they lie in a folder."""
    found = PLACE.fullmatch(env.records)
    return (found["bucket"], f"{found['prefix']}/{env.environment}".strip("/")) if found else None


def record_places(env: Environment) -> Iterator[Broken]:
    """Ask for a folder or a bucket; staged files, which expire, and records do not go together."""
    if "://" not in env.records:
        return
    place = place_of(env)
    if place is None:
        yield Broken(("records",), "is neither a folder nor a place in S3", "write a folder, or s3://BUCKET/PREFIX")
    elif place[0] in {env.buckets.source.name, env.buckets.destination.name}:
        yield Broken(("records",), f"is in {place[0]}, where staged files expire", "name a bucket of its own")


def retention(env: Environment) -> Iterator[Broken]:
    """Keep retention for buckets: folders have no Object Lock."""
    if env.records_retention is not None and place_of(env) is None:
        yield Broken(("records_retention",), "is for records in a bucket", "write records: s3://BUCKET/PREFIX, or remove it")


RULES: tuple[Rule, ...] = (record_places, retention)

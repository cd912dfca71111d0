"""Whether the record store's bucket is fit, before anything is written there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.parameters.record_rules import place_of
from runbook_lib.resources.records import StoreAsked
from runbook_lib.stages._judging import broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

CLAIM = "the bucket for the records is there and can hold them as the file asks"


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask about the bucket; of a folder there is nothing to ask."""
    place = place_of(env)
    if place is None:
        return ()
    return (StoreAsked(bucket=place[0], prefix=f"{place[1]}/", is_held=env.records_retention is not None),)


def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the bucket against the retention that the file asks for."""
    for question in asks(env):
        found: bool | None = inventory[question]
        if found is None:
            yield broken(f"there is no bucket for {env.records}", "create it with versioning and Object Lock, or correct records")
        elif env.records_retention is not None and not found:
            way_out = "enable it: `aws s3api put-bucket-versioning`, then `put-object-lock-configuration`; or remove records_retention"
            yield broken(f"{env.records} has no Object Lock, so nothing can be held there", way_out)
        elif env.records_retention is None:
            yield kept(f"{env.records} is there; records_retention asks for no Object Lock")
        else:
            asked = env.records_retention
            yield kept(f"{env.records} has Object Lock; each object is held {asked.days} days ({asked.mode})")

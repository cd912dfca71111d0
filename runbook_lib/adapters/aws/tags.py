"""Read and make tags: AWS spells them differently from service to service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from runbook_lib.parameters.schema import OWNER_TAG

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.iam import Tags


def read_tags(answer: Iterable[Mapping[str, str]]) -> Tags:
    """Read the tags of an answer, sorted by key."""
    return tuple(sorted((each.get("Key", each.get("TagKey", "")), each.get("Value", each.get("TagValue", ""))) for each in answer))


def wanted_tags(present: Tags, wanted: Tags) -> Tags:
    """Keep the present tags whose keys are wanted."""
    keys = {key for key, _ in wanted}
    return tuple(pair for pair in present if pair[0] in keys)


def is_ours(tags: Tags, environment: Environment) -> bool:
    """Tell whether the ownership tag names this environment."""
    return (OWNER_TAG, environment.environment) in tags

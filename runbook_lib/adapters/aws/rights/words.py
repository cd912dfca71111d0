"""The words that the declarations are written in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runbook_lib.parameters import OWNER_TAG
from runbook_lib.resources.rights import Permission

if TYPE_CHECKING:
    from runbook_lib.resources.iam import Tags

Permissions = Iterable[Permission]
ANY = "*"


def on(resource: str, actions: str, *context: tuple[str, str]) -> Permissions:
    """Want each action on a resource, under what the request states."""
    return tuple(Permission(action=action, resource=resource, context=context) for action in actions.split())


def given(tags: Tags) -> tuple[tuple[str, str], ...]:
    """State the ownership tag of a request that gives it: the other tags are the file's choice and narrow nothing."""
    return tuple((f"aws:RequestTag/{key}", value) for key, value in tags if key == OWNER_TAG)


def carried(tags: Tags) -> tuple[tuple[str, str], ...]:
    """State the ownership tag that a thing has had for a while."""
    return tuple((f"aws:ResourceTag/{key}", value) for key, value in tags if key == OWNER_TAG)

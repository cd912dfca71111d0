"""A request as a value, and what requests are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.resources.iam import Tags


@dataclass(frozen=True)
class Request:
    """Hold one request: the service as IAM calls it, the operation and its parameters as AWS's API does."""

    service: str
    operation: str
    parameters: Mapping[str, Any]

    @property
    def action(self) -> str:
        """Name it as people find it in the documentation: `iam:PutRolePolicy`."""
        return f"{self.service}:{self.operation}"


class Later(str):
    """Say in words what is known when the request is sent."""

    __slots__ = ()


def later(words: str) -> Later:
    """Write words in the place of a value."""
    return Later(f"<{words}>")


def tag_list(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Spell tags as a request takes them."""
    return [{key: name, value: text} for name, text in tags]


def tag_steps(before: Tags, after: Tags) -> tuple[Tags, tuple[str, ...]]:
    """Give the tags to set and the keys to take away."""
    had, has = dict(before), dict(after)
    return tuple(pair for pair in after if had.get(pair[0]) != pair[1]), tuple(key for key in had if key not in has)

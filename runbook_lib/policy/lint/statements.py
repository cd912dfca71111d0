"""The statement as the rules see it: every element a tuple of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

VARIABLE = re.compile(r"\$\{([^{}]*)\}")
"""IAM's form of a variable."""


@dataclass(frozen=True)
class Condition:
    """Hold one key of a statement's condition under its operator."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def is_narrowing(self) -> bool:
        """Tell whether it holds only where the key has one of some values."""
        operator = self.operator.lower()
        is_open = operator.startswith("forallvalues:") or operator.endswith("ifexists") or "not" in operator or operator == "null"
        return not is_open and "*" not in self.values


@dataclass(frozen=True)
class Statement:
    """Hold one statement; `label` is its Sid or its place, `principals` are pairs of kind and name."""

    label: str
    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Condition, ...] = ()
    is_not_action: bool = False
    is_not_resource: bool = False
    is_not_principal: bool = False

    @property
    def is_allow(self) -> bool:
        """Tell whether it grants."""
        return self.effect == "Allow"

    @property
    def keys(self) -> frozenset[str]:
        """Give the condition keys in lower case."""
        return frozenset(each.key.lower() for each in self.conditions)

    @property
    def narrowing_keys(self) -> frozenset[str]:
        """Give the keys, in lower case, that have to come with a value that is named: not any, not another, not none at all."""
        return frozenset(each.key.lower() for each in self.conditions if each.is_narrowing)

    def texts(self) -> Iterator[str]:
        """List every text that somebody may have left unfilled."""
        yield self.sid
        yield from self.actions
        yield from self.resources
        yield from (name for _, name in self.principals)
        for each in self.conditions:
            yield each.key
            yield from each.values

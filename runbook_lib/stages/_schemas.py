"""Which schemas of the source are included, and who owns what in the destination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.policy.lint.globs import expression, is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import SchemaAnswer

EVERYTHING = "*"


@dataclass(frozen=True)
class Included:
    """Hold the included schemas by kind, and the patterns that match nothing."""

    local: tuple[str, ...]
    external: tuple[str, ...]
    shared: tuple[str, ...]
    idle_patterns: tuple[str, ...]


def included(env: Environment, schemas: Iterable[SchemaAnswer]) -> Included:
    """Choose by the file's patterns. `*` means the local ones: external and shared schemas have to be named."""
    every = tuple(schemas)
    include, exclude = env.schemas.include, env.schemas.exclude
    local, others, unwanted = Patterns(include), Patterns(each for each in include if each != EVERYTHING), Patterns(exclude)
    chosen = [each for each in every if (local if each.kind == "local" else others).match(each.name) and not unwanted.match(each.name)]
    names = {each.name for each in every}
    return Included(
        local=_names(chosen, "local"),
        external=_names(chosen, "external"),
        shared=_names(chosen, "shared"),
        idle_patterns=tuple(each for each in (*include, *exclude) if not _matches_one(each, names)),
    )


class Patterns:
    """Match names against patterns in which only `*` and `?` are special: all of them at once, whole names by look-up."""

    def __init__(self, patterns: Iterable[str]) -> None:
        each = frozenset(patterns)
        self._names = frozenset(pattern for pattern in each if not is_pattern(pattern))
        self._wild = re.compile("|".join(map(expression, sorted(each - self._names))) or r"(?!)", re.DOTALL)

    def match(self, name: str) -> bool:
        """Tell whether one of the patterns matches a name."""
        return name in self._names or self._wild.fullmatch(name) is not None


def to_drop(env: Environment, source: Iterable[SchemaAnswer], destination: Iterable[SchemaAnswer]) -> tuple[str, ...]:
    """Name the included schemas that exist in the destination too and belong to somebody else there."""
    ours = set(included(env, source).local)
    user = env.destination.user.name
    return tuple(sorted(each.name for each in destination if each.kind == "local" and each.name in ours and each.owner != user))


def _matches_one(pattern: str, names: AbstractSet[str]) -> bool:
    if not is_pattern(pattern):
        return pattern in names
    wild = Patterns((pattern,))
    return any(wild.match(name) for name in names)


def _names(schemas: Iterable[SchemaAnswer], kind: str) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in schemas if each.kind == kind))

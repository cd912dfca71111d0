"""Which schemas of the source are included, and who owns what in the destination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    chosen = [each for each in every if _is_chosen(env, each)]
    patterns = (*env.schemas.include, *env.schemas.exclude)
    names = [each.name for each in every]
    return Included(
        local=_names(chosen, "local"),
        external=_names(chosen, "external"),
        shared=_names(chosen, "shared"),
        idle_patterns=tuple(each for each in patterns if not any(matches(each, name) for name in names)),
    )


def matches(pattern: str, name: str) -> bool:
    """Match a name against a pattern in which only `*` and `?` are special."""
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, name, re.DOTALL) is not None


def to_drop(env: Environment, source: Iterable[SchemaAnswer], destination: Iterable[SchemaAnswer]) -> tuple[str, ...]:
    """Name the included schemas that exist in the destination too and belong to somebody else there."""
    ours = set(included(env, source).local)
    user = env.destination.user.name
    return tuple(sorted(each.name for each in destination if each.kind == "local" and each.name in ours and each.owner != user))


def _is_chosen(env: Environment, schema: SchemaAnswer) -> bool:
    named = [each for each in env.schemas.include if schema.kind == "local" or each != EVERYTHING]
    return any(matches(each, schema.name) for each in named) and not any(matches(each, schema.name) for each in env.schemas.exclude)


def _names(schemas: Iterable[SchemaAnswer], kind: str) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in schemas if each.kind == kind))

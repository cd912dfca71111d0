"""Imagine names of schemas that tell the patterns of parameter files apart, by following all of them at once, letter by letter."""

from __future__ import annotations

import string
from collections import deque
from typing import TYPE_CHECKING

from runbook_lib.policy.lint.globs import glob, matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.parameters import Environment

ALWAYS = ("public", "any_schema")
"""Schemas that are there whatever the patterns say: one that everybody has, and one that only `*` includes."""
LETTERS = "x" + string.ascii_lowercase + string.digits
MOST = 4000
"""Ways in which names begin that are followed; what patterns tell apart only later is not found."""
SYSTEM = ("information_schema", "catalog_history")


def schemas(environments: Iterable[Environment]) -> tuple[str, ...]:
    """List schemas that tell the environments' patterns apart.

    For each pattern there is one that it matches, and for each way in which patterns together choose a name for one environment and not
    for another, one that they do so to.
    """
    every = tuple(environments)
    patterns = sorted({each for env in every for each in (*env.schemas.include, *env.schemas.exclude)})
    simple = (named for each in patterns if (named := each.replace("*", "x").replace("?", "x")) != "x")
    names = {each for each in (*ALWAYS, *simple) if _is_local(each)}
    return tuple(sorted({*names, *_telling(every, patterns, {matching(each, patterns) for each in names})}))


def chosen(env: Environment, matching: frozenset[str]) -> bool:
    """Tell whether a name is included that these patterns match."""
    return not matching.isdisjoint(env.schemas.include) and matching.isdisjoint(env.schemas.exclude)


def matching(name: str, patterns: Iterable[str]) -> frozenset[str]:
    """Give the patterns that match a name."""
    return frozenset(each for each in patterns if matcher(each).fullmatch(name) is not None)


def _telling(environments: tuple[Environment, ...], patterns: list[str], told: set[frozenset[str]]) -> Iterator[str]:
    """Give the shortest name for each set of patterns that match it, choose it for one environment alone, and are not told yet."""
    globs = [glob(each) for each in patterns]
    own = {letter for each in globs for letter in each.letters}
    letters = (*(each for each in LETTERS if each not in own), "x")[:1] + tuple(sorted(own))
    found = dict.fromkeys([(1,) * len(globs)], "")
    waiting = deque(found if len({env.schemas for env in environments}) > 1 else ())
    while waiting and len(found) < MOST:
        states = waiting.popleft()
        name = found[states]
        those = frozenset(each for each, machine, at in zip(patterns, globs, states, strict=True) if at & machine.end)
        if _is_local(name) and those not in told and len({chosen(env, those) for env in environments}) > 1:
            told.add(those)
            yield name
        for letter in letters:
            after = tuple(machine.after(at, letter) for machine, at in zip(globs, states, strict=True))
            if after not in found:
                found[after] = name + letter
                waiting.append(after)


def _is_local(name: str) -> bool:
    """Tell whether a schema may have a name; the system's are never anybody's choice."""
    return bool(name) and not name.startswith("pg_") and name not in SYSTEM

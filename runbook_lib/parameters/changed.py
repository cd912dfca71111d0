"""Name what differs between two environments, key by key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.parameters.reading import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.parameters.reading import Path_
    from runbook_lib.parameters.schema import Environment

UNSET = "not set"


def changed(then: Environment, now: Environment) -> tuple[str, ...]:
    """Say of each key that differs, defaults filled in, what it was and what it is; secrets are references in both."""
    before, after = (each.model_dump(mode="json", by_alias=True) for each in (then, now))
    return tuple(_changed((), before, after))


def _changed(path: Path_, before: Any, after: Any) -> Iterator[str]:
    match before, after:
        case dict(), dict():
            for key in dict.fromkeys((*before, *after)):
                yield from _changed((*path, key), before.get(key), after.get(key))
        case list(), list() if len(before) == len(after):
            for number, pair in enumerate(zip(before, after, strict=True)):
                yield from _changed((*path, number), *pair)
        case _ if before != after:
            yield f"{dotted(path)} was {_said(before)}, is {_said(after)}"


def _said(value: Any) -> str:
    return UNSET if value is None else json.dumps(value, ensure_ascii=False)

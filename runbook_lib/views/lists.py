"""Show how a list differs, of grants or of owners; it may have 100,000 names, so that they are written only where they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.resources.warehouse import DefaultPrivileges, Grants, Ownership
from runbook_lib.views.blocks import Line
from runbook_lib.views.many import NAMES, first
from runbook_lib.views.naming import dotted, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model import Resource
    from runbook_lib.resources.warehouse import Name
    from runbook_lib.views.blocks import Sign


@dataclass(frozen=True)
class Given:
    """State which owner an object had, and which it gets."""

    name: Name
    was: str
    now: str

    def __str__(self) -> str:
        """Say both."""
        return f"{dotted(self.name)}: {self.was} -> {self.now}"


def lines(before: Resource | None, after: Resource | None) -> Iterator[Line]:
    """Write what differs, the first names of each sign, and how many there are beside them."""
    for sign, names in _differing(before, after):
        some_names, more = first(names, "plan.json", NAMES)
        yield from (Line(_said(each), sign) for each in some_names)
        yield from (Line(more),) if more else ()


def summary(before: Resource | None, after: Resource | None) -> str:
    """Write what differs in a line."""
    return "; ".join(f"{sign} {some(names, say=_said)}" for sign, names in _differing(before, after))


def _differing(before: Resource | None, after: Resource | None) -> Iterator[tuple[Sign, Sequence[str | Name | Given]]]:
    if isinstance(before if after is None else after, Ownership):
        found: tuple[tuple[Sign, Sequence[str | Name | Given]], ...] = (("~", _given(before, after)),)
    else:
        was, now = _granted(before), _granted(after)
        had, has = set(was), set(now)
        found = (("+", [each for each in now if each not in had]), ("-", [each for each in was if each not in has]))
    yield from ((sign, names) for sign, names in found if names)


def _said(each: str | Name | Given) -> str:
    return dotted(each) if isinstance(each, tuple) else str(each)


def _granted(resource: Resource | None) -> Sequence[str | Name]:
    match resource:
        case Grants(objects=objects):
            return objects
        case DefaultPrivileges(schemas=schemas):
            return schemas
    return ()


def _given(before: Resource | None, after: Resource | None) -> list[Given]:
    was, now = (dict(each.owners) if isinstance(each, Ownership) else {} for each in (before, after))
    names = (name for name in sorted({*was, *now}) if was.get(name) != now.get(name))
    return [Given(name, was.get(name, "nobody known"), now.get(name, "left as it is")) for name in names]

"""Show what apply will send for a change: the requests to AWS and the statements to a database, as they are sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.played import SENT, told
from runbook_lib.documents.requests import requests
from runbook_lib.documents.sql import alter_password, statements
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.secretsmanager import Rotation
from runbook_lib.views.blocks import Fold, Line, counted
from runbook_lib.views.many import begun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.requests import Request
    from runbook_lib.model import Change
    from runbook_lib.views.blocks import Cell

LONGEST = 60
"""Characters of a statement that stand on the line that opens."""


def sent(change: Change) -> Cell:
    """Show in one line what is sent, and behind it every request and statement; of a rehearsal, what its steps send."""
    if isinstance(change.subject, Rehearsal):
        return (_played(change, change.subject),)
    asked, said = requests(change), _statements(change)
    if not asked and not said:
        return ()
    lines = (*(line for each in asked for line in _request(each)), *_shown(said))
    return (Fold(_summary([each.action for each in asked], said), lines, is_list=True),)


def _played(change: Change, rehearsal: Rehearsal) -> Fold:
    if change.after is None:
        return Fold("removes what was left", (Line(", ".join(rehearsal.touches)),), is_list=True)
    first, *_ = SENT[rehearsal.flow]
    return Fold(f"plays {first.partition(',')[0].partition(';')[0]} ...", tuple(map(Line, told(rehearsal))), is_list=True)


def _shown(said: tuple[str, ...]) -> Iterator[Line]:
    """Show the first statements of many; the others are like them, for the other objects of the plan."""
    some = begun(said)
    yield from map(Line, some)
    if len(said) > len(some):
        yield Line(f"... and {counted(len(said) - len(some), 'statement')} more, for the other objects in plan.json")


def _statements(change: Change) -> tuple[str, ...]:
    return (alter_password(change.subject.user),) if isinstance(change.subject, Rotation) else statements(change)


def _summary(actions: list[str], said: tuple[str, ...]) -> str:
    if actions:
        rest = len(actions) + len(said) - 1
        return actions[0] + (f" and {counted(rest, 'more', 'more')}" if rest else "")
    first = said[0] if len(said[0]) <= LONGEST else f"{said[0][:LONGEST].rsplit(' ', 1)[0]} ..."
    return first if len(said) == 1 else f"{counted(len(said), 'statement')}: {first}"


def _request(request: Request) -> Iterator[Line]:
    yield Line(request.action)
    for name, value in request.parameters.items():
        first, *rest = _value(value).splitlines()
        yield Line(f"{name}: {first}", depth=1)
        yield from (Line(text, depth=1) for text in rest)


def _value(value: Any) -> str:
    """Write a value as the API takes it, a document in lines of its own."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, indent=1 if len(json.dumps(value)) > LONGEST else None)
    if not value.startswith("{"):
        return value
    return json.dumps(json.loads(value), ensure_ascii=False, indent=1)

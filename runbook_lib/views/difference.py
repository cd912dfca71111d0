"""Show how a resource differs from what is there: policies by statement, grants by object, the rest by field."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from runbook_lib.policy.differences import differences
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyStatement
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.s3 import BucketSetting, BucketStatement
from runbook_lib.resources.warehouse import DefaultPrivileges, Grants, Ownership
from runbook_lib.views import lists
from runbook_lib.views.blocks import Fold, Line, counted
from runbook_lib.views.naming import some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model import Resource
    from runbook_lib.policy.differences import StatementDifference
    from runbook_lib.views.blocks import Inline, Sign

Sides = tuple["Resource | None", "Resource | None"]
_SIGNS: dict[str, Sign] = {"added": "+", "removed": "-", "changed": "~"}
_DOCUMENTS = {"document", "trust", "policy", "statement", "value"}
_NAMING = {"kind", "name", "role", "profile", "instance_id", "arn", "key", "bucket", "sid", "setting", "side"}
_LABELS = {"password": "password from", "permissions_boundary": "boundary"}
_SILENT: tuple[object, ...] = ("", [], None, "/")
_LISTS = (Grants, DefaultPrivileges, Ownership)
_NARROW = 90
"""Characters of one difference that a cell shows without folding it."""


def shown(before: Resource | None, after: Resource | None) -> tuple[Inline, ...]:
    """Show a difference in a table's cell: one line, and what is behind it folded."""
    found = tuple(lines(before, after))
    summary = _summary(before, after, found)
    match found:
        case ():
            return (summary,) if summary else ()
        case (Line(text=text, sign=sign),) if len(text) <= _NARROW:
            return (f"{sign} {text}",)
    return (Fold(summary, found, is_list=isinstance(_subject(before, after), _LISTS)),)


def lines(before: Resource | None, after: Resource | None) -> Iterator[Line]:
    """Write a difference line by line."""
    match _subject(before, after):
        case RolePolicy():
            yield from _policy(_text(before, "document"), _text(after, "document"))
        case KeyStatement() | BucketStatement():
            yield from _policy(_wrapped(_text(before, "statement")), _wrapped(_text(after, "statement")))
        case BucketSetting():
            yield from _json(_text(before, "value"), _text(after, "value"))
        case Role():
            yield from _policy(_text(before, "trust"), _text(after, "trust"))
            yield from _fields(before, after)
        case Key():
            if before is None:
                yield from _policy(None, _text(after, "policy"))
            yield from _fields(before, after)
        case Grants() | DefaultPrivileges() | Ownership():
            yield from lists.lines(before, after)
        case Rehearsal():
            yield from _played(after)
        case _:
            yield from _fields(before, after)


def _played(after: Resource | None) -> Iterator[Line]:
    """Say as whom a flow is played, and what it makes and removes again."""
    if isinstance(after, Rehearsal):
        yield Line(f"played as {', '.join(after.acts_as)}", "+")
        yield from (Line(f"makes and removes {each}", "+", 1) for each in after.touches)


def _subject(before: Resource | None, after: Resource | None) -> Resource | None:
    return after if after is not None else before


def _summary(before: Resource | None, after: Resource | None, found: Sequence[Line]) -> str:
    """Say what is behind the fold: the first names of a list, the statements and fields of anything else."""
    match _subject(before, after):
        case Grants() | DefaultPrivileges() | Ownership():
            return lists.summary(before, after)
        case BucketSetting():
            signs = ((sign, sum(each.sign == sign for each in found)) for sign in ("+", "-"))
            return ", ".join(f"{sign} {counted(count, 'line')} of JSON" for sign, count in signs if count)
    top = tuple(each for each in found if each.depth == 0)
    texts = ((sign, tuple(each.text for each in top if each.sign == sign)) for sign in ("+", "~", "-"))
    return "; ".join(f"{sign} {some(named)}" for sign, named in texts if named)


def _policy(before: str | None, after: str | None) -> Iterator[Line]:
    for each in differences(before, after):
        yield Line(_stated(each), _SIGNS[each.change])
        yield from (Line(text, "+", 1) for text in (*each.added_actions, *(f"on {arn}" for arn in each.added_resources)))
        yield from (Line(text, "-", 1) for text in (*each.removed_actions, *(f"on {arn}" for arn in each.removed_resources)))
        for name, was, now in each.other:
            if name in {"Sid", "Effect"} and each.change != "changed":
                continue
            yield from (Line(f"{name} {text}", sign, 1) for sign, text in (("-", was), ("+", now)) if text)  # type: ignore[arg-type]


def _stated(each: StatementDifference) -> str:
    effects = {name: was or now for name, was, now in each.other if name == "Effect"}
    effect = json.loads(effects["Effect"]) + " " if effects and each.change != "changed" else ""
    return f"{effect}{each.label}: {_number(each)}"


def _number(each: StatementDifference) -> str:
    signed = (
        ("+", len(each.added_actions), "action"),
        ("-", len(each.removed_actions), "action"),
        ("+", len(each.added_resources), "resource"),
        ("-", len(each.removed_resources), "resource"),
    )
    said = [f"{sign if each.change == 'changed' else ''}{counted(count, noun)}" for sign, count, noun in signed if count]
    return ", ".join(said) or "other elements"


def _json(before: str | None, after: str | None) -> Iterator[Line]:
    was, now = (json.dumps(json.loads(text), indent=1).splitlines() if text else [] for text in (before, after))
    for line in difflib.ndiff(was, now):
        sign, text = line[0], line[2:]
        if sign != "?":
            yield Line(text, sign)  # type: ignore[arg-type]


def _fields(before: Resource | None, after: Resource | None) -> Iterator[Line]:
    was, now = (each.model_dump(mode="json") if each is not None else {} for each in (before, after))
    for name in {**was, **now}:
        is_said = name in _NAMING and (before is None or after is None)
        if is_said or name in _DOCUMENTS or was.get(name) == now.get(name):
            continue
        yield from _field(_LABELS.get(name, name.replace("_", " ")), was.get(name), now.get(name))


def _field(label: str, was: object, now: object) -> Iterator[Line]:
    """Show a short value that turns into another in one line, anything else on two."""
    if was not in _SILENT and now not in _SILENT and not isinstance(now, list):
        yield Line(f"{label}: {_value(was)} -> {_value(now)}", "~")
        return
    if was not in _SILENT:
        yield Line(f"{label}: {_value(was)}", "-")
    if now not in _SILENT:
        yield Line(f"{label}: {_value(now)}", "+")


def _value(value: object) -> str:
    match value:
        case list():
            return ", ".join("=".join(each) if isinstance(each, list) else str(each) for each in value)
        case bool():
            return "yes" if value else "no"
    return str(value)


def _text(resource: Resource | None, name: str) -> str | None:
    return getattr(resource, name) if resource is not None else None


def _wrapped(statement: str | None) -> str | None:
    return None if statement is None else json.dumps({"Version": "2012-10-17", "Statement": [json.loads(statement)]})

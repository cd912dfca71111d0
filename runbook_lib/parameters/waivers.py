"""Rules about what is waived of the policy linter's findings: a rule that there is, for something named, until a day."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.parameters.broken import Broken, Rule

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment

WAIVABLE = (
    *("version", "unknown-action", "not-checked", "foreign-action", "no-matching-resource", "needs-star", "condition-key"),
    *("scopable-on-star", "not-action", "pass-role", "resource-account", "service-principal", "public", "duplicate-grant"),
)
"""Rules whose findings somebody may accept."""
REFUSED = ("json", "size", "elements", "sid", "placeholder", "arn", "key-lockout")
"""Rules whose findings nobody can accept: the service does not take the document."""


def waivers(env: Environment) -> Iterator[Broken]:
    """Take waivers only of known rules, for a document or a statement, until a day that exists."""
    for index, each in enumerate(env.lint_waivers):
        path: tuple[str | int, ...] = ("lint_waivers", index)
        if each.rule in REFUSED:
            yield Broken((*path, "rule"), f"{each.rule} cannot be waived: the service refuses such a document", "correct the document")
        elif each.rule not in WAIVABLE:
            yield Broken((*path, "rule"), f"{each.rule} is no rule of the linter", _meant(each.rule))
        if not (each.document or each.statement):
            yield Broken(path, "names neither document nor statement", "name what is accepted, so that nothing later hides behind it")
        if not _is_day(each.expires):
            yield Broken((*path, "expires"), "is no date", 'write it as "2026-12-31"')


def _meant(rule: str) -> str:
    near = difflib.get_close_matches(rule, WAIVABLE, 1)
    return f"did you mean {near[0]}?" if near else f"name one of {', '.join(WAIVABLE)}"


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


RULES: tuple[Rule, ...] = (waivers,)

"""Find what is wrong with a policy document, offline, over a slice of AWS's service reference; in time bounded by its quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runbook_lib.policy.lint import conditions, forms, grants, wholes
from runbook_lib.policy.lint.finding import DOCUMENT, RULES, Kind, LintFinding, Severity
from runbook_lib.policy.lint.reading import READ_LIMIT, Reading, read
from runbook_lib.policy.lint.statements import Statement

__all__ = ["DOCUMENT", "READ_LIMIT", "RULES", "Kind", "LintFinding", "Severity", "lint"]

Rule = Callable[[Statement, Reading], Iterator[LintFinding]]
_OF_STATEMENTS: tuple[Rule, ...] = (
    forms.sid,
    forms.placeholder,
    forms.arn,
    grants.unknown_action,
    grants.not_checked,
    grants.foreign_action,
    grants.no_matching_resource,
    grants.needs_star,
    conditions.condition_key,
    grants.scopable_on_star,
    grants.not_action,
    conditions.pass_role,
    conditions.resource_account,
    conditions.service_principal,
    conditions.public,
    wholes.duplicate_grant,
)


def lint(document: str | Mapping[str, Any], kind: Kind, *, is_whole: bool = True) -> tuple[LintFinding, ...]:
    """List what is wrong with a document: what is about all of it first, then by statement.

    `is_whole` is false for statements that are merged into somebody's document. No finding does not mean that it grants what is needed.
    """
    reading, findings = read(document, kind, is_whole=is_whole)
    of_document = [*findings, *wholes.key_lockout(reading)] if not _is_unread(findings) else findings
    return (*of_document, *(each for statement in reading.statements for rule in _OF_STATEMENTS for each in rule(statement, reading)))


def _is_unread(findings: list[LintFinding]) -> bool:
    """Tell whether nothing was read: what then is not there says nothing."""
    return any(each.rule in {"json", "size"} for each in findings)

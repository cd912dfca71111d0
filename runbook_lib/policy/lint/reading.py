"""Read a document into values that the rules can rely on, and say what cannot be read; the cost is that of its length."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.policy.lint.elements import statement_of
from runbook_lib.policy.lint.finding import DOCUMENT, Kind, LintFinding, found

if TYPE_CHECKING:
    from runbook_lib.policy.lint.statements import Statement

LIMITS: dict[Kind, tuple[int, str]] = {
    "identity": (10_240, "a role's inline policies hold together, whitespace apart"),
    "boundary": (6_144, "a managed policy holds, whitespace apart"),
    "trust": (4_096, "a trust may hold at most, and only by a raised quota beyond 2,048"),
    "key": (32_768, "a key policy holds"),
    "bucket": (20_480, "a bucket policy holds"),
    "queue": (8_192, "a queue policy holds"),
}
"""Characters or bytes of each kind of document (quotas of IAM, KMS, S3 and SQS)."""
READ_LIMIT = max(limit for limit, _ in LIMITS.values())
"""What is longer than every quota is not read: no service takes it, and reading it would cost without bounds."""
DEEPEST = 16
"""Levels of lists and objects; a policy's own values end at the sixth."""
_TOP = {"Version", "Id", "Statement"}
_VERSIONS = ("2012-10-17", "2008-10-17")


@dataclass(frozen=True)
class Reading:
    """Hold what was read of one document: `is_whole` is false for a statement that goes into somebody's document."""

    kind: Kind
    statements: tuple[Statement, ...]
    is_whole: bool = True


def read(document: str | Mapping[str, Any], kind: Kind, *, is_whole: bool = True) -> tuple[Reading, list[LintFinding]]:
    """Read a document as far as it can be read, with what is wrong about its form."""
    value, findings = _parsed(document, kind)
    if value is None:
        return Reading(kind, (), is_whole), findings
    if "Statement" not in value and "Effect" in value:
        way_out = "put it into the Statement list of a document, or merge it into the one that is there"
        findings.append(found("elements", DOCUMENT, "is a statement, not a document", way_out))
        value = {"Version": _VERSIONS[0], "Statement": [value]}
    findings += _top(value)
    statements: list[Statement] = []
    for place, each in enumerate(_listed(value.get("Statement")), 1):
        statement, problems = statement_of(each, place, kind)
        findings += problems
        statements += [statement] if statement is not None else []
    return Reading(kind, tuple(statements), is_whole), findings


def _parsed(document: str | Mapping[str, Any], kind: Kind) -> tuple[dict[str, Any] | None, list[LintFinding]]:
    way_out = "write one JSON object: {Version, Statement}"
    deep = found("json", DOCUMENT, "is nested too deeply to be a policy", way_out)
    try:
        text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        findings = list(_oversize(text, kind))
        if len(text) > READ_LIMIT:
            return None, findings
        twice: list[str] = []
        value = json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, twice))
    except RecursionError:
        return None, [deep]
    except (TypeError, ValueError) as error:
        return None, [found("json", DOCUMENT, f"is not JSON: {error}"[:200], way_out)]
    # Where the parser itself gives up differs from one Python to the next.
    if _is_deep(value):
        return None, [deep]
    if not isinstance(value, dict):
        return None, [*findings, found("json", DOCUMENT, "is not a JSON object", way_out)]
    if twice:
        what = f"says {twice[0]} twice in one object; only the last one counts"
        findings.append(found("json", DOCUMENT, what, "keep one, or make it a list"))
    return value, findings


def _is_deep(value: Any) -> bool:
    """Tell whether anything lies deeper than a policy's elements can."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())]
    return bool(level)


def _once(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice.append(next(name for name in values if names.count(name) > 1))
    return values


def _oversize(text: str, kind: Kind) -> Iterator[LintFinding]:
    limit, words = LIMITS[kind]
    counts_whitespace = kind in {"key", "bucket", "queue"}
    length = len(text.encode("utf-8", "replace")) if counts_whitespace else len("".join(text.split()))
    if length > limit:
        unread = "; it was not read further" if len(text) > READ_LIMIT else ""
        yield found("size", DOCUMENT, f"has {length:,} characters, {limit:,} are what {words}{unread}", "divide it, or say it shorter")


def _top(value: Mapping[str, Any]) -> Iterator[LintFinding]:
    if unknown := sorted(set(value) - _TOP):
        yield found("elements", DOCUMENT, f"has the unknown element {unknown[0][:60]}", "a document has Version, Id and Statement")
    if not isinstance(value.get("Statement"), dict | list) or not value["Statement"]:
        yield found("elements", DOCUMENT, "has no statement", "add Statement: a list of statements")
    version = value.get("Version")
    way_out = f'say "Version": "{_VERSIONS[0]}"'
    if version is None or version == _VERSIONS[1]:
        stated = "says version 2008-10-17" if version else "says no version, which means 2008-10-17"
        yield found("version", DOCUMENT, f"{stated}: policy variables stay literal", way_out)
    elif version not in _VERSIONS:
        yield found("version", DOCUMENT, "says a version that IAM has not", way_out, "error")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []

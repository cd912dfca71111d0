"""What the linter says: the rules by name, how grave each is, and one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["identity", "boundary", "trust", "key", "bucket", "queue"]
Severity = Literal["error", "warning", "note"]
DOCUMENT = "document"
"""Where a finding is that no single statement has."""

RULES: dict[str, tuple[Severity, str]] = {
    "json": ("error", "a document is one JSON object without a key that stands twice"),
    "size": ("error", "a document is no longer than its service takes"),
    "elements": ("error", "every element that is required is there, has its type, and none is unknown"),
    "version": ("warning", "a document says version 2012-10-17, so that policy variables are filled"),
    "sid": ("error", "Sids differ, and in IAM's own policies hold letters and digits only"),
    "placeholder": ("error", "nothing that was to be filled in is left"),
    "arn": ("error", "a resource is `*` or an ARN of six parts"),
    "unknown-action": ("error", "every action is one that AWS has"),
    "not-checked": ("note", "every action is of a service that the reference was read for"),
    "foreign-action": ("error", "a resource's policy names actions of its own service"),
    "no-matching-resource": ("error", "each action has a resource of a type that it is asked for on"),
    "needs-star": ("error", "an action without types of resource stands under `*`"),
    "condition-key": ("error", "each condition key is one that the action's requests carry"),
    "scopable-on-star": ("warning", "an action that takes ARNs does not stand under `*`"),
    "not-action": ("warning", "nothing is allowed by naming what is left out"),
    "pass-role": ("warning", "iam:PassRole says to which service"),
    "resource-account": ("warning", "S3 names with wildcards say whose buckets are meant"),
    "service-principal": ("warning", "a service principal is let in for named sources only"),
    "public": ("error", "nobody is let in whom the document does not name"),
    "key-lockout": ("error", "somebody of the account may change a key's policy"),
    "duplicate-grant": ("warning", "nothing is granted twice"),
}
"""Each rule's gravity and what it holds a document to. An error is refused by the service, or never does what it says."""


@dataclass(frozen=True)
class LintFinding:
    """State what is wrong where; `statement` is a Sid, a place such as `statement 3`, or `document`."""

    rule: str
    severity: Severity
    statement: str
    what: str
    way_out: str


def found(rule: str, statement: str, what: str, way_out: str, severity: Severity | None = None) -> LintFinding:
    """Make a finding with the rule's own gravity, or a milder one."""
    return LintFinding(rule, severity or RULES[rule][0], statement, what, way_out)


def listed(names: tuple[str, ...], limit: int = 6) -> str:
    """List names once each in a sentence, the first ones where there are many."""
    distinct = tuple(dict.fromkeys(names))
    shown = ", ".join(distinct[:limit])
    return shown if len(distinct) <= limit else f"{shown} and {len(distinct) - limit} more"


def eased(severity: Severity, *, when: bool) -> Severity | None:
    """Give a milder gravity where it applies."""
    return severity if when else None

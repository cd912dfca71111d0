"""Rules about how a document is written: placeholders, ARNs, Sids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.policy.lint.finding import LintFinding, found, listed
from runbook_lib.policy.lint.lookup import is_arn
from runbook_lib.policy.lint.statements import VARIABLE, Statement
from runbook_lib.policy.reference import reference

if TYPE_CHECKING:
    from runbook_lib.policy.lint.reading import Reading

_LEFT = re.compile(r"<[^<>]*>|\{[A-Za-z_]+\}")
_IAM_SID = re.compile(r"[A-Za-z0-9]*\Z")
_LITERALS = {"*", "?", "$"}
"""`${*}` is a star, and so on."""


def placeholder(statement: Statement, _reading: Reading) -> Iterator[LintFinding]:
    """Find `<...>`, `{...}` and `${...}` that IAM itself does not fill."""
    left = [each for text in statement.texts() for each in left_in(text)]
    if left:
        what = f"still holds {listed(tuple(left))}"
        yield found("placeholder", statement.label, what, "fill it in: IAM takes it literally, or for a variable that nothing fills")


def left_in(text: str) -> Iterator[str]:
    """List what was to be filled in and was not."""
    yield from (f"${{{name}}}" for name in VARIABLE.findall(text) if not _is_filled_by_iam(name))
    yield from _LEFT.findall(VARIABLE.sub("", text))


def _is_filled_by_iam(name: str) -> bool:
    prefix, colon, rest = name.partition(":")
    is_known = prefix.lower() in {"aws", "saml"} or prefix.lower() in reference().prefixes or "." in prefix
    return name in _LITERALS or bool(colon and rest and is_known)


def arn(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find resources that are neither `*` nor ARNs; in a bucket's or a key's policy, too."""
    if reading.kind == "trust":
        return
    wrong = tuple(each[:80] for each in statement.resources if each != "*" and not is_arn(each) and not any(left_in(each)))
    if wrong:
        yield found("arn", statement.label, f"names {listed(wrong)}, which is no ARN", "write arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME")


def sid(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find Sids that IAM refuses, and those that stand twice."""
    if reading.kind in {"identity", "boundary"} and not _IAM_SID.match(statement.sid):
        yield found(
            "sid", statement.label, "has a Sid with other characters than letters and digits", "rename it: IAM refuses the document"
        )
    same = [each for each in reading.statements if statement.sid and each.sid == statement.sid]
    if len(same) > 1 and same[-1] is statement:
        yield found("sid", statement.label, f"is the Sid of {len(same)} statements", "give each its own")

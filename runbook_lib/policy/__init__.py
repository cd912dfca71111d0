"""Read IAM policies by meaning: canonical form, differences, and what they come to for a request. Pure; standard library only."""

from runbook_lib.policy.asked import keys_asked
from runbook_lib.policy.canonical import (
    Document,
    Statement,
    canonical,
    canonical_statement,
    meaning,
    parsed,
    same_meaning,
    same_statement,
    statement_by_sid,
    statements,
    with_statement,
    without_statement,
)
from runbook_lib.policy.compiling import compiled
from runbook_lib.policy.differences import StatementDifference, differences
from runbook_lib.policy.evaluate import Attached, ResourceKind, evaluate
from runbook_lib.policy.request import Principal, Request
from runbook_lib.policy.statements import Policy
from runbook_lib.policy.verdict import Cited, Layer, Outcome, Verdict

__all__ = [
    "Attached",
    "Cited",
    "Document",
    "Layer",
    "Outcome",
    "Policy",
    "Principal",
    "Request",
    "ResourceKind",
    "Statement",
    "StatementDifference",
    "Verdict",
    "canonical",
    "canonical_statement",
    "compiled",
    "differences",
    "evaluate",
    "keys_asked",
    "meaning",
    "parsed",
    "same_meaning",
    "same_statement",
    "statement_by_sid",
    "statements",
    "with_statement",
    "without_statement",
]

"""Read IAM policies by meaning: canonical form and differences. Pure; standard library only."""

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
from runbook_lib.policy.differences import StatementDifference, differences

__all__ = [
    "Document",
    "Statement",
    "StatementDifference",
    "canonical",
    "canonical_statement",
    "differences",
    "meaning",
    "parsed",
    "same_meaning",
    "same_statement",
    "statement_by_sid",
    "statements",
    "with_statement",
    "without_statement",
]

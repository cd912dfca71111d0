"""The evaluator decides as AWS's documentation says, case by case."""

from __future__ import annotations

import re

import pytest

from tests.unit.policy import table_conditions, table_layers, table_resources, table_statements, table_trusts
from tests.unit.policy.derived import Derived

CASES = (*table_statements.ALL, *table_conditions.ALL, *table_layers.ALL, *table_resources.ALL, *table_trusts.ALL)
PAGE = re.compile(r"https://docs\.aws\.amazon\.com/[\w/-]+\.html\Z")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_a_case_ends_as_the_documentation_says(case: Derived) -> None:
    """The outcome is the derived one."""
    verdict = case.verdict()

    assert (case.expected, True) == (verdict.outcome, bool(verdict.reason)), verdict.reason


def test_the_table_is_large_and_cites_its_pages() -> None:
    """There are at least 100 different cases, each with a page of AWS's documentation."""
    assert len({case.claim for case in CASES}) == len(CASES) >= 100
    assert [] == [case.claim for case in CASES if not PAGE.match(case.page)]

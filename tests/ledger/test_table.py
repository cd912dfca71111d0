"""Every row of the ledger is held by tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from runbook_lib.model import Kinded, Resource
from tests.ledger.table import DEFECTS, ROWS
from tests.stages.worlds import STAGES

TESTS = Path(__file__).parents[1]
DEFECT_COUNT = 14
"""Lines of the ledger's section I, its closing sentence included."""


@cache
def functions_of(file: str) -> frozenset[str]:
    """List the test functions of a file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_the_table_has_every_row_that_a_stage_has() -> None:
    """No row without a line here, no line without a row."""
    assert {row for stage in STAGES.values() for row in stage.rows} == set(ROWS)


def test_the_table_has_every_defect() -> None:
    """The ledger's section I has as many lines as this."""
    assert len(DEFECTS) == DEFECT_COUNT


@pytest.mark.parametrize("row", [*ROWS, *DEFECTS])
def test_a_row_is_held_by_tests_that_exist(row: str) -> None:
    """A renamed or deleted test leaves its row uncovered, and fails."""
    tests = {**ROWS, **DEFECTS}[row]
    assert tests != ()
    assert [(file, name) for file, name in tests if name not in functions_of(file)] == []


def test_no_resource_is_one_that_the_product_makes() -> None:
    """A2: among all kinds of resources there is no queue, function, mapping or notification."""
    ours = [each for each in Kinded.known.values() if each.__module__.startswith("runbook_lib.") and issubclass(each, Resource)]
    assert {each.kind.partition("_")[0] for each in ours} == {
        *("database", "default", "ec2", "grants", "iam", "kms", "ownership", "password", "rehearsal", "s3", "secretsmanager"),
    }

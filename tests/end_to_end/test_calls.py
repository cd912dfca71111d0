"""What a run asks of AWS and the databases is what docs/calls.md allows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.sandbox.state import State
from tests.budget import LONGEST, SHAPES, of_shape, table, written


@pytest.mark.parametrize("shape", SHAPES)
def test_no_call_is_made_that_is_not_written_down(shape: str, sandbox: tuple[State, Path], tmp_path: Path) -> None:
    """Each stage makes the calls and statements of the table, as often, and none beside them; few have to wait for others."""
    state, folder = sandbox
    found = of_shape(shape, state, folder, tmp_path)

    assert written(shape) == table(shape, found)
    assert {} == {moment: found[moment].chain for moment, most in LONGEST.items() if found[moment].chain > most}

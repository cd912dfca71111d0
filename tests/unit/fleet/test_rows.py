"""A row says what went wrong as every error does: where, what, and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.fleet.processes import Ended
from runbook_lib.fleet.rows import ran
from runbook_lib.model.fleets import Row

ROW = Row(number=1, file="any", environment="staging")
DIED = {"stage": "storage", "error": "KernelFailed", "message": "the notebook's kernel: Kernel died"}
RESUME = "runbook resume 20260102T030405Z-apply-abc123 any"
ABSENT = {"where": "http://127.0.0.1:9", "what": "nothing listens there", "way_out": "start it"}
FIRST = {"line": 7, "field": "pipeline", "what": "v3 is not v2", "way_out": "write v2"}
SECOND = {"line": 0, "field": "", "what": "is no file", "way_out": "name one"}


@pytest.mark.parametrize(
    ("answer", "said", "way_out"),
    [
        (ABSENT, "http://127.0.0.1:9: nothing listens there", "start it"),
        ({"errors": [DIED], "next": RESUME}, "storage: the notebook's kernel: Kernel died", RESUME),
        ({"file": "a.yaml", "problems": [FIRST, SECOND]}, "a.yaml:7: pipeline v3 is not v2\na.yaml: is no file", "write v2; name one"),
    ],
)
def test_a_row_says_where_what_and_the_way_out(answer: dict[str, Any], said: str, way_out: str) -> None:
    """A refusal names what it is about, an error its stage and the command that goes on, a mistake its file and line, each of them."""
    row = ran(ROW, Ended(1, {"exit_code": 1, **answer}, ()), 1.0)

    assert (said, way_out) == (row.said, row.way_out)

"""Say how many kernels of a run live at once: each is memory that nobody shares."""

from __future__ import annotations

import os

from runbook_lib.errors import InvalidParameters, Problem

NOTEBOOKS = "RUNBOOK_NOTEBOOKS"
"""The variable by which somebody says it himself, and by which a batch says it to the runs that share a machine."""
MOST = 4


def notebooks(runs: int = 1) -> int:
    """Give how many notebooks of a run are executed, or wait with their kernel for their turn, at most, where so many runs share a machine.

    Two for each processor, as they wait for answers half of the time, and four at most. Raises InvalidParameters for a variable that is
    no number.
    """
    given = os.environ.get(NOTEBOOKS, "")
    if not given:
        return max(1, min(MOST, 2 * (os.cpu_count() or 1) // runs))
    if given.isascii() and given.isdecimal() and int(given) > 0:
        return int(given)
    raise InvalidParameters("environment", [Problem(0, NOTEBOOKS, f"is {given}", "give a number from 1 on, or unset it")])

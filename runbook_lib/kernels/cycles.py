"""Look for cycles of garbage seldom in a command that ends, and in the kernel of one notebook: little is made, and all of it goes soon."""

from __future__ import annotations

import atexit
import gc
import sys

SELDOM = (50_000, 20, 50)
"""Objects made before the youngest are looked through, and how often an age waits for the younger one; Python itself takes 700, 10, 10."""


def leave_alone() -> None:
    """Look seldom from now on, and not once more at the end of the process, when the system takes everything back.

    In Python's development mode the end looks as ever, for files that nobody closed.
    """
    gc.set_threshold(*SELDOM)
    if not sys.flags.dev_mode:
        atexit.register(gc.freeze)

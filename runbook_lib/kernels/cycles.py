"""Look for cycles of garbage seldom: nearly all that a command or a kernel makes stays until its end."""

from __future__ import annotations

import atexit
import gc

SELDOM = (50_000, 20, 50)
"""Objects made before the youngest are looked through, and how often an age waits for the younger one; Python itself takes 700, 10, 10."""


def leave_alone() -> None:
    """Look seldom from now on, and not once more at the end of the process, when the system takes everything back."""
    gc.set_threshold(*SELDOM)
    atexit.register(gc.freeze)

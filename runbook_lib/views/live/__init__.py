"""What a notebook shows while somebody looks at it: each live part stands beside a static twin, and goes when it is over.

Nothing here is imported where nobody looks: a headless run draws the static twins alone, with the same values.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from runbook_lib.place import FRONT_END

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.views.watching import Watch

__all__ = ["FRONT_END", "has_front_end", "progress_of", "register"]


def has_front_end() -> bool:
    """Tell whether somebody looks: Jupyter's server names the session of each kernel that it starts, and a headless run has none."""
    return FRONT_END in os.environ and "ipykernel" in sys.modules


def register(shell: Any) -> None:
    """Let a notebook show plans, gates and texts to hand over with their live parts."""
    from runbook_lib.model import Plan
    from runbook_lib.views.form import display
    from runbook_lib.views.live import gate, tools
    from runbook_lib.views.shown import DesiredResources, Gate

    shows = shell.display_formatter.ipython_display_formatter
    shows.for_type(Plan, tools.show_findable)
    shows.for_type(DesiredResources, tools.show_copyable)
    shows.for_type(Gate, gate.show)
    display.register(shell)
    _drop_nothing(shell)


def _drop_nothing(shell: Any) -> None:
    """Let what a cell shows wait until the server takes it: ZeroMQ drops what is beyond 1000 messages, and forms have more."""
    if (kernel := getattr(shell, "kernel", None)) is None:
        return
    channel = kernel.iopub_socket.io_thread
    channel.schedule(lambda: channel.socket.set_hwm(0))


class Stoppable(Protocol):
    """Be something that stops when it is asked to."""

    def stop(self) -> None:
        """Ask it to stop."""

    @property
    def is_stopped(self) -> bool:
        """Tell whether somebody asked."""


@contextmanager
def progress_of(watch: Watch, run: Stoppable, *, is_shown: bool) -> Iterator[Callable[[], None]]:
    """Show how far an apply is, and give what draws it anew; where nobody looks, that does nothing."""
    if not (is_shown and has_front_end()):
        yield lambda: None
        return
    from runbook_lib.views.live.progress import Progress

    progress = Progress(watch, run)
    try:
        yield progress.refresh
    finally:
        progress.end()

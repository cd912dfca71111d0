"""Import what kernels and stages import, and read the descriptions of AWS's services; make nothing that may not be shared."""

from __future__ import annotations

import importlib
import threading
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.kernels.importing import without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

IMPORTED = (
    "IPython.core.completer", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.history", "IPython.core.logger",
    "IPython.core.magics", "IPython.core.oinspect", "IPython.extensions.storemagic", "IPython.utils.wildcard", "comm", "faulthandler",
    "importlib.readers", "ipykernel.debugger", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.subshell_manager",
    "psutil", "sqlite3", "tornado.platform.asyncio", "zmq.eventloop.zmqstream",
    "runbook_lib.parameters.load", "runbook_lib.runbook.open",
)  # fmt: skip
"""What a kernel imports after it was started, and what the first cell of a notebook does."""

DEBUGGER = "debugpy"


def warm(*others: str, is_needed: Callable[[], bool] = lambda: True, debugs: bool = True) -> None:
    """Import and read, and call what else is named as `module:function`; go no further once nobody needs it.

    Kernels that nobody debugs do without the debugger. Raises RuntimeError when a thread was started by that: a fork would leave it behind
    in the middle of its work.
    """
    with nullcontext() if debugs else without(DEBUGGER):
        for step in _steps(others):
            if not is_needed():
                return
            step()
    if threads() > 1:
        message = f"{threads()} threads run before the first fork"
        raise RuntimeError(message)


def _steps(others: Sequence[str]) -> Iterator[Callable[[], object]]:
    """Give what there is to do, in steps of which none takes long."""
    yield from (partial(importlib.import_module, name) for name in IMPORTED)
    from runbook_lib.adapters.target import warm as warm_adapters
    from runbook_lib.kernels.requests import named
    from runbook_lib.policy.reference import reference
    from runbook_lib.stages import all_stages

    yield from (all_stages, reference, warm_adapters, *map(named, others), _compile_expressions)


def _compile_expressions() -> None:
    """Compile those of the tokenizer, which it does with the first cell."""
    from IPython.core.inputtransformer2 import TransformerManager

    TransformerManager().transform_cell("1\n")  # type: ignore[no-untyped-call]


def threads() -> int:
    """Count this process's threads, those that Python does not know of too."""
    listed = Path("/proc/self/task")
    return len(list(listed.iterdir())) if listed.is_dir() else threading.active_count()

"""Import what the run of an environment imports beside its kernels, once for all environments that are forked from there."""

from __future__ import annotations

import importlib

from runbook_lib.headless.importing import import_papermill
from runbook_lib.views import notebook_page

IMPORTED = (
    "runbook_lib.cli", "runbook_lib.headless.answer", "runbook_lib.headless.kernel", "runbook_lib.headless.saving",
    "runbook_lib.parameters.written", "runbook_lib.sandbox.command", "runbook_lib.terminal",
    "runbook_lib.views.proof", "runbook_lib.views.whole_page",
)  # fmt: skip


def import_all() -> None:
    """Import it, and prepare the pages of notebooks."""
    import_papermill()
    notebook_page.prepare()
    for name in IMPORTED:
        importlib.import_module(name)

"""Import what the run of an environment imports beside its kernels, once for all environments that are forked from there."""

from __future__ import annotations

import importlib

from runbook_lib.headless.importing import import_papermill

IMPORTED = (
    "jinja2._identifier", "mistune.plugins.footnotes", "mistune.plugins.formatting", "mistune.plugins.table",
    "pygments.formatters.html", "pygments.lexers.python", "pygments.styles.default",
    "runbook_lib.cli", "runbook_lib.headless.answer", "runbook_lib.headless.kernel", "runbook_lib.headless.saving",
    "runbook_lib.parameters.written", "runbook_lib.sandbox.command", "runbook_lib.terminal", "runbook_lib.views.notebook_page",
    "runbook_lib.views.proof", "runbook_lib.views.whole_page",
)  # fmt: skip


def import_all() -> None:
    """Import it."""
    import_papermill()
    for name in IMPORTED:
        importlib.import_module(name)

"""Draw values for people: HTML in JupyterLab, text in a terminal, Markdown in a review. Pure, but for `register`."""

from __future__ import annotations

import sys
from typing import Any

from runbook_lib.views.drawn import DRAWINGS, drawn, html, markdown, text

__all__ = ["drawn", "html", "markdown", "register", "text"]

STAGE_RUN = ("runbook_lib.runbook.stage_run", "StageRun")


def register() -> None:
    """Let the running notebook show values by their type; outside a notebook there is nothing to do."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    formatters = shell.display_formatter.formatters
    for mime, draw in (("text/html", html), ("text/markdown", markdown), ("text/plain", _pretty)):
        for kind in DRAWINGS:
            formatters[mime].for_type(kind, draw)
        formatters[mime].for_type_by_name(*STAGE_RUN, draw)


def _pretty(value: object, printer: Any, _is_cycle: bool) -> None:  # noqa: FBT001 - IPython calls it so
    printer.text(text(value))

"""Draw values for people: HTML in JupyterLab, text in a terminal, Markdown in a review. Pure, but for `register`."""

from __future__ import annotations

import sys
from typing import Any

from runbook_lib.views import as_html, as_markdown, as_text, failures, live
from runbook_lib.views.drawn import DRAWINGS, drawn, html, markdown, text

__all__ = ["bundle", "drawn", "html", "markdown", "register", "text"]

STAGE_RUN = ("runbook_lib.runbook.stage_run", "StageRun")


def register() -> None:
    """Let the running notebook show values by their type; outside a notebook there is nothing to do."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    shown = shell.display_formatter.mimebundle_formatter
    for kind in DRAWINGS:
        shown.for_type(kind, bundle)
    shown.for_type_by_name(*STAGE_RUN, bundle)
    failures.register(shell)
    if live.has_front_end():
        live.register(shell)


def bundle(value: object, include: object = None, exclude: object = None) -> dict[str, str]:
    """Draw a value once, in the three forms that a cell keeps; IPython says what it wants, and gets all."""
    del include, exclude
    blocks = tuple(drawn(value))
    return {"text/html": as_html.view(blocks), "text/markdown": as_markdown.view(blocks), "text/plain": as_text.view(blocks)}

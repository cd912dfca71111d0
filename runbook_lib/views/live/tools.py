"""Find rows, copy texts and keep the focus, without asking the kernel: a small script works on what stands in the same cell.

It is handed over by the kernel with the widget, so that nothing is loaded from anywhere; and it goes on while a cell runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.views import bundle
from runbook_lib.views.live.place import Place

if TYPE_CHECKING:
    from runbook_lib.model import Plan
    from runbook_lib.views.shown import DesiredResources

SCRIPT, STYLE = (Path(__file__).with_name(f"tools.{kind}") for kind in ("js", "css"))
FEW = 8
"""Changes that are read without searching."""


def show_findable(value: Plan) -> None:
    """Show a plan, and above many changes what finds some of them."""
    if len(value.changes) > FEW:
        Place().show(_tool("find"))
    Place(bundle(value))


def show_copyable(value: DesiredResources) -> None:
    """Show what a stage wants, and let the texts be copied that others take from it."""
    if value.artefacts or value.tables:
        Place().show(_tool("copy"))
    Place(bundle(value))


def keeper() -> Any:
    """Make what stands among controls that are taken away or switched off, so that a keyboard goes on from their cell."""
    return _tool("keep", layout={"display": "none"})


def arrival() -> Any:
    """Make what brings the page to its cell after all cells were run: JupyterLab itself leaves it at the last one."""
    return _tool("arrive", layout={"display": "none"})


def _tool(does: str, **shown: Any) -> Any:
    import anywidget
    import traitlets

    class Tool(anywidget.AnyWidget):
        """Work on the outputs of the cell that it stands in."""

        _esm = SCRIPT.read_text("utf-8")
        _css = STYLE.read_text("utf-8")
        does = traitlets.Unicode().tag(sync=True)

    return Tool(does=does, **shown)

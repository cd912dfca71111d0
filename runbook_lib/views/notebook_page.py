"""Turn an executed notebook into a page that needs nothing: no script, no font, no network."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from runbook_lib.views.as_html import STYLE
from runbook_lib.views.style import CODE_COLOURS, POLICY, page_stylesheet, stylesheet

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "runbook"
# Widgets keep a static twin among their other representations; what would need a script is never chosen.
LARGEST = 64 << 20
"""Bytes of a notebook that is made into a page."""
SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")


def notebook_html(path: Path) -> str:
    """Convert an executed notebook. Raises OSError when it cannot be read."""
    from nbformat import v4

    size = path.stat().st_size
    if size > LARGEST:
        words = f"# {path.stem}\n\n`{path.name}` has {size >> 20} MB, which is too much for a page. It lies beside this one."
        notebook: Any = v4.new_notebook(cells=[v4.new_markdown_cell(words, id="too-large")])  # type: ignore[no-untyped-call]
    else:
        notebook = v4.reads_json(path.read_text("utf-8"))  # type: ignore[no-untyped-call]
    notebook.metadata["title"] = path.stem
    html, _ = _exporter().from_notebook_node(notebook)
    # The page has the stylesheet once, each output brought its own.
    return str(html).replace(STYLE, "")


@functools.cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    folder = str(files("runbook_lib.views") / "templates")
    config = Config(NbConvertBase={"display_data_priority": list(SHOWN)}, CSSHTMLHeaderPreprocessor={"enabled": False})
    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        config=config, template_name=TEMPLATE, extra_template_basedirs=[folder]
    )
    style = stylesheet() + page_stylesheet() + CODE_COLOURS
    exporter.environment.globals.update(style=style, policy=POLICY)
    return exporter

"""Turn an executed notebook into a page that needs nothing: no script, no font, no network."""

from __future__ import annotations

import base64
import functools
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from runbook_lib.views.as_html import STYLE
from runbook_lib.views.as_html import words as prose
from runbook_lib.views.style import CODE_COLOURS, POLICY, page_stylesheet, stylesheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jinja2 import Template

TEMPLATE = "notebook.html.j2"
LARGEST = 64 << 20
"""Bytes of a notebook that is made into a page."""
# Widgets keep a static twin among their other representations; what would need a script is never chosen.
SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")
_TO_NOTEBOOK = re.compile(r'<a href="(?:\.\./)?[0-9]{2}_[a-z_]+\.ipynb">([^<]*)</a>')
_TO_RECORD = re.compile(r'<a href="records/[^/"]+/')
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def prepare() -> None:
    """Load what pages are made with, ahead of the first one."""
    _template()
    _markdown()
    _pygments()


def notebook_html(path: Path) -> str:
    """Convert an executed notebook. Raises OSError when it cannot be read, ValueError when it is none."""
    html = _template().render(title=path.stem, cells=_cells(path))
    # The page has the stylesheet once, each output brought its own; a record has no notebooks to go on with, and lies around this page.
    return _TO_RECORD.sub('<a href="../', _TO_NOTEBOOK.sub(r"\1", html.replace(STYLE, "")))


def _cells(path: Path) -> list[dict[str, Any]]:
    """Read a notebook's cells; of one that is too large, say so in their place."""
    size = path.stat().st_size
    if size > LARGEST:
        words = f"# {path.stem}\n\n`{path.name}` has {size >> 20} MB, which is too much for a page. It lies beside this one."
        return [{"cell_type": "markdown", "metadata": {}, "source": words}]
    cells: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return cells


@functools.cache
def _template() -> Template:
    """Prepare the page; it escapes every text but the HTML that our own views and filters wrote."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(str(files("runbook_lib.views") / "templates")), autoescape=True)
    environment.globals.update(style=stylesheet() + page_stylesheet() + CODE_COLOURS, policy=POLICY, shown=_shown)
    environment.filters.update(code=_code, words=_words, plain=_plain, whole=_text, base64=_base64, prose=prose)
    return environment.get_template(TEMPLATE)


def _shown(forms: Mapping[str, Any]) -> str:
    """Choose the form of an output to show; empty when it has none that needs no script."""
    return next((each for each in SHOWN if each in forms), "")


def _text(value: object) -> str:
    """Put together what nbformat may keep line by line."""
    return "".join(value) if isinstance(value, list) else str(value)


def _plain(value: object) -> str:
    return _ANSI.sub("", _text(value))


def _base64(value: object) -> str:
    return base64.b64encode(_text(value).encode()).decode()


def _words(value: object) -> str:
    """Write Markdown as HTML; HTML in it is escaped."""
    return str(_markdown()(_text(value)))


@functools.cache
def _markdown() -> Any:
    from mistune import create_markdown

    return create_markdown(escape=True, plugins=["table"])


def _code(value: object) -> str:
    return _coloured(_text(value))


@functools.lru_cache(maxsize=256)
def _coloured(code: str) -> str:
    """Write code as HTML with its parts marked, every character escaped; the notebooks of a run have most of their cells in common."""
    from pygments import highlight

    return str(highlight(code, *_pygments()))


@functools.cache
def _pygments() -> tuple[Any, Any]:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    return PythonLexer(), HtmlFormatter()

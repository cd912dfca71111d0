"""Show forms to whoever can use them: the table of what a file says, which the notebook keeps, and below it the controls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.parameters.fields import fields
from runbook_lib.views import as_html, as_markdown, as_text
from runbook_lib.views.blocks import Folded
from runbook_lib.views.drawn import drawn
from runbook_lib.views.shown import Creation, ParameterForm

if TYPE_CHECKING:
    from collections.abc import Callable

SUMMARIES = {ParameterForm: "What the file says", Creation: "What is asked"}
WIDGETS: dict[type, Callable[[Any], Any]] = {}
"""How the widget of a value is made; each import of ipywidgets waits until one is."""
_SHOWN: dict[type, Any] = {}
"""The form of each kind that is shown."""


def register(shell: Any) -> None:
    """Let the running notebook show controls beside the values that have some."""
    for kind in WIDGETS:
        shell.display_formatter.ipython_display_formatter.for_type(kind, partial(show, shell))


def show(shell: Any, value: Any) -> None:
    """Publish what is kept, folded, and below it the controls; those of the same cell's former run are closed."""
    close(_SHOWN.pop(type(value), None))
    _SHOWN[type(value)] = made = WIDGETS[type(value)](value)
    blocks = tuple(drawn(value))
    kept = (Folded(SUMMARIES[type(value)], blocks),) if made is not None else blocks
    publish = shell.display_pub.publish
    publish({"text/html": as_html.view(kept), "text/markdown": as_markdown.view(kept), "text/plain": as_text.view(kept)})
    if made is not None:
        publish(*shell.display_formatter.format(made))


def close(widget: Any) -> None:
    """Close a widget with all that it is made of: a page that is loaded anew asks for every one that is open."""
    if widget is None:
        return
    for each in getattr(widget, "children", ()):
        close(each)
    from runbook_lib.views.form.controls import WHOLE

    for part in (getattr(widget, "style", None), getattr(widget, "layout", None), widget):
        if part is not None and part is not WHOLE:
            part.close()


def _form(value: ParameterForm) -> Any:
    """Make a form's widget; None where there is nothing to set, or no file to save it in."""
    if value.file is None or not fields(value.keys):
        return None
    from runbook_lib.views.form.widget import FormWidget

    return FormWidget(value).widget


def _creation(value: Creation) -> Any:
    from runbook_lib.views.form.creating import CreationWidget

    return CreationWidget(value).widget


WIDGETS.update({ParameterForm: _form, Creation: _creation})

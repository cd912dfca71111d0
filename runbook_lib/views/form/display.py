"""Show forms to whoever can use them: the table of what a file says, which the notebook keeps, and below it the controls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from runbook_lib.parameters.fields import fields
from runbook_lib.views import as_html, as_markdown, as_text, bundle
from runbook_lib.views.blocks import Folded
from runbook_lib.views.drawn import drawn
from runbook_lib.views.shown import Creation, ParameterForm

if TYPE_CHECKING:
    from collections.abc import Callable

SUMMARIES = {ParameterForm: "What the file says", Creation: "What is asked"}
WIDGETS: dict[type, Callable[[Any], Any]] = {}
"""How the widget of a value is made; each import of ipywidgets waits until one is."""
_SHOWN: dict[type, tuple[Any, str]] = {}
"""The form of each kind that is shown, and its place on the page."""
NOTHING = {"text/html": "", "text/plain": ""}


def register(shell: Any) -> None:
    """Let the running notebook show controls beside the values that have some."""
    for kind in WIDGETS:
        shell.display_formatter.ipython_display_formatter.for_type(kind, partial(show, shell))


def show(shell: Any, value: Any) -> None:
    """Publish what is kept, folded, and below it the controls; those of the same cell's former run are closed."""
    _draw(shell, value, uuid4().hex, is_update=False)


def redraw(shell: Any, value: Any) -> None:
    """Put a value in the place of the one of its kind that is shown; where none is, do nothing."""
    if type(value) in _SHOWN:
        _draw(shell, value, _SHOWN[type(value)][1], is_update=True)


def hold(shell: Any, kind: type, value: Any) -> None:
    """Show a value where a form of a kind cannot be made yet: the next one takes its place."""
    place = uuid4().hex
    close(_SHOWN.pop(kind, (None, ""))[0])
    _SHOWN[kind] = None, place
    _publish(shell, place, bundle(value), NOTHING, is_update=False)


def withdraw(shell: Any, kind: type) -> None:
    """Take the form of a kind off the page; the next takes its place."""
    if kind not in _SHOWN:
        return
    widget, place = _SHOWN[kind]
    close(widget)
    _SHOWN[kind] = None, place
    _publish(shell, place, NOTHING, NOTHING, is_update=True)


def _draw(shell: Any, value: Any, place: str, *, is_update: bool) -> None:
    kind = type(value)
    close(_SHOWN.pop(kind, (None, ""))[0])
    made = WIDGETS[kind](value)
    _SHOWN[kind] = made, place
    blocks = tuple(drawn(value))
    kept = (Folded(SUMMARIES[kind], blocks),) if made is not None else blocks
    told = {"text/html": as_html.view(kept), "text/markdown": as_markdown.view(kept), "text/plain": as_text.view(kept)}
    form, about = shell.display_formatter.format(made) if made is not None else (NOTHING, {})
    _publish(shell, place, told, form, about, is_update=is_update)


def _publish(shell: Any, place: str, kept: Any, form: Any, about: Any = None, *, is_update: bool) -> None:
    """Show what is kept, and what only a running page understands, in a place of two outputs."""
    for name, content, metadata in (("kept", kept, {}), ("form", form, about or {})):
        shell.display_pub.publish(content, metadata, transient={"display_id": f"{place}-{name}"}, update=is_update)


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

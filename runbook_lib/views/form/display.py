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

    from runbook_lib.views.form.frame import Frame

SUMMARIES = {ParameterForm: "What the file says", Creation: "What is asked"}
MAKERS: dict[type, Callable[[Any], Callable[[], Any] | None]] = {}
"""What makes the widget of a value, None for one without; each import of ipywidgets waits until a place for one is needed."""
_SHOWN: dict[type, tuple[Frame, str]] = {}
"""The frame of each kind of form that is shown, and the place on the page of what is kept beside it."""


NOTHING = {"text/html": "", "text/plain": ""}


def register(shell: Any) -> None:
    """Let the running notebook show controls beside the values that have some."""
    for kind in MAKERS:
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
    _begin(kind, uuid4().hex)
    _publish(shell, kind, bundle(value), is_update=False)


def withdraw(shell: Any, kind: type) -> None:
    """Take the form of a kind off the page; the next takes its place."""
    if kind in _SHOWN:
        _SHOWN[kind][0].put(None)
        _publish(shell, kind, NOTHING, is_update=True)


def _draw(shell: Any, value: Any, place: str, *, is_update: bool) -> None:
    kind = type(value)
    make = MAKERS[kind](value)
    if not is_update:
        _begin(kind, place)
    frame, _ = _SHOWN[kind]
    frame.put(make, _title(value) if make is not None else "")
    blocks = tuple(drawn(value))
    kept = (Folded(SUMMARIES[kind], blocks),) if make is not None else blocks
    told = {"text/html": as_html.view(kept), "text/markdown": as_markdown.view(kept), "text/plain": as_text.view(kept)}
    _publish(shell, kind, told, is_update=is_update)


def _publish(shell: Any, kind: type, kept: Any, *, is_update: bool) -> None:
    """Show what is kept, and beside it, once, what only a running page understands."""
    frame, place = _SHOWN[kind]
    shell.display_pub.publish(kept, {}, transient={"display_id": f"{place}-kept"}, update=is_update)
    if not is_update:
        shown, about = shell.display_formatter.format(frame.widget)
        shell.display_pub.publish(shown, about, transient={"display_id": f"{place}-form"}, update=False)


def _begin(kind: type, place: str) -> None:
    """Make a frame for a kind of form, and close the one that the same cell showed before."""
    from runbook_lib.views.form.frame import Frame, close

    if kind in _SHOWN:
        close(_SHOWN.pop(kind)[0].widget)
    _SHOWN[kind] = Frame(), place


def _title(value: Any) -> str:
    """Name what is folded; empty for what is open."""
    if isinstance(value, Creation):
        return "Answer questions for a new parameter file"
    return f"Edit {value.source} in a form" if value.is_folded else ""


def _form(value: ParameterForm) -> Callable[[], Any] | None:
    """Give what makes a form's widget; None where there is nothing to set, or no file to save it in."""
    if value.file is None or not fields(value.keys):
        return None

    def make() -> Any:
        from runbook_lib.views.form.widget import FormWidget

        return FormWidget(value).widget

    return make


def _creation(value: Creation) -> Callable[[], Any]:
    def make() -> Any:
        from runbook_lib.views.form.creating import CreationWidget

        return CreationWidget(value).widget

    return make


MAKERS.update({ParameterForm: _form, Creation: _creation})

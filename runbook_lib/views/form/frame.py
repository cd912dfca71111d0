"""Where a form stands: another takes its place without the cell being drawn anew, and it may wait until somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from runbook_lib.views.form.controls import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable


class Frame:
    """Hold a form; one with a title is folded, and made as soon as the button with its title is pressed."""

    def __init__(self) -> None:
        self._make: Callable[[], Any] | None = None
        self.inside = widgets.VBox(layout=widgets.Layout(width="100%", margin="0"))
        self.toggle = widgets.ToggleButton(layout=widgets.Layout(width="auto", display="none", align_self="flex-start"))
        self.toggle.observe(lambda _event: self._turned(), "value")
        self.widget = widgets.VBox([self.toggle, self.inside], layout=WHOLE)

    def put(self, make: Callable[[], Any] | None, title: str = "") -> None:
        """Show a form in the place of the former one, open or folded as that was; None leaves the place empty."""
        former, self.inside.children = self.inside.children, ()
        for each in former:
            close(each)
        self._make, self.toggle.description = make, title
        self.toggle.layout.display = "" if title else "none"
        self._turned()

    def _turned(self) -> None:
        is_open = bool(self.toggle.value) or not self.toggle.description
        if is_open and self._make is not None:
            self.inside.children, self._make = (self._make(),), None
        self.toggle.icon = "chevron-down" if is_open else "chevron-right"
        self.inside.layout.display = "" if is_open else "none"


def close(widget: Any) -> None:
    """Close a widget with all that it is made of: a page that is loaded anew asks for every one that is open."""
    for each in getattr(widget, "children", ()):
        close(each)
    for part in (getattr(widget, "style", None), getattr(widget, "layout", None), widget):
        if part is not None and part is not WHOLE:
            part.close()

"""How far an apply is, with a button that stops it between two writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views import as_html, as_markdown, as_text
from runbook_lib.views.live.place import Place
from runbook_lib.views.live.tools import keeper

if TYPE_CHECKING:
    from runbook_lib.views.live import Stoppable
    from runbook_lib.views.watching import Watch


class Progress:
    """Show a watch, again and again; at the end its static twin stands there instead."""

    def __init__(self, watch: Watch, run: Stoppable) -> None:
        import ipywidgets

        self._watch, self._run, self._place = watch, run, Place()
        self.button = ipywidgets.Button(description="Stop after this write", button_style="warning", layout={"width": "auto"})
        # A handler may run in another thread: it sets the flag, and touches nothing else.
        self.button.on_click(lambda _button: run.stop())
        # As tall as the rows that stand there most of the time: what is below must not jump with each change that ends.
        self.view = ipywidgets.HTML(layout={"height": "24em", "overflow": "hidden auto", "align_self": "stretch", "width": "auto"})
        layout = {"overflow": "auto", "padding": "0 .8em", "align_items": "flex-start"}
        self._place.show(ipywidgets.VBox([self.button, self.view, keeper()], layout=layout))

    def refresh(self) -> None:
        """Show how far it is."""
        if self._run.is_stopped and not self.button.disabled:
            self.button.disabled, self.button.description = True, "Stopping after this write"
        self.view.value = as_html.view(self._watch.now())

    def end(self) -> None:
        """Give way to the static twin."""
        blocks = tuple(self._watch.whole())
        shown = {"text/html": as_html.view(blocks), "text/markdown": as_markdown.view(blocks), "text/plain": as_text.view(blocks)}
        self._place.put(shown) if blocks else self._place.clear()

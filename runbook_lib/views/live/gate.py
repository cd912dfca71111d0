"""The form in which a plan is approved: a name to type, a box for each grave change, one button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import RunbookError
from runbook_lib.views import bundle
from runbook_lib.views.blocks import Code, Note, Way
from runbook_lib.views.live.boxes import WIDE, Boxes
from runbook_lib.views.live.place import Place
from runbook_lib.views.live.tools import keeper

if TYPE_CHECKING:
    from runbook_lib.views.shown import Asking, Gate


def show(value: Gate) -> None:
    """Show a gate, and the form below it where there is something to approve."""
    static = Place(bundle(value))
    if value.asking is not None and not value.approvals:
        Form(value.asking, static).show()


class Form:
    """Ask for what an approval takes, hand it over, and give way to what became of it."""

    def __init__(self, asking: Asking, static: Place) -> None:
        import ipywidgets

        self._asking, self._static, self._place = asking, static, Place()
        self._given: Gate | None = None
        self.name = ipywidgets.Text(
            description=f"Type {asking.name} to approve" if asking.name else "", layout=WIDE, style={"description_width": "initial"},
        )  # fmt: skip
        self.boxes = Boxes(asking.acknowledge)
        self.button = ipywidgets.Button(description="Approve this plan", button_style="primary", layout={"width": "auto"})
        self.said = ipywidgets.HTML()
        self.button.on_click(self._press)

    def show(self) -> None:
        """Put the form into the cell."""
        import ipywidgets

        boxes = (self.boxes.widget,) if self._asking.acknowledge else ()
        parts: list[Any] = [*boxes, *((self.name,) if self._asking.name else ()), self.button, self.said, keeper()]
        self._place.show(ipywidgets.VBox(parts, layout={"overflow": "auto", "padding": "0 .8em .6em", "align_items": "flex-start"}))

    def _press(self, _button: object) -> None:
        # Whoever pressed twice, or in a second tab, has approved once.
        if self._given is not None:
            return
        try:
            given = self._asking.approve(self.name.value.strip(), self.boxes.ticked)
        except RunbookError as error:
            what, *each = error.what.splitlines()
            self._say(Note((f"Not approved: {what}", *map(Code, each), Way(error.way_out)), "bad"))
            return
        self._given = given
        self._give_way(given)
        # The form goes first: whoever sees the approval, and saves at once, saves no form.
        self._place.clear()
        self._static.put(bundle(given))

    def _give_way(self, given: Gate) -> None:
        """Say in a second tab, which keeps the form, what is so, and that there is nothing to press any more."""
        by = ", ".join(dict.fromkeys(each.by for each in given.approvals))
        at = next((f" at {each.at}" for each in given.approvals), "")
        self._say(Note((f"Approved already by {by}{at}.", Way("go on with Apply; who runs the Approve cell again sees it there")), "good"))
        self.button.disabled = True

    def _say(self, note: Note) -> None:
        from runbook_lib.views import as_html

        self.said.value = as_html.view((note,))

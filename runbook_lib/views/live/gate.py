"""The form in which a plan is approved: a name to type, a box for each grave change, one button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import RunbookError
from runbook_lib.views import acknowledging, bundle
from runbook_lib.views.blocks import Note, Way
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
        wide = {"width": "auto", "max_width": "100%"}
        self.name = ipywidgets.Text(
            description=f"Type {asking.name} to approve" if asking.name else "", layout=wide, style={"description_width": "initial"},
        )  # fmt: skip
        self._asked = acknowledging.asked(asking.acknowledge)
        self.boxes = {
            each.name: ipywidgets.Checkbox(value=False, description=f"{each.words}: {each.what}", indent=False, layout=wide)
            for each in self._asked
        }
        self.button = ipywidgets.Button(description="Approve this plan", button_style="primary", layout={"width": "auto"})
        self.said = ipywidgets.HTML()
        self.button.on_click(self._press)

    def show(self) -> None:
        """Put the form into the cell."""
        import ipywidgets

        parts: list[Any] = [*self.boxes.values(), *((self.name,) if self._asking.name else ()), self.button, self.said, keeper()]
        self._place.show(ipywidgets.VBox(parts, layout={"overflow": "auto", "padding": "0 .8em .6em", "align_items": "flex-start"}))

    def _press(self, _button: object) -> None:
        try:
            ticked = (each.addresses for each in self._asked if self.boxes[each.name].value)
            given = self._asking.approve(self.name.value.strip(), tuple(address for some in ticked for address in some))
        except RunbookError as error:
            from runbook_lib.views import as_html

            self.said.value = as_html.view((Note((f"Not approved: {error.what}", Way(error.way_out)), "bad"),))
            return
        # Whoever pressed twice has approved once.
        self.button.on_click(self._press, remove=True)
        self._static.put(bundle(given))
        self._place.clear()

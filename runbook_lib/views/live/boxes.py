"""A box for each change that is acknowledged by itself, a page of them at a time; what is not shown keeps its tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from runbook_lib.views.acknowledging import PAGE, found, last_page, page, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.views.acknowledging import Grave

WIDE = {"width": "auto", "max_width": "calc(100% - 4px)"}
"""As wide as its cell at most, with the margin that every control has."""
ROW = 32
"""Pixels of a box, so that a page with fewer of them is as tall, and nothing below it jumps."""


class Boxes:
    """Ask for each change by itself, and remember what was ticked; above as many as a page holds stands what finds and turns."""

    def __init__(self, grave: Sequence[Grave]) -> None:
        import ipywidgets
        from ipywidgets.widgets.widget_bool import CheckboxStyle

        self._grave, self._found, self._number = tuple(grave), tuple(grave), 0
        self._ticked: dict[str, bool] = {}
        self.shown: dict[str, Any] = {}
        # One for all boxes: a page of them is taken away and made anew as often as somebody turns it.
        self._looks = {"layout": ipywidgets.Layout(**WIDE), "style": CheckboxStyle()}
        narrow = {"layout": {"width": "auto", "flex": "0 1 22em", "min_width": "0"}, "style": {"description_width": "initial"}}
        self.words = ipywidgets.Text(description="Find", placeholder="kind, name, risk", **narrow)
        self.back, self.on = (ipywidgets.Button(description=each, layout={"width": "auto"}) for each in ("Previous page", "Next page"))
        self.count = ipywidgets.HTML()
        is_long = len(grave) > PAGE
        self._rows = ipywidgets.VBox(layout={**WIDE, "min_height": f"{PAGE * ROW}px"} if is_long else WIDE)
        controls = (
            (ipywidgets.HBox([self.words, self.back, self.on], layout={**WIDE, "flex_flow": "row wrap"}), self.count) if is_long else ()
        )
        self.widget = ipywidgets.VBox([*controls, self._rows], layout=WIDE)
        self.widget.add_class("rb-boxes")
        self.words.observe(lambda _event: self._look(), "value")
        self.back.on_click(lambda _button: self._turn(-1))
        self.on.on_click(lambda _button: self._turn(1))
        self._draw()

    @property
    def ticked(self) -> tuple[str, ...]:
        """List the addresses that were ticked, in the order of the changes."""
        return tuple(address for address, _ in self._grave if self._ticked.get(address))

    def _look(self) -> None:
        self._found, self._number = found(self._grave, self.words.value), 0
        self._draw()

    def _turn(self, by: int) -> None:
        self._number = min(max(self._number + by, 0), last_page(self._found))
        self._draw()

    def _draw(self) -> None:
        """Make the boxes of a page: each is of one change as long as it lives, so that a late click ticks nothing else."""
        former = tuple(self.shown.values())
        self.shown = {address: self._box(address, risks) for address, risks in page(self._found, self._number)}
        self._rows.children = tuple(self.shown.values())
        for each in former:
            each.close()
        self.back.disabled, self.on.disabled = self._number == 0, self._number == last_page(self._found)
        self._say()

    def _box(self, address: str, risks: str) -> Any:
        import ipywidgets

        box = ipywidgets.Checkbox(value=self._ticked.get(address, False), description=f"{risks}: {address}", indent=False, **self._looks)
        box.observe(lambda event: self._tick(address, is_on=event["new"]), "value")
        return box

    def _tick(self, address: str, *, is_on: bool) -> None:
        self._ticked[address] = is_on
        self._say()

    def _say(self) -> None:
        words = said(self._found, self._number, len(self.ticked), len(self._grave))
        self.count.value = str(Markup('<span role="status">{}</span>').format(words))

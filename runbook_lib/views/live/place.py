"""A place among a cell's outputs that can be filled again later."""

from __future__ import annotations

from typing import Any

_NOTHING = {"text/html": "", "text/plain": ""}


class Place:
    """Hold one output of the running cell."""

    def __init__(self, shown: dict[str, Any] | None = None) -> None:
        from IPython.display import DisplayHandle

        made: Any = DisplayHandle
        self._handle = made()
        self._handle.display(shown if shown is not None else _NOTHING, raw=True)

    def put(self, shown: dict[str, Any]) -> None:
        """Show something else in its place."""
        self._handle.update(shown, raw=True)

    def show(self, widget: Any) -> None:
        """Show a widget in its place."""
        self._handle.update(widget)

    def clear(self) -> None:
        """Show nothing any more."""
        self.put(_NOTHING)

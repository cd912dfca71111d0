"""Sections that may be absent, and lists of sections: what a form shows beside single keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from markupsafe import Markup

from runbook_lib.parameters.editing import ABSENT, Absent, changed
from runbook_lib.parameters.fields import found
from runbook_lib.parameters.rewriting import same
from runbook_lib.views.form.controls import STYLE, WHOLE, Control, control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runbook_lib.parameters.fields import Field
    from runbook_lib.parameters.reading import Path_


class Optional:
    """Show a section that may be absent: a switch, and its keys."""

    def __init__(self, field: Field, given: Any, on_change: Callable[[], None]) -> None:
        self.path: Path_ = field.path
        self._given, self._on_change = given, on_change
        values = given if isinstance(given, dict) else {}
        # What is no section cannot be shown as one: it stays as it is, until somebody turns the switch.
        self._is_touched = given is None or isinstance(given, dict)
        self.controls = [control(each, each.path, found(values, each.path[len(field.path) :]), on_change) for each in field.inner]
        self.switch = widgets.Checkbox(
            value=isinstance(given, dict), description=f"{field.name} is used", tooltip=field.means, style=STYLE, layout=WHOLE
        )
        inner = widgets.VBox([each.widget for each in self.controls], layout=WHOLE)
        inner.add_class("inner")
        self.widget = widgets.VBox([self.switch, inner], layout=WHOLE)
        self.switch.observe(self._switched, "value")
        self._enable()

    @property
    def changes(self) -> dict[Path_, Any]:
        """List what is to be written."""
        if not self._is_touched:
            return {}
        if not self.switch.value:
            return {self.path: ABSENT} if self._given is not None else {}
        made = {each.path: each.change for each in self.controls}
        changes = {path: change for path, change in made.items() if change is not None}
        is_new = not isinstance(self._given, dict)
        return {self.path: _whole(self.controls, len(self.path)), **changes} if is_new else changes

    def _switched(self, _event: object) -> None:
        self._is_touched = True
        self._enable()
        self._on_change()

    def _enable(self) -> None:
        for each in self.controls:
            each.enable(is_on=bool(self.switch.value))


def _whole(controls: list[Control], depth: int) -> dict[str, Any]:
    """Give a new section with every key that holds something."""
    values = {each.path[depth:]: each.value for each in controls}
    return changed({}, {path: value for path, value in values.items() if value not in ("", [], {}, None)})


class Entries:
    """Show a list of sections: an entry under another, each with a button that removes it."""

    def __init__(self, field: Field, given: Any, on_change: Callable[[], None]) -> None:
        self.field, self.path = field, field.path
        self._given, self._on_change = given, on_change
        # What is no list cannot be shown as one: it stays as it is, until somebody adds an entry in its place.
        self._is_touched = given is None or isinstance(given, list)
        self._entries: list[Any] = [dict(each) if isinstance(each, dict) else each for each in given or ()] if self._is_touched else []
        self.controls: list[Control] = []
        self.add = widgets.Button(
            description=f"Add to {field.name}", icon="plus", layout=widgets.Layout(width="auto", align_self="flex-start")
        )
        self.add.on_click(lambda _button: self._grown())
        self._box = widgets.VBox(layout=WHOLE)
        self.widget = widgets.VBox([self._box, self.add], layout=WHOLE)
        self._drawn()

    @property
    def changes(self) -> dict[Path_, Any]:
        """List what is to be written."""
        for each in self.controls:
            change, (_, index, *rest) = each.change, each.path
            if change is not None:
                self._entries[int(index)] = changed(self._entries[int(index)], {tuple(rest): change})
        if not self._is_touched or same(self._entries, self._given or []):
            return {}
        return {self.path: self._entries or (ABSENT if self._given is not None else [])}

    def _grown(self) -> None:
        self._collect()
        if not self._is_touched and isinstance(self._given, dict):
            self._entries = [dict(self._given)]
        self._is_touched = True
        self._entries.append({})
        self._drawn()
        self._on_change()

    def _shrunk(self, index: int) -> None:
        self._collect()
        del self._entries[index]
        self._drawn()
        self._on_change()

    def _collect(self) -> None:
        """Keep what was typed before the entries move."""
        _ = self.changes

    def _drawn(self) -> None:
        self.controls = []
        self._box.children = [self._entry(index, entry) for index, entry in enumerate(self._entries)]

    def _entry(self, index: int, entry: Any) -> Any:
        """Show an entry; what is none cannot be edited, and stays as it is until somebody removes it."""
        made = [
            control(each, (*self.path, index, each.name), entry.get(each.name), self._on_change, is_entry=True)
            for each in (self.field.inner if isinstance(entry, dict) else ())
        ]
        self.controls += made
        said = Markup("<p>{} {} is no entry, and stays as it is.</p>").format(self.field.name, index + 1)
        shown = [each.widget for each in made] or [widgets.HTML(str(said))]
        remove = widgets.Button(description=f"Remove {self.field.name} {index + 1}", icon="trash", layout=widgets.Layout(width="auto"))
        remove.on_click(lambda _button: self._shrunk(index))
        row = widgets.Layout(width="100%", display="flex", flex_flow="row wrap", align_items="flex-start")
        box = widgets.Box([*shown, remove], layout=row)
        box.add_class("inner")
        box.add_class("entry")
        return box


class Keys:
    """Show keys of one section under its name."""

    def __init__(self, title: str, fields: Iterable[Field], values: Any, on_change: Callable[[], None]) -> None:
        self.parts: list[Optional | Entries] = []
        self.single: list[Control] = []
        shown: list[Any] = [widgets.HTML(str(Markup("<h4>{}</h4>").format(title)))]
        for field in fields:
            given = found(values, field.path)
            if field.kind in {"section", "entries"}:
                part = (Optional if field.kind == "section" else Entries)(field, given, on_change)
                self.parts.append(part)
                shown.append(part.widget)
            else:
                self.single.append(control(field, field.path, given, on_change))
                shown.append(self.single[-1].widget)
        self.widget = widgets.VBox(shown, layout=WHOLE)

    @property
    def controls(self) -> list[Control]:
        """List every control, those inside sections too."""
        return [*self.single, *(each for part in self.parts for each in part.controls)]

    @property
    def changes(self) -> dict[Path_, Any]:
        """List what is to be written."""
        alone: dict[Path_, Any] = {each.path: each.change for each in self.single}
        together = {path: change for part in self.parts for path, change in part.changes.items()}
        return {path: change for path, change in {**alone, **together}.items() if change is not None or isinstance(change, Absent)}

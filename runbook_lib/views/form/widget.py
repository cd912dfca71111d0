"""The whole form: the keys of a stage, what is wrong with the file as it would be, what would change, and Save."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets
from markupsafe import Markup

from runbook_lib.errors import RunbookError
from runbook_lib.parameters.editing import new_problems
from runbook_lib.parameters.fields import fields
from runbook_lib.parameters.reading import dotted
from runbook_lib.views.form.controls import WHOLE, Control
from runbook_lib.views.form.sections import Keys
from runbook_lib.views.live.tools import keeper
from runbook_lib.views.style import form_stylesheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.errors import Problem
    from runbook_lib.parameters.editing import ParameterFile
    from runbook_lib.parameters.fields import Field
    from runbook_lib.views.shown import ParameterForm

SAVED = "Saved. This notebook still works with the file as it was: run the cell under Open again, and those below it."
"""What a stage that was opened before has to be told."""


class FormWidget:
    """Let somebody edit the keys of a form, and save them."""

    def __init__(self, form: ParameterForm) -> None:
        if form.file is None:
            raise ValueError("a form without a file cannot be edited")
        self._form, self.file = form, form.file
        self.save = widgets.Button(description="Save", button_style="primary", icon="save", layout=widgets.Layout(width="auto"))
        self.discard = widgets.Button(description="Discard changes", icon="undo", layout=widgets.Layout(width="auto"))
        self.save.on_click(lambda _button: self._save())
        self.discard.on_click(lambda _button: self._built("Discarded."))
        self.state = widgets.HTML(layout=WHOLE)
        self.difference = widgets.HTML(layout=WHOLE)
        self._body = widgets.VBox(layout=WHOLE)
        style = widgets.HTML(f"<style>{form_stylesheet()}</style>", layout=widgets.Layout(display="none"))
        foot = widgets.VBox([widgets.HBox([self.save, self.discard]), self.state, self.difference], layout=WHOLE)
        foot.add_class("foot")
        self.widget = widgets.VBox([style, self._body, foot, keeper()], layout=WHOLE)
        self.widget.add_class("rb-form")
        self.text = self.file.text
        self._sections: list[Keys] = []
        self._built("")

    @property
    def controls(self) -> list[Control]:
        """List every control."""
        return [each for section in self._sections for each in section.controls]

    def _built(self, said: str) -> None:
        """Make every control anew from the file as it was read."""
        values = self.file.values
        groups: dict[str, list[Field]] = {}
        for each in fields(self._form.keys):
            groups.setdefault(".".join(each.path[:-1]), []).append(each)
        self._sections = [Keys(title or "General", group, values, self._changed) for title, group in groups.items()]
        self._body.children = [each.widget for each in self._sections]
        self._before = self.file.problems(self.file.text)
        self._changed(said)

    def _changed(self, said: str = "") -> None:
        """Hold what was typed against the schema and the rules, and show what comes of it."""
        changes = {path: change for section in self._sections for path, change in section.changes.items()}
        flaws = [each for each in self.controls if each.flaw]
        try:
            self.text = self.file.edited(changes)
            problems = self.file.problems(self.text)
        except RunbookError as error:
            self.text, problems = self.file.text, ()
            said = str(error)
        fresh = new_problems(self._before, problems)
        elsewhere = self._placed(problems)
        is_changed = self.text != self.file.text
        self.save.disabled = not is_changed or bool(fresh or flaws)
        self.discard.disabled = not is_changed
        self.state.value = str(self._said(said, elsewhere, problems, is_changed=is_changed))
        # What is new and wrong may be a secret that was pasted: it is not shown again.
        self.difference.value = str(_difference(self.file, self.text)) if is_changed and not fresh else ""

    def _placed(self, problems: Iterable[Problem]) -> list[Problem]:
        """Put each problem beside its control, and give those that have none here."""
        left = list(problems)
        for each in self.controls:
            name = dotted(each.path)
            own = [problem for problem in left if problem.field == name or problem.field.startswith(f"{name}[")]
            left = [problem for problem in left if problem not in own]
            each.show(own)
        return left

    def _said(self, said: str, elsewhere: list[Problem], problems: tuple[Problem, ...], *, is_changed: bool) -> Markup:
        if self.save.disabled and is_changed:
            what = "Not to be saved yet: mend what is marked."
        elif is_changed:
            what = "Changed, not saved. The lines below are what Save writes."
        else:
            what = said or ("The file is valid." if not problems else "The file is not valid yet.")
        lines = Markup("").join(Markup("<li>line {}: {}</li>").format(each.line, str(each)) for each in elsewhere)
        listed = Markup('<p>Elsewhere in {}:</p><ul class="bad">{}</ul>').format(self.file.path.name, lines) if elsewhere else ""
        return Markup('<p role="status">{}</p>{}').format(what, listed)

    def _save(self) -> None:
        try:
            self.file = self.file.save(self.text)
        except (RunbookError, OSError) as error:
            self.state.value = str(Markup('<p role="alert" class="bad">{}</p>').format(str(error)))
            return
        self._built(SAVED if self._form.is_opened else "Saved.")


def _difference(file: ParameterFile, text: str) -> Markup:
    signs = {"+": Markup("<ins>{}</ins>"), "-": Markup("<del>{}</del>"), "@": Markup("<hr><span hidden>{}</span>")}
    lines = Markup("").join(signs.get(line[:1], Markup("<span>{}</span>")).format(line) for line in file.difference(text))
    return Markup('<p>What Save changes in {}:</p><pre tabindex="0">{}</pre>').format(file.path.name, lines)

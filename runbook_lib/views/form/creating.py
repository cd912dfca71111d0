"""Ask, in the words of people, what a new parameter file needs, and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import ipywidgets as widgets
from markupsafe import Markup

from runbook_lib.errors import InvalidParameters, Problem, RunbookError
from runbook_lib.parameters.creation import Answers, create, nearest, text
from runbook_lib.parameters.editing import problems_of
from runbook_lib.parameters.fields import Field
from runbook_lib.views.blocks import counted
from runbook_lib.views.form.controls import WHOLE, Control, control
from runbook_lib.views.live.tools import keeper
from runbook_lib.views.style import form_stylesheet

if TYPE_CHECKING:
    from runbook_lib.parameters.creation import Question
    from runbook_lib.parameters.fields import Kind
    from runbook_lib.views.shown import Creation

MISSING = ("is missing", "needs either", "needs user")
"""How problems begin that an empty answer has: nothing is wrong, something is still to be found out."""


class CreationWidget:
    """Ask the questions, show what is missing while somebody answers, and write the file once."""

    def __init__(self, creation: Creation) -> None:
        self._creation = creation
        hints = get_type_hints(Answers)
        self.controls = [control(_field(each, hints[each.name]), (each.name,), None, self._changed) for each in creation.questions]
        self.write = widgets.Button(button_style="primary", icon="file", layout=widgets.Layout(width="auto", align_self="flex-start"))
        self.write.on_click(lambda _button: self._write())
        self.state, self.preview = widgets.HTML(layout=WHOLE), widgets.HTML(layout=WHOLE)
        style = widgets.HTML(f"<style>{form_stylesheet()}</style>", layout=widgets.Layout(display="none"))
        controls = [each.widget for each in self.controls]
        self.widget = widgets.VBox([style, *controls, self.write, self.state, self.preview, keeper()], layout=WHOLE)
        self.widget.add_class("rb-form")
        self._changed()

    @property
    def answers(self) -> Answers:
        """Give what was answered so far."""
        given: dict[str, Any] = {each.field.name: each.value for each in self.controls}
        return Answers(**{**given, "schemas": tuple(given["schemas"])})

    def _changed(self) -> None:
        answers = self.answers
        self.write.description = f"Write parameters/{answers.name or 'NAME'}.yaml"
        try:
            made = text(answers, self._creation.folder)
        except RunbookError as error:
            self.state.value = str(Markup('<p role="alert" class="bad">{}</p>').format(str(error)))
            return
        problems = problems_of("parameters", made)
        left = [each for each in problems if not self._placed(each)]
        for each in self.controls:
            each.show(self._own(each, problems))
        rest = f"{counted(len(problems), 'answer')} missing or wrong." if problems else "The file will be valid."
        said = f"Nearest: {nearest(answers)}. {rest}"
        lines = Markup("").join(Markup("<li>{}</li>").format(str(each)) for each in left)
        self.state.value = str(Markup('<p role="status">{}</p><ul>{}</ul>').format(said, lines))
        is_shown = all(each.what.startswith(MISSING) for each in problems)
        shown = Markup('<details><summary>The file as it will be</summary><pre tabindex="0">{}</pre></details>').format(made)
        self.preview.value = str(shown) if is_shown else ""

    def _own(self, asked: Control, problems: tuple[Problem, ...]) -> list[Problem]:
        """Give the problems of an answer; what was not answered is no mistake yet."""
        keys = next(each.keys for each in self._creation.questions if each.name == asked.field.name)
        return [each for each in problems if each.field.startswith(keys) and not each.what.startswith(MISSING)]

    def _placed(self, problem: Problem) -> bool:
        return any(self._own(each, (problem,)) for each in self.controls)

    def _write(self) -> None:
        try:
            path = create(self.answers, self._creation.folder)
        except (InvalidParameters, OSError) as error:
            self.state.value = str(Markup('<p role="alert" class="bad">{}</p>').format(str(error)))
            return
        problems = problems_of(path.name, path.read_text("utf-8"))
        lines = Markup("").join(Markup("<li>line {}: {}</li>").format(each.line, str(each)) for each in problems)
        said = f'Written: {path.name}. Now choose it: start.choose("{path.stem}"), in the cell below.'
        todo = Markup("<p>Still to be found out; the form below the choice takes it:</p><ul>{}</ul>").format(lines) if problems else ""
        self.state.value = str(Markup('<p role="status">{}</p>{}').format(said, todo))


def _field(question: Question, hint: Any) -> Field:
    words = get_args(hint)
    standing = getattr(Answers(), question.name)
    kind: Kind = "switch" if hint is bool else "texts" if isinstance(standing, tuple) else "choice" if words else "text"
    choices = words if kind == "choice" else ()
    default = list(standing) if isinstance(standing, tuple) else standing
    return Field((question.name,), kind, question.words, "", default, choices=choices)

"""Ask, in the words of people, what a new parameter file needs, and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import ipywidgets as widgets
from markupsafe import Markup

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters.answers import Answers
from runbook_lib.parameters.creation import create, text
from runbook_lib.parameters.editing import problems_of
from runbook_lib.parameters.fields import Field
from runbook_lib.parameters.namesakes import About, namesakes, neighbours, shared
from runbook_lib.parameters.questions import asked, concerns, unanswered
from runbook_lib.views.blocks import counted
from runbook_lib.views.form.controls import WHOLE, control
from runbook_lib.views.live.tools import keeper
from runbook_lib.views.style import form_stylesheet

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.parameters.answers import Question
    from runbook_lib.parameters.fields import Kind
    from runbook_lib.views.shown import Creation

MISSING = ("is missing", "needs either", "needs user")
"""How problems begin that an empty answer has: nothing is wrong, something is still to be found out."""
BEGIN = "Answer what you know; nothing is written before you press the button. What you leave open can be filled in later."


class CreationWidget:
    """Ask the questions that arise, tell beside each what is wrong with its answer, and write the file once."""

    def __init__(self, creation: Creation) -> None:
        self._creation, self._neighbours = creation, neighbours(creation.folder)
        hints = get_type_hints(Answers)
        self.controls = [
            control(_field(each, hints[each.name]), ("answers", each.name), None, self._changed) for each in creation.questions
        ]
        self.write, self.choose = (widgets.Button(layout=widgets.Layout(width="auto"), icon=icon) for icon in ("file", "check"))
        self.write.button_style, self.choose.layout.display = "primary", "none"
        self.write.on_click(lambda _button: self._write())
        self.choose.on_click(lambda _button: self._choose())
        self.state, self.preview = widgets.HTML(layout=WHOLE), widgets.HTML(layout=WHOLE)
        style = widgets.HTML(f"<style>{form_stylesheet()}</style>", layout=widgets.Layout(display="none"))
        self.questions = widgets.VBox(layout=WHOLE)
        foot = widgets.VBox([widgets.HBox([self.write, self.choose]), self.state, self.preview], layout=WHOLE)
        foot.add_class("foot")
        self.widget = widgets.VBox([style, self.questions, foot, keeper()], layout=WHOLE)
        self.widget.add_class("rb-form")
        self._made: Path | None = None
        self._show(problems=(), said=BEGIN)

    @property
    def answers(self) -> Answers:
        """Give what was answered so far."""
        given: dict[str, Any] = {each.field.name: each.value for each in self.controls}
        return Answers(**{**given, "schemas": tuple(given["schemas"])})

    def _changed(self) -> None:
        answers = self.answers
        made = text(answers)
        wrong = tuple(each for each in problems_of("parameters", made) if not each.what.startswith(MISSING))
        still = unanswered(answers)
        mended = f"{counted(len(wrong), 'answer')} to be mended. " if wrong else ""
        left = f"Still open: {', '.join(each.label for each in still)}." if still else "" if wrong else "The file will be valid."
        self._show(wrong, f"{mended}{left}")
        shown = Markup('<details><summary>The file as it will be</summary><pre tabindex="0">{}</pre></details>').format(made)
        # What is wrong may be a secret that was pasted: it is not shown again.
        self.preview.value = "" if wrong else str(shown)

    def _show(self, problems: tuple[Problem, ...], said: str) -> None:
        """Put each problem beside the question that it concerns, and list those that concern none."""
        answers = self.answers
        arising = asked(answers)
        owners = [(concerns(each.field, arising), each) for each in problems]
        others = namesakes(About("", answers.name), self._neighbours)
        for each in self.controls:
            each.reminder = f"This name {shared(others)}." if others and each.field.name == "name" else ""
            each.show([problem for owner, problem in owners if owner is not None and owner.name == each.field.name])
        controls = {each.field.name: each for each in self.controls}
        self.questions.children = [controls[each.name].widget for each in arising]
        self.write.description = f"Write parameters/{answers.name or 'NAME'}.yaml"
        lines = Markup("").join(Markup("<li>{}</li>").format(str(each)) for owner, each in owners if owner is None)
        self.state.value = str(Markup('<p role="status">{}</p><ul>{}</ul>').format(said, lines))

    def _write(self) -> None:
        answers = self.answers
        try:
            path = create(answers, self._creation.folder)
        except (InvalidParameters, OSError) as error:
            self.state.value = str(Markup('<p role="alert" class="bad">{}</p>').format(str(error)))
            return
        self._made = path
        left = ", ".join(each.label for each in unanswered(answers))
        todo = f" Still to be found out: {left}; the form takes it, or the file itself." if left else ""
        said = f"Written: {path.name}.{todo} It is in the list under Choose now."
        self.state.value = str(Markup('<p role="status">{}</p>').format(said))
        self.choose.description, self.choose.layout.display = f"Choose {path.stem}", ""
        self._creation.offer(path)

    def _choose(self) -> None:
        if self._made is not None:
            self._creation.choose(self._made)


def _field(question: Question, hint: Any) -> Field:
    words = get_args(hint)
    standing = getattr(Answers(), question.name)
    kind: Kind = "switch" if hint is bool else "texts" if isinstance(standing, tuple) else "choice" if question.choices else "text"
    kind = "secret" if question.name == "admin_password" else kind
    default = list(standing) if isinstance(standing, tuple) else standing
    choices = words if kind == "choice" else ()
    return Field(
        ("answers", question.name), kind, question.words, "", default, choices=choices, label=question.label, words=question.choices
    )  # fmt: skip

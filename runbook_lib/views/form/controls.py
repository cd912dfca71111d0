"""One control for one key: the kind that its type wants, with its label, its words and a place for what is wrong."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from markupsafe import Markup, escape

from runbook_lib import place
from runbook_lib.parameters.editing import ABSENT
from runbook_lib.parameters.ledger import LEDGER
from runbook_lib.parameters.rewriting import same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.errors import Problem
    from runbook_lib.parameters.fields import Field
    from runbook_lib.parameters.reading import Path_

WIDE, NARROW = "13em", "5em"
STYLE = {"description_width": WIDE}
SHARED, FULL = "1 1 18em", "1 1 100%"
"""How much of a line an entry's keys take: beside each other, or alone where a sentence goes."""
QUOTED = re.compile(r"""([\"']).*\1""")
WHOLE = widgets.Layout(width="100%", margin="0")
"""Shared, so that there are fewer parts to send; it stays open when a form is closed."""
SOURCES = (
    ("none", ""),
    ("a variable of this machine (env)", "env:"),
    ("Secrets Manager", "secretsmanager:"),
    ("Parameter Store (ssm)", "ssm:"),
    ("made and kept in Secrets Manager (generate)", "generate:secretsmanager:"),
    ("asked for by the kernel (prompt)", "prompt:"),
    ("asked for once and kept in Secrets Manager (prompt)", "prompt:secretsmanager:"),
)
"""Where a secret may be; there is no control for what it is."""
LINK = Markup('<a href="#" data-commandlinker-command="rendermime:handle-local-link" data-commandlinker-args="{}" title="{}">{}</a>')
"""What JupyterLab follows as it follows a link of a cell's output: a widget's own links it leaves to the browser."""
VARIABLE = "env:"
NOT_SET = (
    "No variable of this name is set here. That is fine if it is set where the notebooks run. If you typed the password itself, take it "
    "out: here goes the name of a variable that holds it."
)


class Control:
    """Show one key and say what somebody makes of it: `change` is a value, ABSENT, or None while nothing changed."""

    def __init__(self, field: Field, path: Path_, given: Any, on_change: Callable[[], None], *, is_entry: bool = False) -> None:
        self.field, self.path, self._given, self._on_change = field, path, given, on_change
        self._help = _sentence(field.means) if is_entry else Markup("{} {}").format(field.help, _rows(field))
        self.flaw = self.reminder = ""
        self._is_touched = False
        self.inputs = self._made(field.default if given is None else given)
        self._slot = widgets.HTML(layout=WHOLE)
        self._slot.add_class("slot")
        is_long = field.kind == "text" and field.takes == "a text"
        self.widget = widgets.VBox(
            [*self.inputs, self._slot], layout=widgets.Layout(flex=FULL if is_long else SHARED) if is_entry else WHOLE
        )
        self.widget.add_class("field")
        for each in self.inputs:
            each.style.description_width = NARROW if is_entry else WIDE
            each.observe(self._touched, "value")
        self.show(())

    @property
    def change(self) -> Any:
        """Give what is to be written; None while the file says it already."""
        if not self._is_touched:
            return None
        value = self.value
        if value in ("", [], {}) and (self.field.is_required or value == (self.field.default or value)):
            return None if self._given is None else ABSENT
        standing = self.field.default if self._given is None else self._given
        return None if same(value, standing) else value

    @property
    def value(self) -> Any:
        """Give what the control holds, without the quotation marks that only a file needs."""
        given = self.inputs[0].value
        return given.strip()[1:-1] if isinstance(given, str) and QUOTED.fullmatch(given.strip()) else given

    @property
    def note(self) -> str:
        """Say what is to be thought of, though it may be right; empty for nothing."""
        return self.reminder

    def show(self, problems: Sequence[Problem]) -> None:
        """Say beside the control what is wrong and the way out, else what is to be thought of, else what the key means."""
        wrong = self.flaw or "; ".join(f"{each.what}; {_bare(each.way_out)}" for each in problems)
        tone, sign = ("bad", "\N{BALLOT X} ") if wrong else ("help", "\N{BLACK RIGHT-POINTING TRIANGLE} " if self.note else "")
        said = Markup('<span class="{}" role="status">{}{}</span>').format(tone, sign, wrong or self.note or self._help)
        if self._slot.value != said:
            self._slot.value = str(said)

    def enable(self, *, is_on: bool) -> None:
        """Let the control be used, or not."""
        for each in self.inputs:
            each.disabled = not is_on

    def touch(self) -> None:
        """Take what is shown for what somebody wants."""
        self._is_touched = True

    def _touched(self, _event: object) -> None:
        self._is_touched = True
        self._on_change()

    def _made(self, value: Any) -> list[Any]:
        return [widgets.Text(value="" if value is None else str(value), **_labelled(self.field))]


class Choice(Control):
    """Choose one of the words that a key takes; one that it does not take stays until another is chosen."""

    def _made(self, value: Any) -> list[Any]:
        words = list(dict.fromkeys((*(() if value in self.field.choices else (str(value),)), *self.field.choices)))
        options = [(self.field.words.get(each, str(each)), each) for each in words]
        return [widgets.Dropdown(options=options, value=value if value in words else words[0], **_labelled(self.field))]


class Switch(Control):
    """Set a key true or false."""

    def _made(self, value: Any) -> list[Any]:
        made = widgets.Checkbox(value=value is True, indent=True, **_labelled(self.field))
        return [made]


class Number(Control):
    """Set a number within its bounds."""

    def _made(self, value: Any) -> list[Any]:
        low, high = self.field.bounds
        if isinstance(value, int) and not low <= value <= high:
            # What the file says is shown as it is; the problem stands beside it.
            return [widgets.IntText(value=value, **_labelled(self.field))]
        return [widgets.BoundedIntText(value=value if isinstance(value, int) else low, min=low, max=high, **_labelled(self.field))]


class Secret(Control):
    """Say where a secret is: of which kind the place is, and its name."""

    @property
    def value(self) -> Any:
        """Write the reference."""
        source, name = (str(each.value) for each in self.inputs)
        return f"{source}{name.strip()}" if source else ""

    @property
    def note(self) -> str:
        """Tell of a variable that is not set here: it may be set elsewhere, or be no variable's name at all."""
        source, name = (str(each.value) for each in self.inputs)
        return NOT_SET if source == VARIABLE and name.strip() and not os.environ.get(name.strip()) else ""

    def _made(self, value: Any) -> list[Any]:
        text = value if isinstance(value, str) else ""
        prefix = next((prefix for _, prefix in reversed(SOURCES) if prefix and text.startswith(prefix)), "")
        where = widgets.Dropdown(options=SOURCES, value=prefix, **_labelled(self.field))
        # What is no reference may be the secret itself: it is not shown again.
        name = widgets.Text(
            value=text.removeprefix(prefix) if prefix else "",
            **_labelled(self.field, "Its name" if self.field.label else f"{self.field.name}: name"),
        )
        name.placeholder = "the name of the place, never the secret itself"
        return [where, name]


class Texts(Control):
    """Set a list of texts, one a line."""

    @property
    def value(self) -> Any:
        """Give the lines that are not empty."""
        return [line.strip() for line in str(self.inputs[0].value).splitlines() if line.strip()]

    def _made(self, value: Any) -> list[Any]:
        lines = [str(each) for each in value] if isinstance(value, list) else []
        return [_area(self.field, lines, "one a line")]


class Pairs(Control):
    """Set a section of names and texts, one pair a line."""

    @property
    def value(self) -> Any:
        """Read the lines."""
        pairs = [line.partition(":") for line in str(self.inputs[0].value).splitlines() if line.strip()]
        wrong = next((name for name, colon, _ in pairs if not colon), "")
        self.flaw = f"the line {wrong.strip()} has no colon; write NAME: VALUE" if wrong else ""
        return {name.strip(): text.strip() for name, _, text in pairs}

    def _made(self, value: Any) -> list[Any]:
        lines = [f"{name}: {text}" for name, text in value.items()] if isinstance(value, dict) else []
        return [_area(self.field, lines, "NAME: VALUE, one a line")]


class Statements(Control):
    """Set a list of policy statements, as JSON."""

    @property
    def value(self) -> Any:
        """Read the JSON; what is none stays what it was."""
        text = str(self.inputs[0].value).strip()
        try:
            found = json.loads(text) if text else []
        except ValueError as error:
            self.flaw = f"is not JSON ({error}); write a list of statements: [{{...}}]"
            return self._given or []
        self.flaw = ""
        return found if isinstance(found, list) else [found]

    def _made(self, value: Any) -> list[Any]:
        return [_area(self.field, json.dumps(value, indent=2).splitlines() if value else [], "a list of IAM statements, as JSON")]


KINDS: dict[str, type[Control]] = {
    "choice": Choice, "switch": Switch, "number": Number, "secret": Secret, "texts": Texts, "pairs": Pairs, "statements": Statements,
}  # fmt: skip


def control(field: Field, path: Path_, given: Any, on_change: Callable[[], None], *, is_entry: bool = False) -> Control:
    """Make the control that a key's type wants."""
    return KINDS.get(field.kind, Control)(field, path, given, on_change, is_entry=is_entry)


def _bare(way_out: str) -> str:
    """Show examples without the quotation marks that a file needs."""
    return re.sub(r'"([^"\s]+)"', r"\1", way_out)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _rows(field: Field) -> Markup:
    """Lead to the rows of the ledger that a key answers; JupyterLab opens the page that is served beside the notebooks."""
    links = (LINK.format(json.dumps({"path": place.LEDGER, "id": f"#{row}"}), LEDGER[row].claim, row) for row in field.rows)
    return Markup("Ledger: {}.").format(Markup(", ").join(links)) if field.rows else Markup("")


def _labelled(field: Field, label: str = "") -> dict[str, Any]:
    return {"description": str(escape(label or field.title)), "tooltip": field.means, "layout": WHOLE}


def _area(field: Field, lines: Sequence[str], placeholder: str) -> Any:
    return widgets.Textarea(value="\n".join(lines), placeholder=placeholder, rows=max(2, min(len(lines) + 1, 12)), **_labelled(field))

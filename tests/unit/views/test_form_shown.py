"""The form of a parameter file is shown where somebody looks, in the place of the one before; elsewhere there is the table alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter
from ipywidgets.widgets.widget import _instances

from runbook_lib import place, views
from runbook_lib.parameters.editing import ParameterFile
from runbook_lib.runbook.start import Start
from runbook_lib.views import live
from runbook_lib.views.form import display
from runbook_lib.views.form.frame import Frame
from runbook_lib.views.form.widget import FormWidget
from runbook_lib.views.shown import ParameterForm
from tests.unit.views.forms import form, path

__all__ = ["path"]


def test_without_a_file_there_is_only_the_table(path: Path) -> None:
    """What papermill handed in is shown and not edited."""
    shown = ParameterForm("Storage", "the given values", ("buckets",), ParameterFile.read(path).values)

    assert display._form(shown) is None
    assert "tonic-legacy-kms-source" in views.text(shown)
    with pytest.raises(ValueError, match="cannot be edited"):
        FormWidget(shown)


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_controls_are_shown_only_where_somebody_looks(path: Path, is_looked_at: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter's server names the session: there the table is kept, folded, and the controls follow; headlessly the table is all."""
    import IPython

    published: list[Any] = []
    made: Any = DisplayFormatter()
    shell = SimpleNamespace(
        display_formatter=made, set_custom_exc=lambda *_words: None,
        display_pub=SimpleNamespace(publish=lambda *bundle, **_place: published.append(bundle[0])),
    )  # fmt: skip
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(live, "has_front_end", lambda: is_looked_at)
    views.register()

    bundle, _ = made.format(form(path, "buckets"))

    if is_looked_at:
        kept, shown = published
        assert {} == bundle
        assert "<details>" in kept["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in shown
    else:
        assert {"text/html", "text/markdown", "text/plain"} == set(bundle)
        assert [] == published


def test_a_form_that_is_shown_again_leaves_no_control_of_the_former(path: Path) -> None:
    """What is open in the kernel does not grow: a page that is loaded anew asks for all of it."""
    made: Any = DisplayFormatter()
    shell = SimpleNamespace(display_formatter=made, display_pub=SimpleNamespace(publish=lambda *_bundle, **_place: None))
    counts = []
    for _ in range(2):
        display.show(shell, form(path, "buckets", "adopt", "worker"))
        counts.append(len(_instances))

    assert counts[0] == counts[1]


class Shell:
    """Stand in for a kernel's shell, and remember what is published: whether it takes the place of another, and what it says."""

    def __init__(self) -> None:
        self.display_formatter = DisplayFormatter()
        self.display_pub = SimpleNamespace(publish=self._publish)
        self.published: list[tuple[bool, str, str]] = []

    def _publish(self, bundle: Any, _metadata: Any, *, transient: Any, update: bool) -> None:
        self.published.append((update, transient["display_id"], bundle.get("text/html", "widget")))

    @property
    def frame(self) -> Frame:
        """Give the place of the form."""
        return display._SHOWN[ParameterForm][0]

    @property
    def labels(self) -> list[str]:
        """List the buttons of the form that is shown."""
        return [button.description for form in self.frame.inside.children for button in form.children[2].children[0].children]


@pytest.fixture
def shell(path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Look at a checkout with a valid file and one that cannot be read."""
    shell = Shell()
    folder = path.parent / "parameters"
    folder.mkdir()
    shutil.copy(path, folder / "valid.yaml")
    (folder / "broken.yaml").write_text("environment: [", "utf-8")
    monkeypatch.setenv("RUNBOOK_HOME", str(path.parent))
    monkeypatch.setattr(display, "_SHOWN", {})
    monkeypatch.setattr(live, "has_front_end", lambda: True)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    return shell


def test_a_valid_choice_puts_its_form_where_a_broken_file_was_told(path: Path, shell: Shell) -> None:
    """The form's cell, first run on a file that cannot be read, says what is wrong; the form stands there once another one is chosen."""
    folder = path.parent / "parameters"
    place.choose(folder / "broken.yaml")
    start = Start({})

    assert start.form() is None
    assert [(False, True), (False, False)] == [(each[0], "broken.yaml" in each[2]) for each in shell.published]
    start._choose(str(folder / "valid.yaml"))

    (told,) = shell.published[2:]
    assert ((True, shell.published[0][1]), True) == (told[:2], "valid.yaml" in told[2])
    assert "Edit valid.yaml in a form" == shell.frame.toggle.description


def test_a_folded_form_is_made_when_it_is_opened_and_stays_open(path: Path, shell: Shell) -> None:
    """The start page does not wait for it; whoever opened it and chooses another environment goes on with that one's form."""
    folder = path.parent / "parameters"
    shutil.copy(path, folder / "other.yaml")
    place.choose(folder / "valid.yaml")
    start = Start({})
    display.show(shell, start.form())
    assert ([], "none") == (shell.labels, shell.frame.inside.layout.display)

    shell.frame.toggle.value = True
    assert (["Save", "Discard changes"], None) == (shell.labels, shell.frame.inside.layout.display or None)
    start._choose(str(folder / "other.yaml"))

    assert (["Save", "Discard changes"], "Edit other.yaml in a form") == (shell.labels, shell.frame.toggle.description)


def test_another_file_takes_the_place_of_the_one_that_is_shown(path: Path, shell: Shell) -> None:
    """Its form stands where the former one stood, also after a file that cannot be read; where none is shown, nothing is."""
    other = path.with_name("other.yaml")
    shutil.copy(path, other)
    display.redraw(shell, form(other))
    assert [] == shell.published

    display.show(shell, form(path))
    (former,) = shell.frame.inside.children
    display.redraw(shell, form(other))

    assert [False, False, True] == [each[0] for each in shell.published]
    assert [shell.published[0][1], "other.yaml" in shell.published[2][2]] == [shell.published[2][1], True]
    assert (1, False) == (len(shell.frame.inside.children), former in shell.frame.inside.children)

    display.withdraw(shell, ParameterForm)
    assert ((True, ""), []) == ((shell.published[3][0], shell.published[3][2]), list(shell.frame.inside.children))
    display.redraw(shell, form(path))

    assert ("some.yaml" in shell.published[4][2], 1) == (True, len(shell.frame.inside.children))


def test_the_table_leads_to_the_ledger_where_its_page_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside working copies each row is a link; elsewhere, and as text, its number alone."""
    file = ParameterFile.read(path)
    value = ParameterForm("Storage", path.name, ("buckets",), file.values, file)
    elsewhere = views.html(value)
    monkeypatch.setattr(place, "page", lambda name: f"../{name}")

    assert "ledger.md" not in elsewhere
    assert '<a href="../ledger.md#A4">A4</a>' in views.html(value)
    assert "[A4](../ledger.md#A4)" in views.markdown(value)
    assert "ledger.md" not in views.text(value)

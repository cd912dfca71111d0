"""The form of a parameter file: controls by type, problems beside them, what would change, and Save."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import ipywidgets
import pytest
from IPython.core.formatters import DisplayFormatter
from ipywidgets.widgets.widget import _instances

from runbook_lib import place, views
from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.editing import ParameterFile
from runbook_lib.parameters.fields import fields
from runbook_lib.parameters.load import load
from runbook_lib.runbook.start import GENERAL, Start
from runbook_lib.stages import all_stages
from runbook_lib.views import live
from runbook_lib.views.form import display
from runbook_lib.views.form.frame import Frame
from runbook_lib.views.form.sections import Entries, Optional
from runbook_lib.views.form.widget import SAVED, FormWidget
from runbook_lib.views.shown import ParameterForm
from tests.machine import ROOT

Part = TypeVar("Part")
KEYS = tuple(key for key in described.keys(Environment) if key not in {"version", "environment"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Copy a file with comments in it."""
    copied = tmp_path / "some.yaml"
    shutil.copy(ROOT / "parameters" / "example-legacy-kms.yaml", copied)
    return copied


def form(path: Path, *keys: str) -> ParameterForm:
    """Hold some keys of a file."""
    file = ParameterFile.read(path)
    return ParameterForm("Storage", path.name, keys or KEYS, file.values, file)


def control(widget: FormWidget, key: str) -> Any:
    """Find the control of a key."""
    return next(each for each in widget.controls if ".".join(str(part) for part in each.path) == key)


def type_in(widget: FormWidget, key: str, *values: Any) -> None:
    """Set what a control holds, as somebody who types does."""
    for each, value in zip(control(widget, key).inputs, values, strict=True):
        each.value = value


def parts(widget: FormWidget, kind: type[Part]) -> list[Part]:
    """Find the sections of one kind."""
    return [part for section in widget._sections for part in section.parts if isinstance(part, kind)]


def slot(widget: FormWidget, key: str) -> str:
    """Read what stands beside a control."""
    return str(control(widget, key).widget.children[-1].value)


def test_every_key_of_the_schema_is_in_a_form() -> None:
    """What a file may hold is set on the start page or in a stage, but for its version and its environment's name."""
    asked = {key for stage in all_stages() for key in stage.keys} | set(GENERAL)
    shown = {field.path for field in fields(asked)}

    assert [] == [".".join(each.path) for each in fields(KEYS) if each.path not in shown]


def test_every_key_has_the_control_of_its_type(path: Path) -> None:
    """Words are chosen, switches are switched, numbers are bounded; nothing at all takes a password."""
    widget = FormWidget(form(path))
    kinds = {
        "choice": ipywidgets.Dropdown, "switch": ipywidgets.Checkbox, "number": ipywidgets.BoundedIntText, "secret": ipywidgets.Dropdown,
        "texts": ipywidgets.Textarea, "pairs": ipywidgets.Textarea, "statements": ipywidgets.Textarea, "text": ipywidgets.Text,
    }  # fmt: skip

    for each in widget.controls:
        assert type(each.inputs[0]) is kinds[each.field.kind], each.path
        assert all(one.description and one.tooltip for one in each.inputs)
        assert not any(isinstance(one, ipywidgets.Password) for one in each.inputs)
    timeout = control(widget, "worker.timeout").inputs[0]
    assert (1, 900, 30) == (timeout.min, timeout.max, timeout.value)


def test_help_says_what_the_ledger_asks_for(path: Path) -> None:
    """Beside a control stands what its key means, and a link to the row that it answers; a key that answers none has no link."""
    widget = FormWidget(form(path))

    said = slot(widget, "buckets.source.name")

    assert "starts with tonic-" in said
    assert re.search(r"&#34;path&#34;: &#34;ledger.md&#34;, &#34;id&#34;: &#34;#A4&#34;.* title=.Source and destination bucket exist", said)
    assert [] == [key for key in ("buckets.source.path", "buckets.retention_days", "aws.account") if "Ledger" in slot(widget, key)]


def test_quotation_marks_that_only_a_file_needs_are_taken_off(path: Path) -> None:
    """The example beside a wrong account is shown as it is typed, and one that was copied with its marks is taken all the same."""
    widget = FormWidget(form(path, "aws"))

    type_in(widget, "aws.account", "12")
    assert "write for example 111122223333 (" in slot(widget, "aws.account")
    type_in(widget, "aws.account", '"444455556666"')

    assert (False, 1) == ('class="bad"' in slot(widget, "aws.account"), widget.text.count('account: "444455556666"'))


def test_an_entry_explains_its_keys_and_has_a_line_for_a_sentence(path: Path) -> None:
    """What a confirmation is made of is said beside it; its note goes over the whole width."""
    widget = FormWidget(form(path, "confirmations"))

    assert "Row of the ledger that is vouched for." in slot(widget, "confirmations.0.row")
    assert ["1 1 18em", "1 1 100%"] == [control(widget, f"confirmations.0.{key}").widget.layout.flex for key in ("row", "note")]


def test_an_untouched_form_changes_nothing(path: Path) -> None:
    """Nothing is to be saved, and nothing is said to be wrong."""
    widget = FormWidget(form(path))

    assert widget.save.disabled
    assert widget.discard.disabled
    assert "" == widget.difference.value
    assert "The file is valid" in widget.state.value


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("confirmations", "confirmations: [H1]"),
        ("confirmations", "confirmations: H1"),
        ("approval_days", "approval_days: 9999"),
        ("signing", "signing: evidence.pem"),
        ("signing", "signing: [evidence.pem]"),
    ],
)
def test_what_is_wrong_stays_until_somebody_touches_it(path: Path, key: str, wrong: str) -> None:
    """A list or a section that is something else, and a number out of bounds, are shown as mistakes, and nothing is to be saved."""
    lines, is_skipped = [], False
    for line in path.read_text("utf-8").splitlines():
        is_skipped = line.startswith(f"{key}:") or (is_skipped and line.startswith((" ", "-")))
        lines += [] if is_skipped else [line]
    path.write_text("\n".join([*lines, wrong, ""]), "utf-8")

    widget = FormWidget(form(path))

    assert (True, "", path.read_text("utf-8")) == (widget.save.disabled, widget.difference.value, widget.text)
    assert "The file is valid" not in widget.state.value


def test_a_variable_that_is_not_set_is_told_and_is_no_mistake(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be set where the notebooks run, or be the password itself: a note asks, and Save stays open."""
    monkeypatch.setenv("SET_HERE", "Sesame-0pen")
    monkeypatch.delenv("hunter2Hunter2", raising=False)
    widget = FormWidget(form(path, "source"))

    type_in(widget, "source.user.password", "env:", "hunter2Hunter2")

    assert "No variable of this name is set here" in slot(widget, "source.user.password")
    assert ('class="bad"' in slot(widget, "source.user.password"), widget.save.disabled) == (False, False)

    type_in(widget, "source.user.password", "env:", "SET_HERE")

    assert "No variable" not in slot(widget, "source.user.password")


def test_a_problem_stands_beside_its_field_while_typing(path: Path) -> None:
    """What is wrong is told with the way out, Save is closed, and both go when it is mended."""
    widget = FormWidget(form(path, "buckets", "worker"))

    type_in(widget, "buckets.source.name", "acme-source")

    assert "tonic-" in slot(widget, "buckets.source.name")
    assert 'class="bad"' in slot(widget, "buckets.source.name")
    assert widget.save.disabled
    assert "" == widget.difference.value

    type_in(widget, "buckets.source.name", "tonic-other")

    assert 'class="bad"' not in slot(widget, "buckets.source.name")
    assert not widget.save.disabled


def test_a_rule_across_keys_is_told_beside_the_key_that_breaks_it(path: Path) -> None:
    """A timeout above the queue's visibility is named at the visibility, also when that was not touched."""
    widget = FormWidget(form(path, "worker"))

    type_in(widget, "worker.timeout", 200)

    assert 'class="bad"' in slot(widget, "worker.sqs_visibility_timeout")
    assert widget.save.disabled


def test_a_problem_elsewhere_in_the_file_is_listed_and_does_not_close_save(path: Path) -> None:
    """Who mends one section is not held up by another one that was wrong before."""
    path.write_text(path.read_text("utf-8").replace("region: us-east-1", "region: us-east-1a"), "utf-8")
    widget = FormWidget(form(path, "buckets"))

    type_in(widget, "buckets.retention_days", 3)

    assert "aws.region" in widget.state.value
    assert not widget.save.disabled


def test_save_writes_the_file_and_says_to_open_the_stage_again(path: Path) -> None:
    """What would change is shown first; then it is what the file says, comments and all."""
    before = path.read_text("utf-8")
    widget = FormWidget(form(path, "buckets"))

    type_in(widget, "buckets.retention_days", 3)
    assert "<del>-  retention_days: 7</del>" in widget.difference.value
    assert "<ins>+  retention_days: 3</ins>" in widget.difference.value
    widget.save.click()

    assert before.replace("retention_days: 7", "retention_days: 3") == path.read_text("utf-8")
    assert SAVED in widget.state.value
    assert widget.save.disabled
    assert 3 == load(path).buckets.retention_days


def test_save_overwrites_nobody(path: Path) -> None:
    """Where somebody else wrote meanwhile, it says so and writes nothing."""
    widget = FormWidget(form(path, "buckets"))
    type_in(widget, "buckets.retention_days", 3)
    path.write_text(path.read_text("utf-8") + "# mine\n", "utf-8")

    widget.save.click()

    assert "changed by somebody else" in widget.state.value
    assert "retention_days: 7" in path.read_text("utf-8")


def test_discard_shows_the_file_again(path: Path) -> None:
    """What was typed goes."""
    widget = FormWidget(form(path, "buckets"))
    type_in(widget, "buckets.retention_days", 3)

    widget.discard.click()

    assert 7 == control(widget, "buckets.retention_days").inputs[0].value
    assert widget.save.disabled


@pytest.mark.parametrize(
    ("key", "values", "line"),
    [
        ("buckets.create", (False,), "create: false"),
        ("policy_style", ("scoped",), "policy_style: scoped"),
        ("source.port", (5440,), "port: 5440"),
        ("source.admin.password", ("ssm:", "/tonic/admin"), "password: ssm:/tonic/admin"),
        ("source.future_tables_of", ("etl\n\n loader ",), "future_tables_of:\n    - etl\n    - loader"),
        ("roles.tags", ("team: privacy\ncost centre: 12",), '  tags:\n    team: privacy\n    "cost centre": "12"'),
        ("extra_statements", ('[{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]',), "- Effect: Allow"),
        ("aws.profile", ("yes",), 'profile: "yes"'),
    ],
)
def test_each_kind_of_control_writes_what_it_holds(path: Path, key: str, values: tuple[Any, ...], line: str) -> None:
    """The text that Save would write has the value, spelt so that every reader agrees."""
    widget = FormWidget(form(path))

    type_in(widget, key, *values)

    assert line in widget.text
    assert widget.file.problems(widget.text) == ()


def test_a_default_is_not_written_and_an_emptied_key_goes(path: Path) -> None:
    """A file says what somebody chose, and nothing else."""
    widget = FormWidget(form(path))
    type_in(widget, "source.connect_to", "10.0.0.5")
    assert "connect_to: 10.0.0.5" in widget.text
    type_in(widget, "source.connect_to", "")
    assert widget.file.text == widget.text

    type_in(widget, "source.cluster", "")

    assert 1 == widget.text.count("cluster: tonic-sandbox")


def test_a_pasted_password_is_refused_and_shown_nowhere(path: Path) -> None:
    """What is no reference is a problem; neither the message nor the difference repeats it, and it is not saved."""
    widget = FormWidget(form(path))

    type_in(widget, "source.admin.password", "env:", "Hunter2-canary!")

    assert 'class="bad"' in slot(widget, "source.admin.password")
    assert widget.save.disabled
    assert "canary" not in slot(widget, "source.admin.password") + widget.state.value + widget.difference.value


def test_a_password_in_the_file_is_not_put_into_a_control(path: Path) -> None:
    """Somebody's mistake does not reach the browser."""
    path.write_text(path.read_text("utf-8").replace("env:REDSHIFT_ADMIN_PASSWORD", "Hunter2-canary!"), "utf-8")
    widget = FormWidget(form(path))

    assert ("", "") == tuple(each.value for each in control(widget, "source.admin.password").inputs)


def test_what_is_no_json_closes_save(path: Path) -> None:
    """Statements that cannot be read are told at once, and nothing of them is written."""
    widget = FormWidget(form(path, "extra_statements", "buckets"))

    type_in(widget, "extra_statements", "[{")
    type_in(widget, "buckets.retention_days", 3)

    assert "is not JSON" in slot(widget, "extra_statements")
    assert widget.save.disabled


def test_a_section_is_switched_on_and_off(path: Path) -> None:
    """Off takes it out of the file; on puts in what is set."""
    widget = FormWidget(form(path, "signing", "worker"))
    signing, worker = parts(widget, Optional)

    worker.switch.value = False
    assert "worker:" not in widget.text
    signing.switch.value = True
    type_in(widget, "signing.key", "keys/records.pem")

    assert "signing:\n  key: keys/records.pem\n" in widget.text
    assert not widget.save.disabled


def test_entries_are_added_changed_and_removed(path: Path) -> None:
    """A list of sections grows and shrinks, and each entry is edited in its place."""
    widget = FormWidget(form(path, "confirmations"))
    (entries,) = parts(widget, Entries)
    count = len(load(path).confirmations)

    type_in(widget, "confirmations.0.who", "Ada Park")
    entries.add.click()
    assert 'class="bad"' in slot(widget, f"confirmations.{count}.row")
    for key, value in (("row", "B1"), ("who", "Jo"), ("date", "2026-02-01")):
        type_in(widget, f"confirmations.{count}.{key}", value)
    entries._box.children[1].children[-1].click()
    widget.save.click()

    saved = load(path).confirmations
    assert (count, "Ada Park", "B1") == (len(saved), saved[0].who, saved[-1].row)
    assert "A3" not in {each.row for each in saved}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("confirmations:\n  - H1\n  - {row: B1, who: Jo, date: '2026-02-01'}\n", 1),
        ("confirmations: {row: B1, who: Jo, date: '2026-02-01'}\n", 0),
    ],
    ids=["mixed", "one alone"],
)
def test_adding_to_a_list_with_a_mistake_keeps_what_is_right(path: Path, written: str, shown: int) -> None:
    """An entry that is none can be removed, and the others are edited and kept: an added one stands behind them."""
    kept = re.sub(r"(?ms)^confirmations:\n(?:[ -].*?\n)+", "", path.read_text("utf-8"))
    path.write_text(kept + written, "utf-8")
    widget = FormWidget(form(path, "confirmations"))
    (entries,) = parts(widget, Entries)
    assert (shown, True) == (len({each.path[1] for each in entries.controls}), widget.save.disabled)

    entries.add.click()
    last = len(entries._box.children) - 1
    for key, value in (("row", "A4"), ("who", "Ada"), ("date", "2026-03-01")):
        type_in(widget, f"confirmations.{last}.{key}", value)
    if shown:
        assert "is no entry, and stays as it is" in entries._box.children[0].children[0].value
        entries._box.children[0].children[-1].click()
    widget.save.click()

    assert [("B1", "Jo"), ("A4", "Ada")] == [(each.row, each.who) for each in load(path).confirmations]


def test_an_unreadable_choice_stays_until_another_is_made(path: Path) -> None:
    """A word that the schema does not take is shown as it is, with the problem beside it."""
    path.write_text(path.read_text("utf-8").replace("pipeline: legacy", "pipeline: old"), "utf-8")
    widget = FormWidget(form(path))
    assert "old" == control(widget, "pipeline").inputs[0].value
    assert 'class="bad"' in slot(widget, "pipeline")

    type_in(widget, "pipeline", "both")

    assert "pipeline: both" in widget.text


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

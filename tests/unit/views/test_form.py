"""The form of a parameter file: controls by type, and what is wrong stands beside them, while nothing of a password is shown."""

from __future__ import annotations

import re
from pathlib import Path

import ipywidgets
import pytest

from runbook_lib.parameters.fields import fields
from runbook_lib.runbook.start import GENERAL
from runbook_lib.stages import all_stages
from runbook_lib.views.form.widget import FormWidget
from tests.unit.views.forms import KEYS, control, form, path, slot, type_in

__all__ = ["path"]


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

"""What was changed in a form is what the file says once it is saved: nothing else, and nobody else's words are lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.parameters.load import load
from runbook_lib.views.form.sections import Entries, Optional
from runbook_lib.views.form.widget import SAVED, FormWidget
from tests.unit.views.forms import control, form, parts, path, slot, type_in

__all__ = ["path"]


def test_an_untouched_form_changes_nothing(path: Path) -> None:
    """Nothing is to be saved, and nothing is said to be wrong."""
    widget = FormWidget(form(path))

    assert widget.save.disabled
    assert widget.discard.disabled
    assert "" == widget.difference.value
    assert "The file is valid" in widget.state.value


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

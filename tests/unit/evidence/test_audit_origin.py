"""A record that goes on from another is held against that one, where both lie beside each other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import Rejected
from runbook_lib.evidence import audit
from runbook_lib.headless import resuming
from tests import cells, records
from tests.approving import ADA, JO, approve, approved_house, resumed

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run that fails, and one that goes on from it."""
    house = records.house(tmp_path_factory.mktemp("house"), signs=False)
    house.target.before_write = _fail
    stopped = house.applied()
    house.target.before_write = lambda _number: None
    with house.at_work():
        resuming.resume(stopped.name, house.file, execute=cells.papermill)
    return stopped.parent


def _fail(number: int) -> None:
    if number == 3:
        raise Rejected("s3:PutBucketPolicy", "is refused")


@pytest.fixture
def pair(store: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Give copies of the record that was stopped, and of the one that goes on, among their environment's."""
    shutil.copytree(store, tmp_path / "staging")
    before, after = sorted((tmp_path / "staging").glob("*-apply-*"), key=lambda path: path.stat().st_mtime_ns)
    return before, after


def test_both_belong_together(pair: tuple[Path, Path]) -> None:
    """The later one is sound, and says from which it goes on."""
    before, after = pair
    found = audit.verify(after)

    assert ([], before.name) == (records.flaws(after), found.facts["goes on from"])
    assert f"the run that this one goes on from: {before.name}" in found.checked


def test_several_approvals_go_on_together(tmp_path: Path) -> None:
    """A run goes on under all that it was given, whichever file of the later record holds which; one that is missing is named."""
    house = approved_house(tmp_path / "house", approvals_required=2)
    plan = house.run("plan", by="Lee Chan")
    for each in (JO, ADA):
        approve(house, plan.record.folder, each)
    house.target.before_write = _fail
    stopped = house.run("apply", approve=plan.plan.digest).record.folder
    house.target.before_write = lambda _number: None

    after = resumed(house, stopped)

    assert [] == records.flaws(stopped, house.public) == records.flaws(after, house.public)
    (stopped / "approval.json").unlink()
    assert [each for each in records.flaws(after) if f"is another than that of {stopped.name}" in each]


def test_alone_it_says_from_which_it_goes_on(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A record that was copied alone is not broken for that."""
    before, after = pair
    alone = records.copied(after, tmp_path / "alone")

    assert [] == records.flaws(alone)
    assert f"goes on from {before.name}, which is not here" in audit.verify(alone).as_text()


def named(field: str, value: object) -> Callable[[Path, Path], Any]:
    """Change what the later record names."""
    return lambda _before, after: records.edit(after, "run.json", lambda run: run["resumes"].update({field: value}))


def other(name: str, **fields: object) -> Callable[[Path, Path], Any]:
    """Change a file of the earlier record."""
    return lambda before, _after: records.edit(before, name, lambda one: one.update(fields))


EDITS: dict[str, tuple[Callable[[Path, Path], Any], str]] = {
    "closed anew": (
        lambda before, _after: records.edit(before, "statement.json", lambda one: one.update(more=1)),
        "another statement.json",
    ),
    "taken away": (lambda before, _after: shutil.rmtree(before), "which is not here"),
    "another digest": (named("sha256", "0" * 64), "another statement.json of"),
    "another file": (named("file", "../statement.json"), "another ../statement.json of"),
    "no name": (named("record", "../other"), "which is no name of a record"),
    "nothing of ours": (named("record", 7), "in another form"),
    "another approval": (other("approval.json", by="somebody"), "approval.json: is another than that of"),
    "another plan": (other("approved.json", environment="production"), "approved.json: is another than that of"),
    "another verb": (other("run.json", verb="destroy"), "with another verb"),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_does_not_belong_together_is_named(pair: tuple[Path, Path], name: str) -> None:
    """The later record is broken where the earlier one was changed, or it names what is not so."""
    edit, words = EDITS[name]
    edit(*pair)

    found = records.flaws(pair[1])

    assert [each for each in found if words in each], found

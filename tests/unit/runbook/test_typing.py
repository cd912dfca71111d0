"""A password that is typed once: planned as any change, asked for when it is applied, and by nobody who cannot be asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from runbook_lib import headless
from runbook_lib.errors import InvalidParameters
from runbook_lib.model import Receipt
from runbook_lib.parameters.load import load
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked
from runbook_lib.runbook import open_stage, prompting
from runbook_lib.runbook.stage_run import StageRun
from tests.fakes import FakeTarget
from tests.machine import ROOT
from tests.stages.worlds import INSTANCE, world

SLUG, REFERENCE = "source_database", "prompt:secretsmanager:tonic-staging/source-user"


@dataclass
class Desk:
    """Hold a file whose source user's password is typed once, the world, and what was asked for."""

    file: Path
    target: FakeTarget
    asked: list[str]

    def opened(self, approve: str = "") -> StageRun:
        """Open the stage."""
        return open_stage(SLUG, {"approve": approve})

    @property
    def stored(self) -> bool:
        """Tell whether the secret is there."""
        return "secretsmanager_secret/tonic-staging/source-user" in self.target.things


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Let nobody look, in a world in memory."""
    file = tmp_path / "parameters" / "staging.yaml"
    file.parent.mkdir()
    text = (ROOT / "parameters" / "example-v2.yaml").read_text("utf-8").replace("i-0a1b2c3d4e5f60718", INSTANCE)
    file.write_text(text.replace("generate:secretsmanager:tonic-staging/source", "prompt:secretsmanager:tonic-staging/source"), "utf-8")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    environment = load(file)
    question = ReferenceAsked(reference=REFERENCE, user=environment.source.user.name)
    target = FakeTarget(answers={**world(environment), question: ReferenceAnswer(resolves=False)})
    monkeypatch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_recorder: target)
    monkeypatch.setattr("runbook_lib.place.chosen", lambda: file)
    asked: list[str] = []
    monkeypatch.setattr(prompting, "ask_new", asked.append)
    return Desk(file, target, asked)


def somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in JupyterLab."""
    monkeypatch.setattr(prompting, "live", SimpleNamespace(has_front_end=lambda: True))


def applied(run: StageRun) -> Receipt:
    """Plan, approve as the notebook's cell says, and apply."""
    plan = run.plan()
    return asyncio.run(run.apply(plan, run.gate(plan)))


def test_storing_is_a_change_of_the_plan(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether somebody looks or not, the plan is the same, nobody is asked, and the finding says where it will be asked for."""
    unattended = desk.opened().plan()
    somebody_looks(monkeypatch)
    run = desk.opened()

    assert unattended.digest == run.plan().digest
    assert "secretsmanager_secret/tonic-staging/source-user" in {each.address for each in unattended.changes}
    assert "apply this stage in JupyterLab" in {each.way_out.partition(":")[0] for each in run.preflight().findings}
    assert [] == desk.asked


def test_it_is_asked_for_when_it_is_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not without an approval, once with it, and not again for what is there."""
    somebody_looks(monkeypatch)
    withheld = applied(desk.opened())
    assert ([], {"withheld"}) == (desk.asked, {each.outcome for each in withheld.entries})

    done = applied(desk.opened(desk.opened().plan().digest))
    assert ([REFERENCE], True, {"applied"}) == (desk.asked, desk.stored, {each.outcome for each in done.entries})

    desk.opened().plan()
    assert [] == list(desk.opened().plan().changes)


def test_nobody_is_asked_who_is_not_there(desk: Desk) -> None:
    """A notebook that runs alone stops before its first write."""
    run = desk.opened(desk.opened().plan().digest)

    with pytest.raises(InvalidParameters, match="is not stored yet, and nobody is there to answer; apply its stage in JupyterLab"):
        applied(run)
    assert 0 == desk.target.writes


def test_a_run_does_not_begin_what_it_could_not_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unattended apply is refused before its first stage, until somebody stored the password: then it goes on under the same digest."""
    planned = desk.opened()
    digest = planned.plan().digest
    planned.close()

    def never(*_: object) -> headless.Executed:
        raise AssertionError("a stage was begun")

    with pytest.raises(InvalidParameters, match="nobody is there to answer"):
        headless.carry_out(desk.file, "apply", stages=(SLUG,), approve=digest, execute=never)
    somebody_looks(monkeypatch)
    run = desk.opened(digest)
    applied(run)
    run.close()
    with pytest.raises(AssertionError, match="a stage was begun"):
        headless.carry_out(desk.file, "apply", stages=(SLUG,), approve=digest, execute=never)

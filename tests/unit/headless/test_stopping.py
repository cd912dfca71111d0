"""Whoever stops a run is told what may be half-done, what removes it, and the very command that goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from runbook_lib.errors import Rejected, Stopped
from runbook_lib.evidence.record import Record, RunFacts
from runbook_lib.headless import answer
from runbook_lib.headless.stopping import told
from runbook_lib.model import Change, Entry, EnvironmentPlan, Resource
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.s3 import Bucket
from tests import records

FACTS = RunFacts(environment="staging", verb="apply", started="2026-01-02T03:04:05.678Z", target="mine")
BUCKET = Bucket(name="tonic-src", region="us-east-1")
PLAYED = Rehearsal(flow="orchestration", acts_as=("server",), touches=("queue tonic-q", "function tonic-f"), proves="1")


def interrupted(record: Record) -> Stopped:
    """Press Ctrl-C."""
    with pytest.raises(Stopped) as stopped, told(record):
        raise KeyboardInterrupt
    return stopped.value


def run(store: Path, *written: tuple[Resource, bool]) -> Record:
    """Make the record of an approved run that wrote things, or only began to."""
    record = Record.create(store, FACTS)
    record.approve(["{}"], EnvironmentPlan(environment="staging", plans=()))
    journal = record.journal(is_undo=False, now=lambda: FACTS.started, scope=())
    for resource, is_whole in written:
        change = Change(before=None, after=resource)
        journal.begin("storage", change)
        if is_whole:
            journal.end("storage", Entry(change=change, outcome="applied"))
    return record


def test_the_command_that_goes_on_is_told(tmp_path: Path) -> None:
    """It names the record and the parameter file, so that it works from any machine; what was finished is not mentioned."""
    record = run(tmp_path, (BUCKET, True))

    assert f"{record.folder.name}: was stopped; runbook resume {record.folder.name} mine" == str(interrupted(record))


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_scheduler_and_a_closed_terminal_stop_a_run_as_somebody_does(tmp_path: Path, number: signal.Signals) -> None:
    """The record is told of it, and afterwards the signal means what it did before."""
    record, before = run(tmp_path), signal.getsignal(number)

    with pytest.raises(Stopped), told(record):
        os.kill(os.getpid(), number)

    assert before == signal.getsignal(number)


def test_who_means_to_close_the_terminal_may(tmp_path: Path) -> None:
    """A run that was begun under nohup goes on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with told(run(tmp_path)):
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.SIG_IGN == signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_nobody_knows_is_told(tmp_path: Path) -> None:
    """A change that was sent may have been made."""
    said = interrupted(run(tmp_path, (BUCKET, False))).what

    assert f"was stopped; {BUCKET.address} was being written, and live state will tell what became of it" == said


def test_what_a_rehearsal_may_leave_is_told(tmp_path: Path) -> None:
    """Each thing that a rehearsal makes is named, and what removes it."""
    said = interrupted(run(tmp_path, (PLAYED, False))).what

    assert "rehearsal/orchestration was being played" in said
    assert "removed by that command, and by the next apply or destroy: queue tonic-q, function tonic-f" in said


def test_a_run_without_an_approval_wrote_nothing(tmp_path: Path) -> None:
    """There is nothing to resume: it is begun anew."""
    record = Record.create(tmp_path, FACTS)

    assert f"{record.folder.name}: was stopped; it had written nothing; give the same command again" == str(interrupted(record))


def test_the_answer_of_a_run_that_failed_in_the_middle_says_the_way_on(tmp_path: Path) -> None:
    """As its page does: a batch shows it in the environment's row."""

    def refuse(_number: int) -> None:
        raise Rejected("s3:CreateBucket", "is refused")

    house = records.house(tmp_path / "house")
    digest = house.run("plan").plan.digest
    house.target.before_write = refuse
    failed = house.run("apply", approve=digest)

    assert f"runbook resume {failed.record.folder.name} any" == answer.told(failed)[1]["next"]

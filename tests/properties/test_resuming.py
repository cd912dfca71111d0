"""Law 5 over whole runs: whatever stops a run, resuming it ends as an undisturbed run does, and the records tell the same history."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from runbook_lib.engine.history import standing
from runbook_lib.errors import Rejected, Stopped, Unreachable
from runbook_lib.evidence import history
from runbook_lib.headless import resuming
from tests import cells
from tests.fakes import Killed
from tests.records import House, flaws, house

if TYPE_CHECKING:
    from runbook_lib import headless

KILLED, LOST, REFUSED, PRESSED = Killed, Unreachable("the network", "went away"), Rejected("s3", "refuses"), KeyboardInterrupt
STOPS: dict[str, Any] = {"killed": KILLED, "lost": LOST, "refused": REFUSED, "Ctrl-C": PRESSED}


@dataclass(frozen=True)
class Calm:
    """Hold what a run that nobody stopped leaves, what the records tell then, and how often it wrote."""

    world: Any
    told: Any
    writes: int


def stop(home: House, number: int, how: str) -> None:
    """Stop at the n-th write from now on; one that was refused did not take effect, of the others nobody knows."""
    at = home.target.writes + number

    def stops(write: int) -> None:
        if write == at:
            raise STOPS[how.removesuffix(" after")]

    setattr(home.target, "after_write" if how.endswith("after") else "before_write", stops)


def calm(home: House) -> None:
    """Let nothing go wrong any more."""
    home.target.before_write = home.target.after_write = lambda _number: None


def carried_out(home: House, verb: Any, digest: str) -> None:
    """Carry out a verb under an approval, whatever stops it."""
    with contextlib.suppress(Killed, Stopped):
        home.run(verb, approve=digest)


def gone_on(home: House) -> headless.Run:
    """Resume the newest record."""
    newest = max((home.home / "runs" / "staging").glob("*-*"), key=lambda path: path.stat().st_mtime_ns)
    with home.at_work():
        return resuming.resume(newest.name, home.file, execute=cells.papermill)


def told(home: House) -> Any:
    """Fold what the records tell: what we found and what we left, by address."""
    folded = standing(history(home.home / "runs" / "staging"))
    return {address: (writes[0].change.before, writes[-1].change.after) for address, writes in folded.items()}


def begun(folder: str) -> tuple[House, str]:
    """Build a house with a plan of two stages."""
    home = house(Path(folder), signs=False)
    return home, home.run("plan").plan.digest


@cache
def undisturbed() -> tuple[Calm, Calm]:
    """Carry out an undisturbed run, and then its way back."""
    with tempfile.TemporaryDirectory() as folder:
        home, digest = begun(folder)
        home.run("apply", approve=digest)
        there = Calm(home.target.snapshot(), told(home), home.target.writes)
        home.run("destroy", approve=home.run("destroy").plan.digest)
        return there, Calm(home.target.snapshot(), told(home), home.target.writes - there.writes)


# An example takes seconds: what fails is shown as it was drawn.
@pytest.mark.slow
@settings(phases=(Phase.explicit, Phase.generate), max_examples=8)
@given(st.data(), st.sampled_from(("killed", "killed after", "lost", "lost after", "refused", "Ctrl-C", "Ctrl-C after")))
def test_law_5_a_resumed_run_ends_as_an_undisturbed_one(data: st.DataObject, how: str) -> None:
    """Stopped at any write and resumed, on the way there and on the way back: world and history are those of a run that nobody stopped."""
    there, back = undisturbed()
    with tempfile.TemporaryDirectory() as folder:
        home, digest = begun(folder)
        stop(home, data.draw(st.integers(1, there.writes), "write"), how)
        carried_out(home, "apply", digest)
        calm(home)

        done = gone_on(home)

        assert (0, there.world, there.told) == (done.exit_code, home.target.snapshot(), told(home))
        assert [] == flaws(done.record.folder)
        assert done.record.facts.resumes is not None

        way_back = home.run("destroy").plan.digest
        stop(home, data.draw(st.integers(1, back.writes), "write of the way back"), how)
        carried_out(home, "destroy", way_back)
        calm(home)

        assert (0, back.world) == (gone_on(home).exit_code, home.target.snapshot())
        assert home.run("destroy").plan.is_empty

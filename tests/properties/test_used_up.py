"""The law of a stored approval, over whatever people do between planning and applying."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import statement
from runbook_lib.evidence.record import Record
from runbook_lib.evidence.writes import writes
from tests.approving import JO, approve
from tests.fakes import Killed
from tests.records import House, house

STORAGE = ("storage",)
ACTS = ("planned", "approved", "applied", "stopped", "undone")


def act(home: House, what: str) -> None:
    """Do one of these; what is refused is left."""
    with contextlib.suppress(ApprovalRefused, Killed):
        match what:
            case "planned":
                home.run("plan", stages=STORAGE)
            case "approved":
                plans = sorted((home.home / "runs" / "staging").glob("*-plan-*"), key=lambda each: each.stat().st_mtime_ns)
                approve(home, plans[-1], key="", by=JO)
            case "applied":
                home.run("apply", stages=STORAGE, is_stored=True)
            case "stopped":
                stopped(home)
            case "undone":
                home.target.things.clear()
                home.target.ours.clear()


def stopped(home: House) -> None:
    """Kill an apply after its next write."""

    def kill(_number: int) -> None:
        raise Killed

    home.target.after_write = kill
    try:
        home.run("apply", stages=STORAGE, is_stored=True)
    finally:
        home.target.after_write = lambda _number: None


# An example takes seconds: what fails is shown as it was drawn.
@pytest.mark.slow
@settings(phases=(Phase.explicit, Phase.generate), max_examples=5)
@given(st.lists(st.sampled_from(ACTS), min_size=2, max_size=5))
def test_nothing_is_written_under_an_approval_that_was_carried_out(acts: list[str]) -> None:
    """Whatever is planned, approved, stopped and undone: after a run that came to its end under it, a stored approval writes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        home = house(Path(folder), signs=False)
        for each in ("planned", "approved", "applied", *acts, "undone", "planned", "applied"):
            act(home, each)

        over: set[bytes] = set()
        for record in sorted(map(Record, (home.home / "runs" / "staging").glob("*-apply-*")), key=lambda each: each.facts.started):
            given_ = {path.read_bytes() for path in record.folder.glob("approval*.json")}
            assert not (over & given_ and writes(record.folder))
            over |= given_ if statement.newest(record.folder) is not None else set()
        assert over

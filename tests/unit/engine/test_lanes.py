"""What does not build on each other is written at the same time: the settings of one bucket beside those of another, step by step."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib import engine
from runbook_lib.adapters import target as reaching
from runbook_lib.engine.order import steps
from runbook_lib.errors import Denied, GuardRefused, Rejected, TargetError, Unreachable
from runbook_lib.model import Approval, Change, Plan, Receipt, Resource
from runbook_lib.ports import Ended
from runbook_lib.resources.iam import Role
from runbook_lib.resources.kms import Key
from runbook_lib.resources.s3 import Bucket, BucketSetting
from runbook_lib.resources.warehouse import Grants
from tests.fakes import FakeTarget, Killed, ListJournal

LONG = 60
"""Seconds after which a test that hangs fails."""
ONE, OTHER = (
    (Bucket(name=name, region="us-east-1"), *(BucketSetting(bucket=name, setting=each, value="{}") for each in ("tags", "lifecycle")))
    for name in ("tonic-one", "tonic-other")
)
KEY = Key(name="alias/tonic", policy="{}")
GRANTS = tuple(
    Grants(side="source", grantee="tonic", privilege=privilege, on="table", objects=(("public", "t"),)) for privilege in ("SELECT", "DROP")
)
"""Of one transaction."""


def made(*resources: Resource) -> tuple[Change, ...]:
    """Create things."""
    return tuple(Change(before=None, after=each) for each in resources)


def addresses(changes: Sequence[Change]) -> list[str]:
    """Name what is changed."""
    return [each.address for each in changes]


def applied(target: FakeTarget, *resources: Resource, stopped: Callable[[], bool] = lambda: False) -> tuple[Receipt, ListJournal]:
    """Create things as an approved plan does, and keep a journal."""
    journal = ListJournal()
    return apply_to(target, journal, *resources, stopped=stopped), journal


def apply_to(target: FakeTarget, journal: ListJournal, *resources: Resource, stopped: Callable[[], bool] = lambda: False) -> Receipt:
    """Create things as an approved plan does."""
    plan = Plan(stage="storage", environment="e", scope=(), changes=made(*resources))
    approvals = (Approval(digest=plan.digest, by="Ada", at="now"),)
    return engine.apply(plan, approvals, plan, target, journal, now=lambda: "now", stopped=stopped)


def failing(error: TargetError, address: str) -> FakeTarget:
    """Be a world in which one write fails."""

    class Failing(FakeTarget):
        def write(self, changes: Sequence[Change]) -> None:
            if address in addresses(changes):
                raise error
            super().write(changes)

    return Failing()


def outcomes(receipt: Receipt) -> dict[str, str]:
    """Pair what was to be changed with what became of it."""
    return {each.change.address: each.outcome for each in receipt.entries}


def test_lanes_go_on_beside_each_other() -> None:
    """The first of each lane, then the second of each; what has no lane is alone, after all before it and before all after it."""
    found = [[addresses(group) for group in step] for step in steps(made(*ONE, *OTHER, KEY, ONE[1], *GRANTS))]

    assert [
        *([[one.address], [other.address]] for one, other in zip(ONE, OTHER, strict=True)),
        [[KEY.address]],
        [[ONE[1].address]],
        [[each.address for each in GRANTS]],
    ] == found


@given(st.lists(st.sampled_from((*ONE, *OTHER, KEY, *GRANTS)), max_size=30))
def test_no_lane_loses_its_order(wanted: list[Resource]) -> None:
    """Every change is in one step; what is of one lane, or of none, keeps its place among all that it has to wait for."""
    changes = made(*wanted)
    found = [change for step in steps(changes) for group in step for change in group]

    assert sorted(map(id, changes)) == sorted(map(id, found))
    at = {id(change): place for place, change in enumerate(found)}
    for first, second in itertools.combinations(changes, 2):
        if first.subject.lane == second.subject.lane or not (first.subject.lane and second.subject.lane):
            assert at[id(first)] < at[id(second)]


def test_a_receipt_has_the_order_of_its_plan() -> None:
    """Whatever was written when, and each change was begun in the journal together with those of its step."""
    receipt, journal = applied(FakeTarget(), *ONE, *OTHER)

    assert [each.address for each in (*ONE, *OTHER)] == [entry.change.address for entry in receipt.entries]
    assert receipt.is_applied
    assert ["announced", *["begin", "begin", "end", "end"] * len(ONE)] == [kind for kind, _ in journal.lines]
    pairs = zip(ONE, OTHER, strict=True)
    assert [each.address for pair in pairs for each in pair] == [each.address for each in journal.history()]


def test_a_failure_stops_every_lane_before_its_next_write() -> None:
    """What was on its way beside it is as it turned out; nothing else is written."""
    receipt, _ = applied(failing(Rejected("s3", "no"), ONE[1].address), *ONE, *OTHER)

    assert {
        **dict.fromkeys((ONE[0].address, OTHER[0].address, OTHER[1].address), "applied"),
        ONE[1].address: "failed",
        **dict.fromkeys((ONE[2].address, OTHER[2].address), "withheld"),
    } == outcomes(receipt)


def test_what_nobody_knows_of_stays_open_and_what_is_known_is_told() -> None:
    """Of two that were sent together, the journal ends the one that was answered."""
    receipt, journal = applied(failing(Unreachable("s3", "went away"), ONE[1].address), *ONE, *OTHER)
    certain = {each.address: each.is_certain for each in journal.history()}

    assert ("failed", "applied") == (outcomes(receipt)[ONE[1].address], outcomes(receipt)[OTHER[1].address])
    assert (False, True) == (certain[ONE[1].address], certain[OTHER[1].address])


def test_what_is_owed_in_one_lane_holds_no_other_up() -> None:
    """A bucket that may not be made takes its own settings with it."""
    receipt, _ = applied(failing(Denied("s3", "no"), ONE[0].address), *ONE, *OTHER)

    assert {**{each.address: "owed" for each in ONE}, **{each.address: "applied" for each in OTHER}} == outcomes(receipt)


def test_a_stop_is_heeded_between_two_steps() -> None:
    """Who stops an apply has whole steps done."""
    target = FakeTarget()
    receipt, _ = applied(target, *ONE, *OTHER, stopped=lambda: target.writes >= 2)

    assert {
        **dict.fromkeys((ONE[0].address, OTHER[0].address), "applied"),
        **dict.fromkeys((each.address for each in (*ONE[1:], *OTHER[1:])), "withheld"),
    } == outcomes(receipt)


class Connected(FakeTarget):
    """Be a world that is written to as the services are: each lane in a thread of its own."""

    def __init__(self, write: Callable[[Sequence[Change]], None]) -> None:
        super().__init__()
        unconnected: Any = SimpleNamespace(forget=lambda: None)
        self._target: Any = cast("Any", reaching.CompositeTarget)(unconnected)
        self._target._write = write

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Write as the services are written to."""
        self._target.write_together(groups, ended)


def test_lanes_are_written_at_the_same_time() -> None:
    """Each of two waits for the other to be on its way; what was wrong is told of each by itself."""
    meeting = threading.Barrier(2, timeout=LONG)

    def write(changes: Sequence[Change]) -> None:
        meeting.wait()
        if changes[0].address == OTHER[0].address:
            raise Rejected("s3", "no")

    receipt, _ = applied(Connected(write), ONE[0], OTHER[0])

    assert {ONE[0].address: "applied", OTHER[0].address: "failed"} == outcomes(receipt)


@pytest.mark.parametrize("what", [Killed(), GuardRefused("AWS", "is another account")])
def test_who_is_answered_is_in_the_journal_before_the_other(what: BaseException) -> None:
    """Killed while one of two still waits, or ended by what no change can be blamed for: of the other it is known."""
    answered = threading.Event()

    class Answered(ListJournal):
        def end(self, stage: str, *entries: Any) -> None:
            super().end(stage, *entries)
            answered.set()

    def write(changes: Sequence[Change]) -> None:
        if changes[0].address == OTHER[0].address:
            assert answered.wait(LONG)
            raise what

    journal = Answered()
    with pytest.raises(type(what)):
        apply_to(Connected(write), journal, ONE[0], OTHER[0])

    assert {ONE[0].address: True, OTHER[0].address: False} == {each.address: each.is_certain for each in journal.history()}


def test_only_buckets_have_lanes() -> None:
    """A role's policy has to be there before the instance has the role, and a database's changes are one transaction."""
    role = Role(name="r", trust="{}")

    assert ["", "", ""] == [each.lane for each in (KEY, role, GRANTS[0])]
    assert {ONE[0].address} == {each.lane for each in ONE}

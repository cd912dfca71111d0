"""The laws of a batch's schedule, over every order in which environments can end."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.fleet.schedule import Place, Schedule
from runbook_lib.fleet.waves import waves
from runbook_lib.model.fleets import Limits

SIZES = st.one_of(st.integers(1, 9).map(str), st.integers(1, 100).map(lambda share: f"{share}%"))


@dataclass(frozen=True)
class Case:
    """Hold a schedule, what came of each environment, and what was seen each time when something could begin."""

    schedule: Schedule
    bad: frozenset[int]
    refused: frozenset[int]
    seen: tuple[frozenset[int], ...]
    ended: tuple[tuple[int, ...], ...]

    @property
    def begun(self) -> set[int]:
        """List what began."""
        return set().union(*self.seen) if self.seen else set()


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a fleet, limits, and an order of ends; run it until nothing runs."""
    accounts = draw(st.lists(st.sampled_from(["", "one", "two"]), max_size=12))
    limits = Limits(
        jobs=draw(st.integers(1, 4)), per_account=draw(st.integers(0, 3)), max_failures=draw(st.integers(0, 3)),
        waves=tuple(draw(st.lists(SIZES, max_size=3))),
    )  # fmt: skip
    numbered = enumerate(zip(waves(len(accounts), limits.waves), accounts, strict=True), 1)
    schedule = Schedule(tuple(Place(number, wave, account) for number, (wave, account) in numbered), limits)
    bad = frozenset(draw(st.sets(st.integers(1, 12))))
    refused = draw(st.sets(st.integers(1, 12), max_size=2)) & {each.number for each in schedule.left}
    schedule.refuse(refused)
    seen, over, ended = list[frozenset[int]](), list[int](), list[tuple[int, ...]]()
    while tuple(schedule.due()) or schedule.running:
        seen.append(frozenset(schedule.running))
        ended.append(tuple(over))
        one = draw(st.sampled_from(sorted(schedule.running)))
        schedule.ended(one, is_failed=one in bad)
        over.append(one)
    return Case(schedule, bad | refused, frozenset(refused), tuple(seen), tuple(ended))


@given(cases())
def test_no_more_run_at_once_than_may(case: Case) -> None:
    """Neither in all nor of one account, at any time."""
    limits, known = case.schedule.limits, {each.number: each.account for each in case.schedule.places}
    for running in case.seen:
        accounts = [known[each] for each in running if known[each]]
        assert len(running) <= limits.jobs
        assert not limits.per_account or all(accounts.count(each) <= limits.per_account for each in accounts)


@given(cases())
def test_all_have_begun_or_it_says_why_not(case: Case) -> None:
    """Without a failure everything runs; what never began has a reason, and nothing began twice."""
    everything = {each.number for each in case.schedule.places} - case.refused

    assert bool(case.schedule.halted) == (case.begun != everything)
    assert case.begun == everything or case.bad & (case.begun | case.refused)
    assert {each.number for each in case.schedule.left} == everything - case.begun


@given(cases())
def test_a_wave_waits_for_the_one_before(case: Case) -> None:
    """While something of a wave runs, every earlier one has ended, whole and without a failure."""
    known = {each.number: each.wave for each in case.schedule.places}
    for running, ended in zip(case.seen, case.ended, strict=True):
        assert len({known[each] for each in running}) == 1
        earlier = {number for number, wave in known.items() if wave < known[min(running)]}
        assert earlier <= {*ended, *case.refused}
        assert not earlier & case.bad


@given(cases())
def test_none_begins_once_enough_have_failed(case: Case) -> None:
    """Whatever runs after the last failure that is let through ran before it."""
    most = case.schedule.limits.max_failures
    for running, ended, later in zip(case.seen, case.ended, case.seen[1:], strict=False):
        if most and len([each for each in ended if each in case.bad]) + len(case.refused) >= most:
            assert later <= running
    assert not (most and len(case.refused) >= most and case.begun)


@given(cases(), st.integers(0, 12))
def test_what_is_stopped_begins_no_more(case: Case, number: int) -> None:
    """Nothing is due after a stop, and the reason that was given first stays."""
    schedule = Schedule(case.schedule.places, case.schedule.limits)
    for each in tuple(schedule.due())[:number]:
        schedule.ended(each, is_failed=False)
    schedule.stop("somebody stopped it")
    before = schedule.halted

    for each in tuple(schedule.running):
        schedule.ended(each, is_failed=True)

    assert () == tuple(schedule.due())
    assert before == schedule.halted


@given(st.integers(0, 40), st.lists(SIZES, max_size=4))
def test_every_environment_has_its_wave(total: int, given_sizes: list[str]) -> None:
    """Waves are numbered in the order of the files, and none of the earlier is larger than was said."""
    found = waves(total, given_sizes)

    assert total == len(found)
    assert list(found) == sorted(found)
    for number, size in enumerate(given_sizes, 1):
        most = -(-total * int(size[:-1]) // 100) if size.endswith("%") else int(size)
        assert found.count(number) <= most

"""Notebooks that do not build on each other are executed at the same time; who builds on another, who is refused and who stops a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runbook_lib.engine.order import Turn
from runbook_lib.headless.line import Abandoned, Line
from runbook_lib.headless.outcome import Executed
from runbook_lib.headless.side_by_side import Begin, Way, side_by_side
from runbook_lib.model import Stage
from runbook_lib.progress import Progress

LONG = 60
"""Seconds after which a test that hangs fails."""
Work = Callable[[], str]


class Said(Progress):
    """Remember what was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage_begins(self, title: str, number: int, total: int) -> None:
        """Remember a beginning."""
        self.lines.append(f"{number}/{total} {title}")

    def stage_ends(self, title: str, seconds: float, message: str) -> None:
        """Remember an end."""
        del seconds
        self.lines.append(f"{title} {message or 'done'}")


class Run:
    """Execute stages that do what the test says, and give the name of an error or nothing."""

    def __init__(self, turns: dict[str, Turn], **works: Work) -> None:
        self.works, self.said, self.prepared = works, Said(), list[str]()
        self.opens: dict[str, Callable[[], object]] = dict.fromkeys(works, good)
        self.line = Line({slug: turns.get(slug, Turn()) for slug in works})

    def __call__(self) -> list[tuple[str, str]]:
        """Execute them all."""
        stages = [Stage(number, slug, slug, (), "") for number, slug in enumerate(self.works, 1)]
        done = side_by_side(stages, self.line, Way(self._prepare, 3), self.said)
        return [(each.stage.slug, each.error) for each in done]

    @contextmanager
    def _prepare(self, stage: Stage) -> Iterator[Callable[[Begin], Executed]]:
        self.prepared.append(stage.slug)

        def execute(begin: Begin) -> Executed:
            self.opens[stage.slug]()
            begin()
            return Executed(stage, 0.0, Path(stage.slug), self.works[stage.slug]())

        yield execute


def good() -> str:
    """Do nothing."""
    return ""


def after(*slugs: str) -> Turn:
    """Begin when these have ended."""
    return Turn(begins=frozenset(slugs))


def test_stages_go_on_at_the_same_time() -> None:
    """Each of two waits for the other to be under way; what came of them is told in the order of the stages."""
    meeting = threading.Barrier(2, timeout=LONG)

    def meet() -> str:
        meeting.wait()
        return ""

    assert [("a", ""), ("b", "")] == Run({}, a=meet, b=meet)()


def test_who_builds_on_another_begins_when_that_has_ended() -> None:
    """Its notebook is opened before."""
    is_open = threading.Event()

    def first() -> str:
        assert is_open.wait(LONG)
        return ""

    run = Run({"b": after("a")}, a=first, b=good)
    run.opens["b"] = is_open.set
    run()

    assert ["1/2 a", "a done", "2/2 b", "b done"] == run.said.lines


def test_nobody_opens_before_what_it_waits_for_has_begun() -> None:
    """Whose turn is now has the processors for itself."""
    is_open = threading.Event()
    run = Run({"b": after("a")}, a=good, b=good)
    early = list[bool]()
    run.opens |= {"a": lambda: early.append(is_open.wait(0.2)), "b": is_open.set}
    run()

    assert ([False], True) == (early, is_open.is_set())


def test_who_waits_does_not_wait_for_the_end_of_a_kernel() -> None:
    """A stage is built on as soon as its notebook has ended."""
    begun = threading.Event()

    def second() -> str:
        begun.set()
        return ""

    run = Run({"b": after("a")}, a=good, b=second)
    prepare = run._prepare

    @contextmanager
    def ending(stage: Stage) -> Iterator[Callable[[Begin], Executed]]:
        with prepare(stage) as execute:
            yield execute
        assert stage.slug == "b" or begun.wait(LONG)

    run._prepare = ending  # type: ignore[method-assign]

    assert [("a", ""), ("b", "")] == run()


def test_nobody_who_waits_keeps_a_place_from_who_need_not() -> None:
    """Those that wait for the first would take every place beside it; the last of all begins there."""
    met = threading.Barrier(2, timeout=LONG)

    def meet() -> str:
        met.wait()
        return ""

    waiting = {slug: after("a") for slug in "bcd"}

    assert [(slug, "") for slug in "abcde"] == Run(waiting, a=meet, b=good, c=good, d=good, e=meet)()


def test_what_builds_on_a_failure_is_tried_as_ever() -> None:
    """A stage that fails keeps no other from looking for itself: its own gate knows what is missing."""
    assert [("a", "KernelFailed"), ("b", "")] == Run({"b": after("a")}, a=lambda: "KernelFailed", b=good)()


@pytest.mark.parametrize("error", ["GuardRefused", "InvalidParameters", "ApprovalRefused"])
def test_nothing_begins_after_a_refusal(error: str) -> None:
    """Whoever waited stays where he is; who had begun goes on to his end."""
    begun, refused = threading.Event(), threading.Event()

    def refuse() -> str:
        assert begun.wait(LONG)
        refused.set()
        return error

    def goes_on() -> str:
        begun.set()
        assert refused.wait(LONG)
        return ""

    assert [("a", error), ("b", "")] == Run({"c": after("a"), "d": after("a", "b")}, a=refuse, b=goes_on, c=good, d=good)()


def test_an_interrupt_ends_all_waiting() -> None:
    """Nobody who waits for another to begin or to judge holds the run up, nothing begins, and what goes on is told to end."""
    ended, waits = threading.Event(), threading.Event()

    def interrupted() -> str:
        assert waits.wait(LONG)
        raise KeyboardInterrupt

    def judging() -> str:
        waits.set()
        with pytest.raises(Abandoned):
            run.line.judges("b")
        assert ended.wait(LONG)
        return ""

    run = Run({"b": Turn(judges=frozenset({"a", "c"})), "c": after("a")}, a=interrupted, b=judging, c=good)
    run.line.when_abandoned = ended.set

    with pytest.raises(KeyboardInterrupt):
        run()
    assert {"1/3 a", "2/3 b", "b done"} == set(run.said.lines)


def test_what_is_raised_is_what_the_run_was_given_up_for() -> None:
    """Who waits for the one that failed hears of it, and has ended before that one has: what is told is the failure."""
    test, failing, heard = threading.current_thread(), list[threading.Thread](), threading.Event()
    waits = threading.Event()

    def fail() -> str:
        assert waits.wait(LONG)
        failing.append(threading.current_thread())
        raise OSError(28, "No space left on device")

    def judging() -> str:
        waits.set()
        run.line.judges("b")
        return ""

    def abandoned() -> None:
        if threading.current_thread() is test:
            heard.set()
        elif threading.current_thread() in failing:
            assert heard.wait(LONG)

    run = Run({"b": Turn(judges=frozenset({"a"}))}, a=fail, b=judging)
    run.line.when_abandoned = abandoned

    with pytest.raises(OSError, match="No space left"):
        run()

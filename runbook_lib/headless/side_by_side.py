"""Execute the notebooks of a run at the same time, as far as their stages do not build on each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.headless.line import NotBegun
from runbook_lib.headless.outcome import Executed, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from runbook_lib.evidence import Record
    from runbook_lib.headless.line import Line
    from runbook_lib.model import Stage
    from runbook_lib.progress import Progress

Execute = Callable[["Stage", "Record", dict[str, Any]], Executed]
Begin = Callable[[], None]
"""Waits until a stage may look at what others write, and tells that it begins. Raises NotBegun when it may not any more."""


@dataclass(frozen=True)
class Way:
    """Say how notebooks are executed: `prepare` makes ready what executes one, ahead of its turn; `at_once` is how many at most.

    What executes one calls `Begin` before its first cell that asks anybody: until then nothing of it depends on others.
    """

    prepare: Callable[[Stage], AbstractContextManager[Callable[[Begin], Executed]]]
    at_once: int


def in_turn(execute: Execute, record: Record, values: dict[str, Any]) -> Way:
    """Execute one after the other by what needs nothing made ready."""

    def begun(stage: Stage, begin: Begin) -> Executed:
        begin()
        return execute(stage, record, values)

    return Way(lambda stage: nullcontext(partial(begun, stage)), 1)


def side_by_side(stages: Sequence[Stage], line: Line, way: Way, progress: Progress) -> list[Executed]:
    """Execute the stages' notebooks, each as soon as it may begin, and give how they went in the order of the stages.

    After a refusal, or what is wrong with the parameters, no other begins. When this is interrupted or fails, nobody waits any longer.
    Raises what the first that failed raised.
    """
    one = partial(_one, line, way, _Telling(progress, len(stages)))
    if way.at_once == 1:
        return [done for number, stage in enumerate(stages, 1) if (done := one(number, stage)) is not None]
    # Who may begin first comes first, so that nobody keeps a place from those that he waits for.
    queue = sorted(enumerate(stages, 1), key=lambda each: (line.place(each[1].slug), each[0]))
    with ThreadPoolExecutor(way.at_once, "stage") as pool:
        running = {number: pool.submit(one, number, stage) for number, stage in queue}
        try:
            wait(running.values(), return_when=FIRST_EXCEPTION)
            return _results(line, running)
        except BaseException as error:
            line.abandon(error)
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _results(line: Line, running: dict[int, Future[Executed | None]]) -> list[Executed]:
    # Not what the first to end raised: those that wait may hear of a failure and end before the one that failed has.
    if line.cause is not None:
        raise line.cause
    return [done for _, each in sorted(running.items()) if (done := each.result()) is not None]


class _Telling:
    """Tell of stages, one word after the other."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._lock = progress, total, threading.Lock()

    def begins(self, number: int, stage: Stage) -> None:
        """Tell that a stage begins."""
        with self._lock:
            self._progress.stage_begins(stage.title, number, self._total)

    def ended(self, done: Executed) -> None:
        """Tell how a stage ended."""
        with self._lock:
            self._progress.stage_ends(done.stage.title, done.seconds, done.message)


def _one(line: Line, way: Way, telling: _Telling, number: int, stage: Stage) -> Executed | None:
    """Execute a stage as far as its turn comes; None where it does not."""

    def begin() -> None:
        line.begins(stage.slug)
        telling.begins(number, stage)

    try:
        line.opens(stage.slug)
        with way.prepare(stage) as execute:
            done = execute(begin)
            telling.ended(done)
            if done.error and code_of(done.error) in {2, 3, 5}:
                line.close()
            # Whoever waits need not wait for the kernel's end as well.
            line.ended(stage.slug)
            return done
    except NotBegun:
        return None
    except BaseException as error:
        # Before anybody hears that this one has ended: nothing may be built on it.
        line.abandon(error)
        raise
    finally:
        line.ended(stage.slug)

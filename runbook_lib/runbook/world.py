"""Answer what lies in files and in the record store, and pass everything else on to AWS and the databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook_lib import engine, evidence
from runbook_lib.adapters.together import both
from runbook_lib.evidence.exercises import newest
from runbook_lib.model import Inventory, Unanswered
from runbook_lib.resources.files import ExportedSettingsAsked, TodayAsked
from runbook_lib.resources.records import FindingsAsked, ReverseAnswer, ReverseAsked
from runbook_lib.resources.rehearsals import ExerciseAsked, Rehearsal, UnfinishedAsked
from runbook_lib.resources.rights import RightsAsked
from runbook_lib.runbook import deciding, rehearsing
from runbook_lib.runbook.clock import Clock
from runbook_lib.runbook.rights import rights
from runbook_lib.runbook.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Change, Question, Resource, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import ConnectedTarget, Ended, Observation
    from runbook_lib.resources.rights import Permission, Purpose

PURPOSES: dict[str, tuple[Purpose, ...]] = {"plan": ("plan",), "verify": ("plan", "verify")}
"""What a run's verb is held to of the caller's rights: who only plans needs no more."""
LOCAL = (TodayAsked, ExportedSettingsAsked, FindingsAsked, ReverseAsked, ExerciseAsked, UnfinishedAsked, RightsAsked)


def now() -> str:
    """Give the time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class World:
    """Be the target of a stage: the services and databases, and the files beside them; `before` are the stages whose findings it counts."""

    def __init__(
        self,
        target: ConnectedTarget,
        record: evidence.Record,
        environment: Environment,
        folder: Path,
        scope: Scope,
        lock: evidence.Lock | None = None,
        traffic: Traffic | None = None,
        before: Sequence[Stage] = (),
    ) -> None:
        self._target, self._record, self._environment, self._folder = target, record, environment, folder
        self._scope, self._before, self._lock = scope, before, lock
        self.traffic = traffic or Traffic()
        self._clock = Clock()
        self.left: tuple[str, ...] = ()
        self._told, self._lock_told = Inventory({}), threading.Lock()

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer questions, the local ones without a call; what rights a plan takes is found while the others are asked."""
        remote = tuple(question for question in questions if not isinstance(question, LOCAL))
        local = [question for question in questions if isinstance(question, LOCAL)]
        answers, others = both(lambda: self._remote(remote), lambda: Inventory({each: self._local(each) for each in local}))
        found = answers.merged(others)
        with self._lock_told:
            self._told = self._told.merged(found)
        return found

    def _remote(self, questions: Sequence[Question]) -> Inventory:
        with self._clock:
            return self._target.ask(questions) if questions else Inventory({})

    def told(self, questions: Sequence[Question]) -> Inventory:
        """Give the last answers; what was not asked yet is asked now, and what this run found always."""
        return self._told.merged(self.ask([each for each in questions if each not in self._told or isinstance(each, FindingsAsked)]))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there; whether a rehearsal counts is told by the records."""
        rehearsals = [each for each in wanted if isinstance(each, Rehearsal)]
        others = [each for each in wanted if not isinstance(each, Rehearsal)]
        with self._clock:
            played = self._rehearsals(rehearsals) if rehearsals else {}
            return {**played, **(self._target.observe(others) if others else {})}

    def sender(self, change: Change) -> Mapping[str, str]:
        """Tell as whom, and where, a change is sent."""
        return self._target.sender(change)

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group; a rehearsal is played."""
        with self._clock:
            if len(changes) == 1 and isinstance(changes[0].subject, Rehearsal):
                rehearsing.play(changes[0], self._target, self._record, self._scope)
            else:
                self._target.write(changes)

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Make the changes of groups that do not build on each other at once, and tell what came of each."""
        with self._clock:
            self._target.write_together(groups, ended)

    def _rehearsals(self, wanted: Sequence[Rehearsal]) -> Mapping[str, Observation]:
        found = {each.address: newest(self._record.folder.parent, each.flow, self._scope, now()) for each in wanted}
        return rehearsing.observe(wanted, found, rehearsing.unfinished(self._history(), self._scope), self._target)

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare what a use takes."""
        return self._target.permissions(use)

    def calls(self, use: Question | Resource) -> tuple[str, ...]:
        """Name what a use is read by; what lies in files and records is read without a call."""
        return self._target.calls(use)

    @property
    def answers(self) -> Inventory:
        """Give the last answer to everything that was asked."""
        return self._told

    def forget(self) -> None:
        """Ask everything anew from now on: somebody may have changed something since."""
        self._target.forget()

    def close(self) -> None:
        """Let the connections go, for a database that somebody is logged in to cannot be dropped, and let other runs write."""
        self._target.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def seconds(self) -> float:
        """Give the seconds in which the adapters were asked or told to write, for the record."""
        return self._clock.seconds

    def _local(self, question: Question) -> Any:
        match question:
            case TodayAsked():
                return now()[:10]
            case ExportedSettingsAsked(path=path):
                return self._exported(path)
            case FindingsAsked():
                return deciding.found(self._before, self._record, self._environment)
            case ReverseAsked():
                return self._reverse()
            case ExerciseAsked(flow=flow):
                return newest(self._record.folder.parent, flow, self._scope, now())
            case UnfinishedAsked(flow=flow):
                return f"{Rehearsal.kind}/{flow}" in rehearsing.unfinished(self._history(), self._scope)
            case RightsAsked():
                found = rights(question, self._environment, self, self._scope, self._history())
                return found.model_copy(update={"purposes": PURPOSES.get(self._record.facts.verb, found.purposes)})
        return Unanswered(f"nothing answers {question.kind}")

    def _exported(self, path: str) -> str | None:
        file = self._folder / path
        return file.read_text("utf-8") if file.is_file() else None

    def _reverse(self) -> ReverseAnswer:
        history = self._history()
        plan = engine.reverse(self._environment.environment, history, self._target, self._scope)
        return ReverseAnswer(
            changes=plan.changes,
            waiting=tuple(each for each in plan.kept if each.once_removed() == each),
            owed=(*self.left, *(each.address for each in plan.owed)),
            elsewhere=engine.elsewhere(history, self._scope),
        )

    def _history(self) -> engine.History:
        return evidence.history(self._record.folder.parent)

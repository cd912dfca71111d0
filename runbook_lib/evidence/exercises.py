"""Keep what became of rehearsals in the record of the run that played them, and find the newest of each flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from runbook_lib.resources.rehearsals import Exercise, ExerciseAnswer, Rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.engine.plan import Scope
    from runbook_lib.evidence.record import Record
    from runbook_lib.resources.rehearsals import Flow

FOLDER = "exercises"


def keep(record: Record, exercise: Exercise) -> None:
    """Keep an exercise; one that is played again in the same record gets a number."""
    record.add(f"{FOLDER}/{exercise.rehearsal.flow}", exercise.model_dump_json(indent=1))


def of_record(folder: Path, flow: Flow) -> Iterator[Exercise]:
    """Read the exercises of a flow in one record; what cannot be read was not played."""
    for path in sorted(folder.glob(f"{FOLDER}/{flow}*.json")):
        try:
            yield Exercise.model_validate_json(path.read_text("utf-8"))
        except (OSError, ValidationError, KeyError):
            continue


def newest(environment_folder: Path, flow: Flow, scope: Scope, now: str) -> ExerciseAnswer | None:
    """Find the newest exercise of a flow that was played where a scope is; one that a journal does not name, or of a later day, is none."""
    found = [
        ExerciseAnswer(exercise=exercise, record=folder.parent.name)
        for folder in environment_folder.glob(f"*/{FOLDER}")
        if _is_journalled(folder.parent, flow)
        for exercise in of_record(folder.parent, flow)
        if _is_at(exercise, scope) and exercise.at[:10] <= now[:10]
    ]
    return max(found, key=lambda each: (each.exercise.at, each.record), default=None)


def _is_journalled(folder: Path, flow: Flow) -> bool:
    from runbook_lib.evidence.journal import FILE, lines

    return any("begin" in each and each["address"] == f"{Rehearsal.kind}/{flow}" for each in lines(folder / FILE))


def _is_at(exercise: Exercise, scope: Scope) -> bool:
    then, now = dict(exercise.scope), dict(scope)
    return all(then.get(name, "") == now.get(name, "") for name in exercise.rehearsal.place)

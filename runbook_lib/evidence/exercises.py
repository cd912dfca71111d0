"""Keep what became of rehearsals in the record of the run that played them, and find the newest of each flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.resources.rehearsals import Exercise, ExerciseAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.evidence.record import Record
    from runbook_lib.resources.rehearsals import Flow

FOLDER = "exercises"


def keep(record: Record, exercise: Exercise) -> None:
    """Keep an exercise; one that is played again in the same record gets a number."""
    flow = exercise.rehearsal.flow
    taken = len(list(record.folder.glob(f"{FOLDER}/{flow}*.json")))
    record.write(f"{FOLDER}/{flow}{f'.{taken}' if taken else ''}.json", exercise.model_dump_json(indent=1))


def newest(environment_folder: Path, flow: Flow) -> ExerciseAnswer | None:
    """Find the newest exercise of a flow in an environment's records."""
    found = [
        ExerciseAnswer(exercise=Exercise.model_validate_json(path.read_text("utf-8")), record=path.parent.parent.name)
        for path in environment_folder.glob(f"*/{FOLDER}/{flow}*.json")
    ]
    return max(found, key=lambda each: (each.exercise.at, each.record), default=None)

"""Go on from where a run stopped, as a new run that names it, and say of one that stops now how to go on from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib import errors, place
from runbook_lib.evidence import Record
from runbook_lib.evidence.approved import refuse_changed
from runbook_lib.evidence.resuming import stopped
from runbook_lib.headless import verbs
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from runbook_lib.headless.outcome import Run
    from runbook_lib.headless.side_by_side import Execute
    from runbook_lib.progress import Progress

NAMING = "name a record's folder, or its name and the environment: runbook resume RECORD ENV"


def named(run: str, environment: str) -> tuple[str, Path]:
    """Give the name of the record that is meant, and the parameter file of its environment. Raises InvalidParameters.

    A folder tells its file itself; a name alone may be of any record store, so the environment says of which.
    """
    record = Record(Path(run).resolve())
    is_folder = (record.folder / "run.json").is_file()
    target = environment or (_untyped(record.facts.target) if is_folder else "")
    if not target:
        what = "does not tell its parameter file" if is_folder else "is no record's folder"
        raise errors.InvalidParameters(run, [errors.Problem(0, "", what, NAMING)])
    return record.folder.name, place.parameter_file(target)


def resume(name: str, file: Path, *, progress: Progress | None = None, execute: Execute | None = None) -> Run:
    """Go on with a stopped run of an environment, under its approval and over its stages; all of them are verified anew.

    Raises InvalidParameters when the record store holds no such record, ApprovalRefused when there is nothing to resume, PlanDrifted when
    the file was changed since, Locked while a run writes.
    """
    from runbook_lib.parameters.load import load

    environment = load(file)
    records = Records(environment)
    records.synchronise()
    record = Record(records.folder / name)
    if not (record.folder / "run.json").is_file():
        what = f"is no record of {environment.environment} in {environment.records}"
        raise errors.InvalidParameters(name, [errors.Problem(0, "", what, NAMING)])
    going_on = stopped(record, environment, now())
    refuse_changed(record, environment)
    facts = record.facts
    return verbs.run(
        file, facts.verb, verbs.Consent(going_on.digest), stages=facts.stages, resuming=going_on, progress=progress, execute=execute
    )


def _untyped(target: str) -> str:
    """Read a parameter file as it was typed."""
    import shlex

    return "".join(shlex.split(target)[:1])

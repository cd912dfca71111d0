"""Carry out plan, apply, verify and destroy over one parameter file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import errors, evidence, place
from runbook_lib.evidence.record import find_plan
from runbook_lib.headless.filing import filed
from runbook_lib.headless.notebook import papermill
from runbook_lib.headless.outcome import Executed, Run, code_of
from runbook_lib.model import Approval
from runbook_lib.progress import Follower, Progress
from runbook_lib.runbook.open import versions
from runbook_lib.runbook.start import all_stages
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from runbook_lib.evidence.record import RunVerb
    from runbook_lib.model import Stage

Execute = Callable[["Stage", evidence.Record, dict[str, Any]], Executed]


def carry_out(
    file: Path,
    verb: RunVerb,
    *,
    stages: tuple[str, ...] = (),
    approve: str = "",
    by: str = "",
    detailed: bool = False,
    progress: Progress | None = None,
    execute: Execute | None = None,
) -> Run:
    """Carry out a command's verb: where the file approves automatically, plan first and approve that plan.

    Raises ApprovalRefused when apply is given no approval and the file asks for one.
    """
    from runbook_lib.parameters.load import load

    environment = load(file)
    start = partial(run, file, stages=stages, progress=progress, execute=execute)
    if verb not in {"apply", "destroy"} or approve:
        return start(verb, approve=approve, by=by, detailed=detailed)
    if environment.approval == "automatic":
        planned = start("plan" if verb == "apply" else verb)
        if planned.exit_code in {1, 2, 3, 5}:
            return planned
        return start(verb, approve=planned.plan.digest, by="approval: automatic")
    if verb == "destroy":
        return start(verb)
    raise errors.ApprovalRefused(
        environment.environment, "apply needs an approval", f"run `runbook plan {file.stem}`, read it, and pass --approve DIGEST"
    )


def run(
    file: Path,
    verb: RunVerb,
    *,
    stages: tuple[str, ...] = (),
    approve: str = "",
    by: str = "",
    detailed: bool = False,
    progress: Progress | None = None,
    execute: Execute | None = None,
) -> Run:
    """Run the notebooks of a verb over one parameter file and file the record; `execute` runs one (default: papermill).

    Raises InvalidParameters before anything starts, ApprovalRefused when no plan has the digest, Locked when another run is going on.
    """
    from runbook_lib.parameters.load import as_parameters, load

    environment = load(file)
    chosen = _stages(verb, stages)
    store = place.store(environment.records)
    if approve:
        approved = find_plan(store, environment.environment, approve)
        chosen = tuple(stage for stage in chosen if stage.slug in {plan.stage for plan in approved.plans})
    facts = evidence.RunFacts(
        environment=environment.environment, verb=verb, started=now(), source=file.name,
        stages=tuple(stage.slug for stage in chosen), versions=versions(),
    )  # fmt: skip
    record = evidence.Record.create(store, facts)
    record.write("parameters.yaml", file.read_text("utf-8"))
    if approve:
        approval = Approval(digest=approve, by=by or "the command line", at=now())
        record.write("approval.json", approval.model_dump_json(indent=1))
    values = {**as_parameters(environment), "approve": approve, "record": str(record.folder)}
    executed = tuple(_executed(chosen, record, values, progress or Progress(), execute or papermill))
    return filed(record, executed, environment, detailed=detailed)


def _stages(verb: RunVerb, names: tuple[str, ...]) -> tuple[Stage, ...]:
    everything = all_stages()
    known = {stage.slug: stage for stage in everything}
    unknown = [name for name in names if name not in known]
    if unknown:
        problems = [errors.Problem(0, "--stage", f"{name} is not a stage", f"use one of {', '.join(known)}") for name in unknown]
        raise errors.InvalidParameters("command line", problems)
    if verb == "destroy":
        return (known["teardown"],)
    return tuple(stage for stage in everything if stage.slug != "teardown" and (not names or stage.slug in names))


def _executed(
    stages: tuple[Stage, ...], record: evidence.Record, values: dict[str, Any], progress: Progress, execute: Execute
) -> list[Executed]:
    done: list[Executed] = []
    with Follower(record.folder, progress):
        for number, stage in enumerate(stages, 1):
            progress.stage_begins(stage.title, number, len(stages))
            one = execute(stage, record, values)
            progress.stage_ends(stage.title, one.seconds, one.message)
            done.append(one)
            if one.error and code_of(one.error) in {2, 3, 5}:
                break
    return done

"""Run one environment's notebooks through papermill, one after the other, and leave a record of the run.

Every executed notebook is kept, also one that failed. Nothing starts before the parameter file is valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import errors, evidence, place
from runbook_lib.evidence.record import RunEnd, find_plan
from runbook_lib.model import Approval, EnvironmentPlan
from runbook_lib.progress import Follower, Progress
from runbook_lib.runbook.open import versions
from runbook_lib.runbook.start import all_stages
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from runbook_lib.evidence.record import RunVerb
    from runbook_lib.model import Finding, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.views.run_page import RunPage, StageLine

MEANINGS = {
    0: "fine",
    1: "failed",
    2: "bad usage or parameters",
    3: "approval refused",
    4: "a check is broken or the state drifted",
    5: "guard refused: wrong account, region or endpoint",
    6: "nothing is broken, something is unknown or owed by someone else",
    7: "changes are pending",
}
PRECEDENCE = (5, 2, 3, 1, 4, 6, 7)


@dataclass(frozen=True)
class Executed:
    """State how one notebook went: `error` is the class name of what it raised, `message` its text."""

    stage: Stage
    seconds: float
    notebook: Path
    error: str = ""
    message: str = ""


Execute = Callable[["Stage", evidence.Record, dict[str, Any]], Executed]


@dataclass(frozen=True)
class Run:
    """State how a run went."""

    record: evidence.Record
    executed: tuple[Executed, ...]
    results: dict[str, evidence.StageResult] = field(default_factory=dict)
    exit_code: int = 0

    @property
    def plan(self) -> EnvironmentPlan:
        """Give the stages' plans as one."""
        plans = tuple(result.plan for result in self.results.values() if result.plan is not None)
        return EnvironmentPlan(environment=self.record.facts.environment, plans=plans)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give every stage's findings."""
        return tuple(finding for result in self.results.values() for finding in result.findings)


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
    return _filed(record, executed, environment, detailed=detailed)


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
            if one.error and _code_of(one.error) in {2, 3, 5}:
                break
    return done


def notebook_of(stage: Stage) -> Path:
    """Give a stage's notebook."""
    return place.home() / "notebooks" / f"{stage.number:02d}_{stage.slug}.ipynb"


def papermill(stage: Stage, record: evidence.Record, values: dict[str, Any]) -> Executed:
    """Execute a stage's notebook in a kernel of its own; the executed copy is kept also when it fails."""
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    source = notebook_of(stage)
    output = record.folder / "notebooks" / source.name
    output.parent.mkdir(exist_ok=True, mode=0o700)
    begun = time.monotonic()
    error, message = "", ""
    try:
        execute_notebook(
            str(source), str(output), parameters=values, kernel_name="python3", progress_bar=False, log_output=False,
            cwd=str(place.home()), request_save_on_cell_execute=True, shutdown_kernel="immediate",
            config=Config({"KernelManager": {"transport": "ipc"}}),
        )  # fmt: skip
    except PapermillExecutionError as failure:
        error, message = str(failure.ename), str(failure.evalue)
    return Executed(stage, time.monotonic() - begun, output, error, message)


def _code_of(error: str) -> int:
    kind = getattr(errors, error, None)
    return int(kind.exit_code) if isinstance(kind, type) and issubclass(kind, errors.RunbookError) else 1


def exit_code(run: Run, *, detailed: bool = False) -> int:
    """Give the first code of the order 5, 2, 3, 1, 4, 6, 7 that holds, else 0."""
    held = {_code_of(each.error) for each in run.executed if each.error}
    outcomes = {entry.outcome for result in run.results.values() if result.receipt for entry in result.receipt.entries}
    verdicts = {finding.verdict for finding in run.findings if not finding.warning}
    if outcomes & {"failed", "rolled back"}:
        held.add(1)
    if "broken" in verdicts:
        held.add(4)
    if verdicts & {"unknown", "owed"} or "owed" in outcomes:
        held.add(6)
    if detailed and not run.plan.is_empty:
        held.add(7)
    return next((code for code in PRECEDENCE if code in held), 0)


def _filed(record: evidence.Record, executed: tuple[Executed, ...], environment: Environment, *, detailed: bool) -> Run:
    results = record.results()
    ordered = {each.stage.slug: results[each.stage.slug] for each in executed if each.stage.slug in results}
    done = Run(record, executed, ordered)
    done = Run(record, executed, ordered, exit_code(done, detailed=detailed))
    record.write("plan.json", done.plan.model_dump_json(indent=1))
    receipts = [result.receipt.model_dump(mode="json") for result in ordered.values() if result.receipt]
    record.write("receipt.json", _json(receipts))
    record.write("findings.json", _json([finding.model_dump(mode="json") for finding in done.findings]))
    end = RunEnd(finished=now(), exit_code=done.exit_code, meaning=MEANINGS[done.exit_code])
    record.write("end.json", end.model_dump_json(indent=1))
    _pages(done, environment, end)
    return done


def _json(value: object) -> str:
    import json

    return json.dumps(value, indent=1, ensure_ascii=False)


def _pages(done: Run, environment: Environment, end: RunEnd) -> None:
    from runbook_lib.views.notebook_page import notebook_html
    from runbook_lib.views.page import index_page
    from runbook_lib.views.summary import summary_text

    page = page_of(done, environment, end)
    for each in done.executed:
        if each.notebook.exists():
            done.record.write(f"notebooks/{each.notebook.stem}.html", notebook_html(each.notebook))
    done.record.write("index.html", index_page(page))
    done.record.write("summary.txt", summary_text(page))


def page_of(done: Run, environment: Environment, end: RunEnd) -> RunPage:
    """Collect what the run's page and its summary show."""
    from runbook_lib.views.run_page import RunPage

    facts = done.record.facts
    results = done.results.values()
    approval = done.record.approval()
    return RunPage(
        environment=facts.environment,
        verb=facts.verb,
        started=facts.started,
        finished=end.finished,
        exit_code=end.exit_code,
        exit_meaning=end.meaning,
        by=approval.by if approval else "",
        account=environment.aws.account,
        region=environment.aws.region,
        endpoint=environment.aws.endpoint or "AWS",
        plan=done.plan,
        approval=approval,
        receipts=tuple(result.receipt for result in results if result.receipt and result.receipt.entries),
        findings=done.findings,
        stages=tuple(_line(done, each) for each in done.executed),
        artefacts=tuple((Path(name).name, name) for result in results for name in result.artefacts),
        versions=facts.versions,
        facts=next((result.banner for result in results), ()),
        record=str(done.record.folder),
    )


def _line(done: Run, each: Executed) -> StageLine:
    from runbook_lib.views.run_page import StageLine

    result = done.results.get(each.stage.slug)
    idle = result.idle if result else ""
    return StageLine(
        slug=each.stage.slug,
        number=each.stage.number,
        title=each.stage.title,
        state="failed" if each.error else "idle" if idle else "done",
        seconds=each.seconds,
        notebook=f"notebooks/{each.notebook.name}",
        html=f"notebooks/{each.notebook.stem}.html",
        message=each.message or idle,
        waiting=result.adapter_seconds if result else 0.0,
    )

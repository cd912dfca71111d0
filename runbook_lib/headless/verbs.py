"""Carry out plan, apply, verify and destroy over one parameter file."""

from __future__ import annotations

import getpass
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import engine, errors, evidence, place
from runbook_lib.engine.approving import Case
from runbook_lib.evidence import approvals
from runbook_lib.evidence.approved import find_plan
from runbook_lib.evidence.resuming import command, origin
from runbook_lib.headless.filing import filed
from runbook_lib.headless.line import Line
from runbook_lib.headless.notebook import papermill
from runbook_lib.headless.side_by_side import in_turn, side_by_side
from runbook_lib.headless.standing import carried_out
from runbook_lib.headless.stopping import told
from runbook_lib.headless.unattended import refuse_untyped
from runbook_lib.progress import Follower, Progress
from runbook_lib.runbook.closing import signing_key
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.versions import packages, versions
from runbook_lib.runbook.world import now
from runbook_lib.secrets import Known
from runbook_lib.stages import all_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from runbook_lib.evidence.record import RunVerb
    from runbook_lib.evidence.resuming import StoppedRun
    from runbook_lib.headless.outcome import Executed, Run
    from runbook_lib.headless.side_by_side import Begin, Execute, Way
    from runbook_lib.model import EnvironmentPlan, Stage
    from runbook_lib.parameters import Environment


TEARDOWN = "teardown"
"""The way back is a verb of its own."""


@dataclass(frozen=True)
class Consent:
    """Hold what a command says of approval: the plan's digest, who gives the command, and which risky changes he acknowledges.

    With `is_stored` only what was approved before counts, and naming the digest is none. `word` approves where no person does.
    """

    digest: str = ""
    by: str = ""
    acknowledge: tuple[str, ...] = ()
    is_stored: bool = False
    word: str = ""


def carry_out(
    file: Path,
    verb: RunVerb,
    *,
    stages: tuple[str, ...] = (),
    approve: str = "",
    by: str = "",
    acknowledge: tuple[str, ...] = (),
    is_stored: bool = False,
    detailed: bool = False,
    progress: Progress | None = None,
    execute: Execute | None = None,
) -> Run:
    """Carry out a command's verb: where the file approves automatically, plan first and approve that plan.

    With `is_stored`, apply carries out that plan, else the newest, under the approvals that lie beside it; where it was carried out under
    them already, it verifies.

    Raises InvalidParameters first, and ApprovalRefused when apply is given no approval and the file asks for one.
    """
    from runbook_lib.parameters.load import load

    environment = load(file)
    _stages(verb, stages)
    start = partial(run, file, stages=stages, progress=progress, execute=execute)
    if is_stored and environment.approval != "automatic":
        approve = approve or _newest(environment, place.typed(file))
        if over := carried_out(environment, approve):
            return start("verify", Consent(by=by), stages=stages or over, detailed=detailed)
    if verb not in {"apply", "destroy"} or approve:
        return start(verb, Consent(approve, by, acknowledge, is_stored), detailed=detailed)
    if environment.approval == "automatic":
        planned = start("plan" if verb == "apply" else verb, Consent(by=by))
        if planned.exit_code in {1, 2, 3, 5}:
            return planned
        return start(verb, Consent(planned.plan.digest, by, ("*",), word="approval: automatic"))
    if verb == "destroy":
        return start(verb, Consent(by=by))
    raise errors.ApprovalRefused(
        environment.environment, "apply needs an approval", f"run `runbook plan {place.typed(file)}`, read it, and pass --approve DIGEST"
    )


def _newest(environment: Environment, target: str) -> str:
    """Give the digest of the newest plan that was approved. Raises ApprovalRefused."""
    records = Records(environment)
    records.synchronise()
    return approvals.newest(records.store, environment, target)


def run(
    file: Path,
    verb: RunVerb,
    consent: Consent = Consent(),
    *,
    stages: tuple[str, ...] = (),
    detailed: bool = False,
    progress: Progress | None = None,
    execute: Execute | None = None,
    resuming: StoppedRun | None = None,
) -> Run:
    """Run the notebooks of a verb over one parameter file and file the record; `execute` runs one (default: papermill).

    What is resumed goes on under its own approval.

    Raises InvalidParameters before anything starts, also where somebody would have to be asked for a password, ApprovalRefused when no
    plan of these stages has the digest, PlanDrifted when the file was changed since, Unresolved when the key that signs the record cannot
    be read, Locked while another run writes.
    """
    from runbook_lib.parameters.load import as_parameters, load

    environment = load(file)
    chosen = _stages(verb, stages)
    records = Records(environment)
    records.synchronise()
    approved = resuming.approved if resuming is not None else _approved(records, consent)
    if approved is not None:
        chosen = _covered(chosen, approved, stages)
        refuse_untyped(approved, environment, records.folder)
    key, started = signing_key(environment), now()
    given, planners = resuming.granted if resuming is not None else _granted(records, approved, consent, file, started)
    facts = evidence.RunFacts(
        environment=environment.environment, verb=verb, started=started, source=file.name,
        stages=tuple(stage.slug for stage in chosen), versions=versions(), packages=packages(), target=place.typed(file),
        by=consent.by or getpass.getuser(), planned_by=planners, **_asked(verb, place.typed(file), stages, consent, resuming),
    )  # fmt: skip
    lock = _locked(records, facts, consent.digest, given) if approved is not None else nullcontext()
    with Known() as known, lock, records.recording(facts) as record, told(record):
        record.keep_parameters(environment)
        if approved is not None:
            record.approve(given, approved)
            records.begin(record)
        values = {**as_parameters(environment), "approve": consent.digest, "record": str(record.folder)}
        line = Line(engine.turns(chosen, engine.foundations(all_stages()), approved, only_plans=verb == "plan"))
        with nullcontext(in_turn(execute, record, values)) if execute else papermill(record, values, line) as way:
            executed = _executed(chosen, line, _discreetly(way, known), record, progress or Progress())
        return filed(record, executed, environment, known, key, detailed=detailed)


def _asked(verb: RunVerb, target: str, stages: tuple[str, ...], consent: Consent, resuming: StoppedRun | None) -> dict[str, Any]:
    """Write what was asked for as a command line, and name the run that it goes on from."""
    if resuming is not None:
        return {"command": command(resuming.record), "resumes": origin(resuming.record.folder)}
    options = (*(f"--stage {each}" for each in stages), *((f"--approve {consent.digest}",) if consent.digest else ()))
    return {"command": " ".join(("runbook", verb, target, *options))}


def _approved(records: Records, consent: Consent) -> EnvironmentPlan | None:
    """Find the plan that a command approves. Raises ApprovalRefused when there is none, PlanDrifted when the file was changed since."""
    return find_plan(records.store, records.environment, consent.digest) if consent.digest else None


def _granted(
    records: Records, approved: EnvironmentPlan | None, consent: Consent, file: Path, at: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the approvals under which a run may write, as they are kept, and who planned. Raises ApprovalRefused."""
    if approved is None:
        return (), ()
    found = approvals.stored(records.store, records.environment, consent.digest)
    case = Case(consent.digest, approved, records.environment, found.planners, at, place.typed(file))
    by = "" if consent.is_stored else consent.word or consent.by or "the command line"
    kept = approvals.grant(found, case, by=by, acknowledge=consent.acknowledge)
    return tuple(each.text for each in kept), tuple(sorted(found.planners))


@contextmanager
def _locked(records: Records, facts: evidence.RunFacts, digest: str, given: tuple[str, ...]) -> Iterator[None]:
    """Hold the lock of a run that writes.

    Raises Locked, and ApprovalRefused where somebody rejected the plan, or used up what the run was given, until it was had.
    """
    with records.locked(facts.verb, facts.started):
        found = approvals.stored(records.store, records.environment, digest)
        approvals.refuse_rejected(found, records.environment)
        approvals.refuse_used_up(found, given, records.environment)
        yield


def unlock(file: Path) -> str:
    """Take away the lock that a run left in the record store, and say whose it was. Raises Locked while that run goes on here."""
    from runbook_lib.parameters.load import load

    return Records(load(file, is_attended=True)).unlock(now())


def archive(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Store the records that are not whole in the bucket yet, hold every one there against its seal, and name both.

    Raises RunbookError for a record that is not as it was sealed, and where the records are in a folder.
    """
    from runbook_lib.parameters.load import load

    return Records(load(file, is_attended=True)).archive()


def _covered(chosen: tuple[Stage, ...], approved: EnvironmentPlan, named: tuple[str, ...]) -> tuple[Stage, ...]:
    """Keep the stages that an approved plan covers. Raises ApprovalRefused when it covers none, or not one that was asked for by name."""
    covered = {plan.stage for plan in approved.plans}
    missing = [name for name in named if name not in covered]
    kept = tuple(stage for stage in chosen if stage.slug in covered)
    if missing or not kept:
        asked = ", ".join(missing or [stage.slug for stage in chosen])
        what = f"the approval {approved.digest[:12]} is for a plan of {', '.join(sorted(covered)) or 'nothing'}, not of {asked}"
        raise errors.ApprovalRefused(approved.environment, what, "plan what you want to apply, and approve the digest it shows")
    return kept


def _stages(verb: RunVerb, names: tuple[str, ...]) -> tuple[Stage, ...]:
    if verb == "destroy":
        return tuple(stage for stage in all_stages() if stage.slug == TEARDOWN)
    if problems := unknown_stages(verb, names):
        raise errors.InvalidParameters("command line", problems)
    return tuple(stage for stage in all_stages() if stage.slug != TEARDOWN and (not names or stage.slug in names))


def unknown_stages(verb: RunVerb, names: Iterable[str]) -> list[errors.Problem]:
    """List which of the stages that a command names are none of its verb."""
    known = [stage.slug for stage in all_stages() if stage.slug != TEARDOWN]
    way_out = f"use one of {', '.join(known)}"
    return [errors.Problem(0, "--stage", f"{name} is not a stage of {verb}", way_out) for name in names if name not in known]


def _discreetly(way: Way, known: Known) -> Way:
    """Let no error that a kernel told show a secret, on the terminal either."""

    @contextmanager
    def prepare(stage: Stage) -> Iterator[Callable[[Begin], Executed]]:
        def hidden(begin: Begin) -> Executed:
            done = execute(begin)
            return replace(done, message=known.hiding()(done.message))

        with way.prepare(stage) as execute:
            yield hidden

    return replace(way, prepare=prepare)


def _executed(stages: tuple[Stage, ...], line: Line, way: Way, record: evidence.Record, progress: Progress) -> tuple[Executed, ...]:
    with Follower(record.folder, progress):
        return tuple(side_by_side(stages, line, way, progress))

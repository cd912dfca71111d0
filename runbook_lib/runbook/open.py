"""Open a stage from a notebook's parameters: validate, find or make the record, connect lazily."""

from __future__ import annotations

import getpass
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import engine, evidence, place
from runbook_lib.errors import GuardRefused
from runbook_lib.evidence import approvals, steps
from runbook_lib.parameters import Environment
from runbook_lib.runbook import interactive
from runbook_lib.runbook.closing import signing_key
from runbook_lib.runbook.prompting import prompted
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.scope import scope_of
from runbook_lib.runbook.setting import Setting
from runbook_lib.runbook.stage_run import StageRun
from runbook_lib.runbook.start import Start
from runbook_lib.runbook.traffic import Traffic
from runbook_lib.runbook.versions import packages, versions
from runbook_lib.runbook.world import World, now
from runbook_lib.secrets import Known, ask, take_over
from runbook_lib.stages import all_stages
from runbook_lib.views import live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.evidence.record import RunVerb
    from runbook_lib.model import Stage


def open_stage(slug: str, parameters: Mapping[str, Any]) -> StageRun:
    """Open one stage with the values of a notebook's parameters cell.

    Raises InvalidParameters with every problem at once, GuardRefused when the record belongs to another environment, and, for a notebook
    that runs alone, Unresolved when the key that signs cannot be read and Locked when it was given an approval while another run writes.
    """
    from runbook_lib import views

    views.register()
    take_over()
    environment, source = _environment(parameters)
    approve = str(parameters.get("approve") or "")
    folder = str(parameters.get("record") or "")
    records = Records(environment)
    working = None if folder or parameters.get("environment") else place.working_folder()
    lock = _lock(records, slug, is_writing=bool(approve) and working is None) if not folder else None
    if not folder:
        signing_key(environment)
    record = _step(records, source, slug, working) if working is not None else _record(folder, records, source, approve, slug)
    facts = record.facts
    scope = scope_of(environment)
    from runbook_lib.adapters.target import connect

    traffic = Traffic()
    target = connect(environment, recorder=traffic.heard)
    world = World(target, record, environment, source.parent, scope, lock, traffic, earlier(slug))
    setting = Setting(
        stage=stage_named(slug), environment=environment, world=world, record=record, scope=scope, approve=approve,
        acknowledge=tuple(str(parameters.get("acknowledge") or "").split()),
        verb=facts.verb, known=None if folder else Known().open(), records=records,
        file=None if parameters.get("environment") else source,
    )  # fmt: skip
    ask(prompted(environment))
    return StageRun(setting)


def open_start(parameters: Mapping[str, Any]) -> Start:
    """Open the start page: environments, stages, and the choice between them."""
    from runbook_lib import views

    views.register()
    return Start(dict(parameters))


def stage_named(slug: str) -> Stage:
    """Import the stage of a slug."""
    stage: Stage = importlib.import_module(f"runbook_lib.stages.{slug}").STAGE
    return stage


def earlier(slug: str) -> tuple[Stage, ...]:
    """Give the stages that one builds on, in their order."""
    stages = all_stages()
    known = engine.foundations(stages)[slug]
    return tuple(stage for stage in stages if stage.slug in known)


def _environment(parameters: Mapping[str, Any]) -> tuple[Environment, Path]:
    from runbook_lib.parameters.load import load, validate

    given = {name: parameters[name] for name in _keys() if name in parameters}
    if not given.get("environment"):
        path = place.chosen()
        return load(path, is_attended=live.has_front_end()), path
    return validate(given), place.home() / "parameters" / "papermill"


def _keys() -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in Environment.model_fields.items())


def _writing(slug: str) -> RunVerb:
    return "destroy" if slug == "teardown" else "apply"


def _lock(records: Records, slug: str, *, is_writing: bool) -> evidence.Lock | None:
    """Learn what other machines recorded; who will write takes the lock first."""
    if is_writing:
        return records.acquire(f"{_writing(slug)} of {slug}", now())
    records.synchronise()
    return None


def _step(records: Records, source: Path, slug: str, working: Path) -> evidence.Record:
    """Find or begin the record that all notebooks of a working folder share."""
    at = now()
    facts = evidence.RunFacts(
        environment=records.environment.environment, verb="step", started=at, source=source.name, versions=versions(),
        packages=packages(), target=place.typed(source), by=getpass.getuser(),
    )  # fmt: skip
    record = interactive.record_of(records, facts, working)
    steps.opened(record, slug, at)
    return record


def _record(folder: str, records: Records, source: Path, approve: str, slug: str) -> evidence.Record:
    name = records.environment.environment
    if not folder:
        verb: RunVerb = _writing(slug) if approve else "plan"
        facts = evidence.RunFacts(
            environment=name, verb=verb, started=now(), source=source.name, stages=(slug,), versions=versions(),
            packages=packages(),
            by=getpass.getuser(), planned_by=approvals.planners(records.store, records.environment, approve) if approve else (),
        )  # fmt: skip
        record = records.create(facts)
        record.keep_parameters(records.environment)
        return record
    record = evidence.Record(Path(folder))
    if record.facts.environment != name:
        raise GuardRefused(folder, f"is a record of {record.facts.environment}, not of {name}", "start a new run")
    return record

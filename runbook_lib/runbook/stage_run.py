"""One stage in one run: the straight line that a notebook steps through."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib import engine, evidence
from runbook_lib.adapters.together import both
from runbook_lib.engine.apply import NOT_APPROVED, USED_UP
from runbook_lib.engine.plan import desired as wanted_by
from runbook_lib.errors import RunbookError
from runbook_lib.evidence import snapshots
from runbook_lib.evidence.made import made_here
from runbook_lib.model import Finding, Plan, Receipt
from runbook_lib.resources.records import FindingsAsked
from runbook_lib.runbook import artefacts, asking, closing, folding, gating, owing, prompting, stepping
from runbook_lib.runbook.applying import Watched, in_thread, without_owed
from runbook_lib.runbook.setting import Setting, facts_of, goes_on
from runbook_lib.runbook.world import now
from runbook_lib.views import live
from runbook_lib.views.shown import Closing, DesiredResources, Findings, Gate, StageBanner
from runbook_lib.views.watching import Watch

if TYPE_CHECKING:
    from runbook_lib.model import Inventory, Reading, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.runbook.world import World
    from runbook_lib.views.shown import ParameterForm


class ChecksBroken(RunbookError):
    """Tell a stock papermill run that something is broken; `runbook` reads the record instead."""

    exit_code = 4


class StageRun:
    """Step through one stage: open, pre-flight, desired, plan, approve, apply, verify, evidence."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._idle = setting.stage.idle(setting.environment)
        self._plan: Plan | None = None
        self._receipt: Receipt | None = None
        self._findings: tuple[Finding, ...] = ()
        self._readings: tuple[Reading, ...] = ()
        self._writes = False
        self._is_approved = False
        self._stop = threading.Event()
        self._at = self._gated = ""

    @property
    def banner(self) -> StageBanner:
        """Show where this run works, as whom, and on what."""
        return StageBanner(self._setting.stage, facts_of(self._setting), self._idle, self._setting.environment.environment)

    def form(self) -> ParameterForm:
        """Show what the parameter file says of this stage, for somebody to change where the file was chosen in 00_start."""
        return folding.form(self._setting, is_done=self._is_done)

    def preflight(self) -> Findings:
        """Check what must hold before the first write; reads only."""
        self._look_anew()
        self._keep(() if self._idle else engine.check(*self._subject, when=("plan",)))
        empty = self._idle or "this stage has nothing to check before it plans"
        return Findings(self._findings, "Pre-flight", empty, readings=self._readings)

    def desired(self) -> DesiredResources:
        """Show what this stage wants, from the parameters and what was found; reads only."""
        stage, environment, world = self._subject
        self._setting.look_anew()
        if self._idle:
            return DesiredResources((), {}, self._idle)
        inventory, refusals = engine.inventory_of(stage.parts, environment, world)
        wanted = wanted_by(stage, environment, inventory, refusals)
        texts, tables = dict(stage.artefacts(environment, wanted.resources)), stage.tables(environment)
        return DesiredResources(wanted.resources, texts, tables=tables, is_done=self._is_done)

    def plan(self) -> Plan:
        """Compare what is wanted with what is there; writes nothing. Raises RunbookError when the file was changed since it was opened."""
        self._setting.require_same_file()
        self._look_anew()
        self._plan = self._planned()
        return self._plan

    def gate(self, plan: Plan) -> Gate:
        """Hold the plan against the approval that was given. Raises ApprovalRefused when it is not for this plan."""
        self._gated = now()
        gate = gating.gate(self._setting, plan)
        self._is_approved = bool(gate.approvals)
        return gate

    async def apply(self, plan: Plan, gate: Gate) -> Receipt:
        """Write what was approved, and nothing else; without an approval every change is withheld.

        A new password that is to be kept is asked for here, and nowhere else. Raises RunbookError when the file was changed since it was
        opened: whoever protected the environment meanwhile has the last word.
        """
        gate = asking.given(self._setting, gate, self._gated) if self._setting.is_step else gate
        self._is_approved = bool(gate.approvals)
        if gate.approvals:
            self._setting.require_same_file()
            prompting.ask_for_new(plan)
        self._stop.clear()
        watch = Watch(gate.approved.changes)
        with live.progress_of(watch, self, is_shown=bool(gate.approvals and gate.plan.changes)) as look:
            self._receipt = await in_thread(partial(self._apply, plan, gate, watch), look, self.stop)
        entries = self._receipt.entries
        self._setting.world.left = tuple(entry.change.address for entry in entries if entry.outcome == "owed")
        return self._receipt

    def verify(self) -> Findings:
        """Judge what is there, read again where something was written; a run that only plans shows what is owed and contested."""
        self._look_anew()
        findings, fresh = tuple[Finding, ...](), self._plan
        if not self._idle and self._only_plans:
            plan = self._plan or self._planned()
            findings = (*self._findings, *engine.state(plan.model_copy(update={"changes": (), "kept": ()})))
        elif not self._idle:
            fresh, answers = self._reread()
            if self._writes:
                snapshots.keep(self._setting.record, fresh, "after")
            ways = self._ways_out()
            fresh = without_owed(fresh, self._receipt, ways)
            # What a destroy keeps is what it undid earlier; nobody wants it.
            fresh = fresh.model_copy(update={"kept": ()}) if self._is_teardown else fresh
            findings = engine.verify(*self._subject, fresh, self._left_by_others(), ways, answers)
        self._keep(findings, fresh)
        empty = "nothing was applied, so there is nothing to prove yet" if self._only_plans else "nothing to verify"
        pending = len(self._plan.changes) if self._plan is not None and self._only_plans else 0
        return Findings(findings, "Verify", self._idle or empty, pending, self._readings)

    def close(self) -> Closing:
        """Keep what this stage found and did in the record, and let its connections go.

        Raises Leaked and ChecksBroken when the notebook runs alone and a secret stood in its record, or something is broken.
        """
        setting = self._setting
        names = () if self._idle else artefacts.kept(setting, self._plan, self._receipt)
        result = evidence.StageResult(
            stage=setting.stage.slug, at=self._at, banner=self.banner.facts, idle=self._idle, plan=self._plan, receipt=self._receipt,
            findings=self._findings, artefacts=names, adapter_seconds=round(setting.world.seconds, 3),
            reads=setting.world.traffic.reads, readings=self._readings,
        )  # fmt: skip
        setting.record.close_stage(result)
        try:
            if setting.is_alone:
                closing.close_alone(setting, self._plan)
            elif setting.is_step:
                closing.search_step(setting)
        finally:
            # What cannot be stored keeps its lock: nobody else may go on before it is.
            if setting.is_alone:
                setting.records.keep(setting.record)
            setting.world.close()
        broken = [finding for finding in self._findings if finding.verdict == "broken" and not finding.warning]
        if broken and setting.is_alone and setting.verb == "apply":
            raise ChecksBroken(setting.stage.slug, f"{len(broken)} checks are broken", broken[0].way_out)
        return closing.told(setting, names)

    def stop(self) -> None:
        """Ask a running apply to stop before its next write."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        """Tell whether somebody asked."""
        return self._stop.is_set()

    def _keep(self, findings: tuple[Finding, ...], seen: Plan | None = None) -> None:
        """Keep findings with what they refer to, as it was read."""
        values = snapshots.snapshot(seen, "after").values if seen is not None else {}
        self._findings, answers, calls = findings, self._setting.world.answers, self._setting.world.calls
        self._readings = engine.readings(findings, values, answers, calls, self._at)

    @property
    def _is_done(self) -> bool:
        """Tell whether who steps through this stage finds it converged, by the same parameters, and nothing was seen to differ since."""
        return not (self._plan is not None and self._plan.changes) and folding.was_done(self._setting)

    def _look_anew(self) -> None:
        """Ask anew where somebody looks, and note when: what is found is of that time, whenever it is kept."""
        self._setting.look_anew()
        self._at = now()

    @property
    def _subject(self) -> tuple[Stage, Environment, World]:
        return self._setting.stage, self._setting.environment, self._setting.world

    @property
    def _only_plans(self) -> bool:
        """Tell whether the run was asked for a plan and nothing else; who steps through it proves what is in place as well."""
        verb = self._setting.verb
        if verb == "step":
            return not self._is_approved and self._plan is not None and bool(self._plan.changes)
        return verb == "plan" or (verb == "destroy" and not self._setting.approve)

    def _left_by_others(self) -> dict[str, str]:
        """Pair what other stages of this run left to someone else with who that is."""
        return {each.address: each.by for each in self._run_findings() if each.verdict == "owed" and each.address}

    def _ways_out(self) -> dict[str, str]:
        """Give the ways out that fit what the apply left open, and what others did."""
        setting, receipt = self._setting, self._receipt
        is_owed = receipt is not None and any(each.outcome == "owed" for each in receipt.entries)
        names = tuple(artefacts.wanted(setting, self._plan)) if is_owed else ()
        left = owing.elsewhere(each for each in self._run_findings() if each.verdict == "owed" and each.address)
        return {**dict(left), **owing.ways_out(setting.stage.slug, receipt, names, goes_on(setting))}

    def _run_findings(self) -> tuple[Finding, ...]:
        findings: tuple[Finding, ...] = self._setting.world.ask((FindingsAsked(),))[FindingsAsked()]
        return findings

    @property
    def _is_teardown(self) -> bool:
        return self._setting.stage.slug == "teardown"

    def _history(self) -> engine.History:
        return evidence.history(self._setting.record.folder.parent)

    def _reread(self) -> tuple[Plan, Inventory]:
        """Plan by what is there now, and ask at the same time what the checks need."""
        stage, environment, world = self._subject
        fresh, (answers, _) = both(self._planned, lambda: engine.inventory_of(stage.checks, environment, world))
        return fresh, answers

    def _planned(self) -> Plan:
        setting = self._setting
        environment = setting.environment
        if self._idle:
            return Plan(stage=setting.stage.slug, environment=environment.environment, scope=setting.scope)
        if self._is_teardown:
            return engine.reverse(environment.environment, self._history(), setting.world, setting.scope)
        plan, _ = engine.plan(*self._subject, setting.scope, self._history())
        return plan

    def _apply(self, plan: Plan, gate: Gate, watch: Watch) -> Receipt:
        setting = self._setting
        own = setting.record.journal(is_undo=self._is_teardown, now=now, scope=setting.scope, sender=setting.world.sender)
        journal = Watched(setting.records.journalled(setting.record, own), own, watch)
        self._writes = bool(gate.approvals and gate.approved.changes)
        # Who steps through notebooks holds the lock while he writes, not while he reads.
        lock = setting.records.locked(f"apply of {setting.stage.slug}", now()) if self._writes and setting.is_step else nullcontext()
        with lock, setting.world.traffic.into(journal):
            fresh = self._before(plan) if self._writes else plan
            approvals = stepping.unused(setting.record, gate.approvals, fresh) if setting.is_step else gate.approvals
            receipt = engine.apply(
                gate.approved, approvals, fresh, setting.world, journal, now=now, stopped=self._stop.is_set,
                owners=lambda change: owing.owner(setting.stage, change, self._left_by_others()),
                withheld=USED_UP if gate.approvals and not approvals else NOT_APPROVED,
            )  # fmt: skip
        return made_here(setting.record, receipt)

    def _before(self, plan: Plan) -> Plan:
        """Keep what is there now: what is written is held against it.

        Whoever runs a cell may have read the plan for an hour, or run this cell before; a run has just planned, and applies once.
        """
        fresh = plan
        if not self._setting.is_of_run:
            self._setting.world.forget()
            fresh = self._planned()
        snapshots.keep(self._setting.record, fresh, "before")
        return fresh

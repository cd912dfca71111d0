"""Say how a run and each of its notebooks went, and which exit code follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib import errors, evidence
from runbook_lib.model import EnvironmentPlan

if TYPE_CHECKING:
    from runbook_lib.model import Finding, Stage

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


@dataclass(frozen=True)
class Executed:
    """State how one notebook went: `error` is the class name of what it raised, `message` its text, `started` when it began (UTC).

    `ended` is when the last of it was done, where somebody stepped through it and paused between its cells; else it is empty.
    """

    stage: Stage
    seconds: float
    notebook: Path
    error: str = ""
    message: str = ""
    started: str = ""
    ended: str = ""


@dataclass(frozen=True)
class Run:
    """State how a run went.

    `leaks` are files of its record in which a secret stood, `record_digest` is that of the closed record, `signer` the key that signed it,
    `way_on` what to type next.
    """

    record: evidence.Record
    executed: tuple[Executed, ...]
    results: dict[str, evidence.StageResult] = field(default_factory=dict)
    exit_code: int = 0
    leaks: tuple[Finding, ...] = ()
    record_digest: str = ""
    signer: str = ""
    way_on: str = ""

    @property
    def plan(self) -> EnvironmentPlan:
        """Give the stages' plans as one."""
        plans = tuple(result.plan for result in self.results.values() if result.plan is not None)
        return EnvironmentPlan(environment=self.record.facts.environment, plans=plans)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give every stage's findings, and those about the record itself."""
        return (*(finding for result in self.results.values() for finding in result.findings), *self.leaks)


def code_of(error: str) -> int:
    """Give the exit code of an exception by its class name; 1 for one that is not ours."""
    kind = getattr(errors, error, None)
    return int(kind.exit_code) if isinstance(kind, type) and issubclass(kind, errors.RunbookError) else 1


def exit_code(run: Run, *, detailed: bool = False) -> int:
    """Give the first code of the order 5, 2, 3, 1, 4, 6, 7 that holds, else 0."""
    held = {code_of(each.error) for each in run.executed if each.error}
    outcomes = {entry.outcome for result in run.results.values() if result.receipt for entry in result.receipt.entries}
    verdicts = {finding.verdict for finding in run.findings if not finding.warning}
    if outcomes & {"failed", "rolled back"} or run.leaks:
        held.add(1)
    if "broken" in verdicts:
        held.add(4)
    is_unfinished = any(each.stage.slug not in run.results for each in run.executed)
    if verdicts & {"unknown", "owed"} or "owed" in outcomes or is_unfinished:
        held.add(6)
    if detailed and not run.plan.is_empty:
        held.add(7)
    return next((code for code in errors.PRECEDENCE if code in held), 0)

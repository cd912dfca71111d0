"""What a run's page and its terminal summary are written from, and what both say in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from runbook_lib.engine.apply import IN_PLACE
from runbook_lib.engine.risk import to_acknowledge
from runbook_lib.errors import ApprovalRefused
from runbook_lib.views.blocks import counted
from runbook_lib.views.writes import seconds

if TYPE_CHECKING:
    from runbook_lib.model import Approval, Entry, EnvironmentPlan, Finding, Plan, Reading, Receipt, Verdict
    from runbook_lib.views.blocks import Tone
    from runbook_lib.views.since import Since
    from runbook_lib.views.writes import Write

StageState = Literal["done", "failed", "idle", "not finished", "not reached"]


@dataclass(frozen=True)
class StageLine:
    """State how one stage's notebook went; `notebook` and `html` are relative to the record, empty when there is none.

    `waiting` are the seconds of `seconds` that AWS and the databases took; `message` is the error or why it was idle. `started` is empty
    where nobody noted it; `ended` tells when the last cell of a notebook ended that somebody stepped through, else it is empty.
    """

    slug: str
    number: int
    title: str
    state: StageState
    seconds: float = 0.0
    notebook: str = ""
    html: str = ""
    message: str = ""
    waiting: float = 0.0
    started: str = ""
    ended: str = ""

    @property
    def span(self) -> float:
        """Give the seconds from its beginning to its end, pauses between its cells included."""
        return (seconds(self.started, self.ended) or 0.0) if self.ended else self.seconds


@dataclass(frozen=True)
class RunPage:
    """Hold everything that a run's page shows; `record` is where it lies, times are ISO 8601 in UTC.

    `artefacts` pairs a name with its path, `versions` and `packages` a name with its version; paths are relative to the record. `target`
    is the parameter file as a command takes it, `command` what was asked for, `resumes` the record that the run goes on from; `since` is
    None where nothing was compared; `has_approvers` says that only what they sign counts.
    """

    environment: str
    verb: str
    started: str
    finished: str
    exit_code: int
    exit_meaning: str
    account: str
    region: str
    endpoint: str
    plan: EnvironmentPlan | None = None
    approvals: tuple[Approval, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    findings: tuple[Finding, ...] = ()
    stages: tuple[StageLine, ...] = ()
    artefacts: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    record: str = ""
    target: str = ""
    command: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    writes: tuple[Write, ...] = ()
    since: Since | None = None
    resumes: str = ""
    has_approvers: bool = False
    readings: tuple[Reading, ...] = ()

    @property
    def by(self) -> str:
        """Name who approved."""
        return ", ".join(dict.fromkeys(each.by for each in self.approvals))

    @property
    def is_stepped(self) -> bool:
        """Tell whether somebody stepped through notebooks, and approved each stage by itself."""
        return self.verb == "step"

    @property
    def title(self) -> str:
        """Name environment and verb."""
        return f"{self.environment}: {'step by step' if self.is_stepped else self.verb}"

    @property
    def seconds(self) -> float:
        """Give the seconds between start and end, 0 when either is not known."""
        return seconds(self.started, self.finished) or 0.0

    @property
    def tone(self) -> Tone:
        """Colour the result: what somebody else owes is no failure, what is pending neither."""
        tones: dict[int, Tone] = {0: "good", 6: "owed", 7: "change"}
        return tones.get(self.exit_code, "bad")

    def plan_of(self, slug: str) -> Plan | None:
        """Give a stage's plan."""
        return next((each for each in self.plan.plans if each.stage == slug), None) if self.plan else None

    def receipt_of(self, slug: str) -> Receipt | None:
        """Give a stage's receipt."""
        return next((each for each in self.receipts if each.stage == slug), None)

    def findings_of(self, slug: str) -> tuple[Finding, ...]:
        """Give a stage's findings."""
        return tuple(each for each in self.findings if each.stage == slug)

    def number_of(self, verdict: Verdict, slug: str = "") -> int:
        """Count findings of one verdict, of one stage or of all."""
        return sum(each.verdict == verdict and slug in {"", each.stage} for each in self.findings)


def result(page: RunPage) -> str:
    """Say in one sentence what came of the run."""
    parts = [_changes(page), _broken(page)]
    for verdict, words in (("owed", "owed by somebody else"), ("unknown", "undecided")):
        number = page.number_of(verdict)  # type: ignore[arg-type]
        if number:
            parts.append(f"{counted(number, 'claim')} {words}")
    failed = [each for each in page.stages if each.state == "failed"]
    if failed:
        parts.insert(0, f"{', '.join(each.title for each in failed)} stopped with an error")
    if unfinished := sum(each.state == "not finished" for each in page.stages):
        parts.append(f"{counted(unfinished, 'notebook')} {'was' if unfinished == 1 else 'were'} not run to its end")
    said = "; ".join(filter(None, parts))
    return f"{said[:1].upper()}{said[1:]}." if said else f"{page.exit_meaning[:1].upper()}{page.exit_meaning[1:]}."


def in_place(entry: Entry) -> bool:
    """Tell whether a change counts as applied because an earlier run made it."""
    return entry.outcome == "applied" and entry.detail == IN_PLACE


def _changes(page: RunPage) -> str:
    applied = [entry for receipt in page.receipts for entry in receipt.entries if entry.outcome == "applied"]
    standing = sum(in_place(entry) for entry in applied)
    others = [entry.outcome for receipt in page.receipts for entry in receipt.entries if entry.outcome != "applied"]
    withheld = others.count("withheld")
    rest = len(others) - withheld
    if page.verb in {"apply", "destroy", "step"} and page.approvals:
        made = len(applied) - standing
        said = f"{counted(made, 'change')} applied" if made else f"nothing {'was' if others else 'had to be'} written"
        numbers = ((standing, "in place already"), (rest, "not"), (withheld, "withheld"))
        return ", ".join((said, *(f"{number:,} {words}" for number, words in numbers if number)))
    if page.verb == "verify":
        return ""
    number = sum(len(each.changes) for each in page.plan.plans) if page.plan else 0
    if number:
        return f"{counted(number, 'change')} planned, nothing written"
    return "nothing was written" if any(each.state in {"failed", "not finished"} for each in page.stages) else "nothing would change"


def _broken(page: RunPage) -> str:
    broken = page.number_of("broken")
    if broken:
        return f"{counted(broken, 'claim')} broken"
    kept = page.number_of("kept")
    return f"{counted(kept, 'claim')} kept" if kept else ""


def next_step(page: RunPage) -> str:
    """Say what to type next, empty when there is nothing."""
    target = page.target or page.environment
    if page.verb in {"apply", "destroy"} and page.approvals and _is_stopped(page):
        is_refused = page.exit_code == ApprovalRefused.exit_code
        verb = "destroy" if page.verb == "destroy" else "plan"
        return f"runbook {verb} {target}" if is_refused else f"runbook resume {PurePath(page.record).name} {target}"
    if page.plan is None or page.plan.is_empty or page.approvals or page.exit_code in {1, 2, 3, 5}:
        return ""
    if page.verb in {"plan", "destroy"} and page.has_approvers:
        return _signing(page, target)
    if page.verb == "plan":
        return f"runbook apply {target} --approve {page.plan.digest}"
    if page.verb == "destroy":
        return f"runbook destroy {target} --approve {page.plan.digest}"
    return f"runbook plan {target}"


def _signing(page: RunPage, target: str) -> str:
    """Say how an approver signs what was planned."""
    risks = " --acknowledge ADDRESS" if page.plan is not None and to_acknowledge(page.plan.plans) else ""
    return f"runbook approve {target}/{PurePath(page.record).name} --key PRIVATE.pem{risks}"


def _is_stopped(page: RunPage) -> bool:
    """Tell whether an approved run did not come to its end; what somebody else owes does not stop it."""
    outcomes = {entry.outcome for receipt in page.receipts for entry in receipt.entries}
    return bool(outcomes & {"failed", "rolled back", "withheld"}) or any(each.state in {"failed", "not reached"} for each in page.stages)

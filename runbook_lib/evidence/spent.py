"""Tell which approvals are used up: all that they are for was made under them, so that what was undone since is approved anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from runbook_lib.evidence import statement, steps
from runbook_lib.evidence.record import RunEnd, records
from runbook_lib.evidence.strict import Unsound, opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runbook_lib.evidence.record import Record
    from runbook_lib.model import Approval, EnvironmentPlan, Receipt


class Done(NamedTuple):
    """Hold where all that an approved plan changes of a stage was made, until when, and under which approvals."""

    approved: EnvironmentPlan
    stage: str
    record: str
    at: str
    approvals: tuple[Approval, ...]

    def uses_up(self, approval: Approval) -> bool:
        """Tell whether an approval was for this: it was made under it, or the approval was there before it ended."""
        return approval in self.approvals or approval.at <= self.at


def spent(store: Path, environment: str, digest: str, approvals: Iterable[Approval]) -> dict[Approval, Done]:
    """Give the approvals of a digest that are used up, each with what ended last of all that it is for.

    A run that was cut off uses up nothing, nor does what failed or is owed: whoever goes on does so under the same approval. A plan that
    changes nothing uses up none.
    """
    asked = [each for each in approvals if each.digest == digest]
    done = sorted(_done(store, environment, digest), key=lambda each: each.at, reverse=True) if asked else []
    found: dict[Approval, Done] = {}
    for each in asked:
        # Of several that made the same, as one that only found it in place, the first tells.
        under = {one.stage: one for one in done if one.uses_up(each)}
        if under and under.keys() >= {plan.stage for plan in done[0].approved.plans if plan.changes}:
            found[each] = max(under.values(), key=lambda one: one.at)
    return found


def _done(store: Path, environment: str, digest: str) -> Iterator[Done]:
    for record in records(store, environment):
        yield from _stepped(record, digest) if record.facts.verb == "step" else _run(record, digest)


def _run(record: Record, digest: str) -> Iterator[Done]:
    """List the stages that a run, or a notebook that ran alone, carried out; none of one that did not come to its end."""
    # The plan is as large as what it changes: it is read where its digest is meant.
    if _digest(record.folder / "approval.json") != digest or statement.newest(record.folder) is None:
        return
    approved, results = record.approved(), record.results()
    if approved is None or set(record.facts.stages) - set(results):
        return
    for plan in approved.plans:
        receipt = results[plan.stage].receipt if plan.stage in results else None
        if plan.changes and receipt is not None and receipt.approvals and receipt.is_applied:
            yield Done(approved, plan.stage, record.folder.name, _ended(record, receipt), receipt.approvals)


def _stepped(record: Record, digest: str) -> Iterator[Done]:
    """List the stages that somebody stepped through under a digest, as receipt or journal tells."""
    for stage in sorted(steps.opened_stages(record.folder)):
        for each in steps.consents(record.folder, stage):
            at = steps.carried_out_at(record, each) if each.digest == digest == each.approved.digest else ""
            if at:
                yield Done(each.approved, stage, record.folder.name, at, each.approvals)


def _ended(record: Record, receipt: Receipt) -> str:
    """Tell when a run ended; of a notebook that ran alone, when it made the last of its changes."""
    end = record.folder / "end.json"
    if end.is_file():
        return RunEnd.model_validate_json(end.read_text("utf-8")).finished
    return max((each.at for each in receipt.entries), default="")


def _digest(approval: Path) -> str:
    """Read what a run was approved for; empty where it was not."""
    try:
        return str(opened(approval.read_bytes()).said["subject"][0]["digest"]["sha256"])
    except (OSError, Unsound, KeyError, IndexError, TypeError):
        return ""

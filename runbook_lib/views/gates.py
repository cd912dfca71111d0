"""Draw the gate: whether a plan may be applied, who has to sign it, and by which commands it is approved elsewhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib.engine.risk import to_acknowledge
from runbook_lib.views import plans
from runbook_lib.views.blocks import Code, Facts, Folded, Grid, Mark, Note, counted
from runbook_lib.views.many import first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Plan
    from runbook_lib.views.blocks import Block, Cell
    from runbook_lib.views.shown import Asking, Gate, Signatures

FEW = 5
"""Grave changes that a command names one by one."""


def gate(value: Gate) -> Iterator[Block]:
    """Say whether the plan may be applied, and how to approve it when it may not."""
    if value.approvals:
        yield Note((f"Approved by {', '.join(each.by for each in value.approvals)}.",), "good")
        if value.plan.digest != value.approved.digest:
            done = len(value.approved.changes) - len(value.plan.changes)
            yield Note((f"An approved run goes on: {done} of {counted(len(value.approved.changes), 'change')} are in place.",))
        for each in value.approvals:
            yield from plans.approval(each)
    elif value.plan.changes:
        yield from _signed(value.signatures, value.plan.environment) if value.signatures is not None else ()
        yield from _asked(value.asking, value.plan.digest) if value.asking is not None else ()
        number = counted(len(value.plan.changes), "change")
        yield Note((f"Not approved: Apply will withhold {number} and write nothing.",), "change")
        yield from _ways(value)
    elif value.plan.owed or value.plan.contested:
        yield from _left_out(value.plan)
    else:
        yield Note(("Nothing to approve: the plan is empty.",), "good")


def _left_out(plan: Plan) -> Iterator[Block]:
    """Name what a plan without changes may be empty for; nobody takes it for one that was held against everything."""
    verdicts = [each.verdict for each in plan.owed]
    said = [f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts)]
    said += [f"{len(plan.contested)} contested"] if plan.contested else []
    yield Note((f"Nothing to approve, and not all was looked at: the plan leaves out {', '.join(said)}.",), "quiet")
    yield from plans.left_out(plan)


def _signed(found: Signatures, environment: str) -> Iterator[Block]:
    """Say how many have to sign, who may, and who has."""
    protected = f"{environment} is protected: it" if found.is_protected else environment
    there = f"; signed by {', '.join(found.signed)}" if found.signed else ""
    if not found.lacking:
        yield Note((f"{protected} takes {counted(found.needed, 'signature')}{there}.",), "good")
        return
    whom = " or ".join(each for each in found.approvers if each not in found.signed)
    yield Note((f"{protected} needs {counted(found.lacking, 'signature')} of {whom}{there}.",), "owed")


def _asked(asking: Asking, digest: str) -> Iterator[Block]:
    """Show where a plan would be applied, and what has to be acknowledged by itself."""
    facts = tuple((label, (text,)) for label, text in asking.facts)
    yield Facts("Where it would be applied", (*facts, ("Digest", (Code(digest),))))
    if asking.acknowledge:
        some, more = first(asking.acknowledge, plans.PLAN)
        rows = tuple(((Mark(risks, "bad", "!"),), (Code(address),)) for address, risks in some)
        yield Grid("To acknowledge one by one", ("risk", "change"), rows, more=more)


def _ways(value: Gate) -> Iterator[Block]:
    """Show the commands, those that somebody else signs with first; what cannot count is no way."""
    target, found, is_asked = value.target or value.plan.environment, value.signatures, value.asking is not None
    # A run, and a notebook that runs alone, leave a plan that a command finds; who steps through notebooks leaves steps.
    planned: tuple[tuple[str, Cell], ...] = (("plan it, with the same digest", (Code(_plan(value.plan, target)),)),) if is_asked else ()
    here: tuple[str, Cell] = (
        "in this notebook",
        (Code(f'approve = "{value.plan.digest}"'), "in the parameters cell, then run all cells again"),
    )
    shell: tuple[str, Cell] = ("this stage, from a shell", (Code(_apply(value.plan, target)),))
    if found is None:
        stated = Facts("To approve exactly this plan", (here, *planned, shell))
        yield Folded("Other ways to approve exactly this plan", (stated,)) if is_asked else stated
        return
    if found.lacking:
        sign = f"runbook approve {target}/{value.plan.digest} --key PRIVATE.pem{_acknowledged(value.plan)}"
        yield Facts("To have it signed", (*planned, ("sign it", (Code(sign), "PRIVATE.pem is the key of whoever signs"))))
    caption = "Other ways, once it is signed" if is_asked else "To apply it, once it is signed"
    yield Folded(caption, (Facts(caption, (shell,) if found.is_protected else (here, shell)),))


def _plan(value: Plan, target: str) -> str:
    return f"runbook destroy {target}" if value.stage == "teardown" else f"runbook plan {target} --stage {value.stage}"


def _apply(value: Plan, target: str) -> str:
    verb = f"destroy {target}" if value.stage == "teardown" else f"apply {target} --stage {value.stage}"
    return f"runbook {verb} --approve {value.digest}{_acknowledged(value)}"


def _acknowledged(value: Plan) -> str:
    """Name each grave change; of many, say that each is named."""
    grave = tuple(to_acknowledge((value,)))
    named = grave if len(grave) <= FEW else ("ADDRESS",)
    return "".join(f" --acknowledge {shlex.quote(each)}" for each in named)

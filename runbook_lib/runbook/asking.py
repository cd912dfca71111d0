"""Approve in one cell, act in the next: what a person is asked for at the gate, and what was answered since it was shown.

The answer is in the record before anything else happens, so that a kernel may be restarted, a page reloaded or a second one opened: the
next gate finds it, and what was written meanwhile is in place already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runbook_lib.engine import risk
from runbook_lib.errors import ApprovalRefused, several
from runbook_lib.evidence.statement import newest
from runbook_lib.runbook.setting import facts_of
from runbook_lib.runbook.stepping import carried_out, counting, refuse_outdated, standing
from runbook_lib.views.shown import Asking, Gate

if TYPE_CHECKING:
    from runbook_lib.model import Plan
    from runbook_lib.runbook.setting import Setting

Agree = Callable[[tuple[str, ...]], Gate]
"""Approves a plan with the addresses that were acknowledged, and keeps that. Raises ApprovalRefused."""
Facts = tuple[tuple[str, str], ...]
USED_UP: Facts = (("The digest in the cell", "was carried out already, and something was undone since: approve it here, if it is meant"),)
UNNAMED: Facts = (("The digest in the cell", "is signed for; what is protected takes its name as well, typed here"),)
WILD = frozenset("*?[")
"""Letters by which a word stands for several addresses."""
ANEW = "run the cells from Open on: they begin a record of their own"
ONE_BY_ONE = "leave approve empty and tick the boxes below the gate, or write the address of each"
SHOWN = ("Environment", "Account", "AWS endpoint", "Source", "Destination")
"""What of a banner a person reads once more before approving."""


def asking(setting: Setting, plan: Plan, agree: Agree, note: Facts = ()) -> Asking | None:
    """Say what is asked of whoever approves a plan, with what he should know besides; None where it is empty."""
    return _asking(setting, plan, agree, note) if plan.changes else None


def given(setting: Setting, gate: Gate, shown: str) -> Gate:
    """Look what was approved since a gate was shown. Raises ApprovalRefused when that does not count any more, or the record is closed.

    What was used up since it was given writes nothing any more.
    """
    refuse_closed(setting)
    refuse_outdated(setting, gate.approvals)
    if gate.approvals:
        return gate
    found = counting(setting, standing(setting.record, gate.plan, "")) or carried_out(setting.record, gate.plan, shown)
    return Gate(plan=gate.plan, approved=found.plan or gate.plan, approvals=found.approvals) if found is not None else gate


def refuse_closed(setting: Setting) -> None:
    """Raise ApprovalRefused when the record was closed: what is stated stays as it is."""
    if newest(setting.record.folder) is not None:
        raise ApprovalRefused(setting.stage.slug, "the record of these steps is closed", ANEW)


def refuse_incomplete(where: str, name: str, grave: tuple[str, ...], typed: str, ticked: tuple[str, ...]) -> None:
    """Raise ApprovalRefused unless the name was typed, if one has to be, and each grave change was acknowledged by itself."""
    if name and typed != name:
        said = f"{typed!r} was typed" if typed else "its name was not typed"
        raise ApprovalRefused(where, f"{name} is protected, and {said}", "type the name of the environment as it stands above")
    if missing := [address for address in grave if address not in ticked]:
        # Many stand one below the other: a person goes through them box by box.
        between = "\n" if len(missing) > 1 else " "
        what = f"not acknowledged:{between}{several(missing, between)}"
        raise ApprovalRefused(where, what, "read each of them, and tick its box")


def refuse_patterns(where: str, acknowledge: tuple[str, ...], plans: tuple[Plan, ...]) -> None:
    """Raise ApprovalRefused for a word that stands for several changes: where somebody looks, each is named by itself."""
    known = risk.to_acknowledge(plans)
    if patterns := [each for each in acknowledge if each not in known and not WILD.isdisjoint(each)]:
        what = f"{several(patterns, ', ')} in acknowledge stands for any text, and each change is acknowledged by itself"
        raise ApprovalRefused(where, what, ONE_BY_ONE)


def refuse_unasked(setting: Setting, plan: Plan) -> None:
    """Raise ApprovalRefused for what a notebook without a form at its gate cannot ask of whoever looks at it."""
    refuse_patterns(setting.stage.slug, setting.acknowledge, (plan,))
    if setting.environment.protected:
        what = f"{setting.environment.environment} is protected, and this notebook cannot ask for its name"
        raise ApprovalRefused(setting.stage.slug, what, "open it with `runbook lab`, or apply from a shell")


def _asking(setting: Setting, plan: Plan, agree: Agree, note: Facts) -> Asking:
    grave = {address: ", ".join(found) for address, found in risk.to_acknowledge((plan,)).items()}
    name = setting.environment.environment if setting.environment.protected else ""

    def approve(typed: str, ticked: tuple[str, ...]) -> Gate:
        refuse_closed(setting)
        refuse_incomplete(setting.stage.slug, name, tuple(grave), typed, ticked)
        return agree(ticked)

    facts = tuple(each for each in facts_of(setting) if each[0] in SHOWN) + note
    return Asking(facts=facts, name=name, acknowledge=tuple(grave.items()), approve=approve)

"""Draw any value that a notebook's cell may end with, by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.model import Approval, Change, EnvironmentPlan, Finding, Plan, Receipt
from runbook_lib.views import as_html, as_markdown, as_text, board, findings, forms, gates, picture, plans, stages, sufficiency
from runbook_lib.views.board import Board, Files, Runs
from runbook_lib.views.picture import SetUp
from runbook_lib.views.shown import (
    Closing,
    Creation,
    DesiredResources,
    Findings,
    Gate,
    ParameterForm,
    Sheet,
    StageBanner,
    Sufficiency,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runbook_lib.views.blocks import Block

DRAWINGS: dict[type, Callable[[Any], Iterable[Block]]] = {
    Approval: plans.approval,
    Board: board.board,
    Change: plans.change,
    Closing: stages.closing,
    Creation: forms.creation,
    DesiredResources: stages.desired,
    EnvironmentPlan: plans.environment_plan,
    Files: board.files,
    Finding: findings.one,
    Findings: findings.findings,
    Gate: gates.gate,
    ParameterForm: forms.form,
    Plan: plans.plan,
    Receipt: plans.receipt,
    Runs: board.runs,
    SetUp: picture.set_up,
    Sheet: stages.sheet,
    StageBanner: stages.banner,
    Sufficiency: sufficiency.sufficiency,
    Table: stages.table,
}


def drawn(value: object) -> Iterable[Block]:
    """Give the blocks of a value; what has a banner is drawn as its banner. Raises TypeError for anything else."""
    if isinstance(value, DesiredResources):
        blocks = (*stages.desired(value), *(block for table in value.tables for block in drawn(table)))
        return stages.folded(blocks) if value.is_done else blocks
    if type(value) in DRAWINGS:
        return DRAWINGS[type(value)](value)
    if isinstance(value, (tuple, list)) and value and all(isinstance(each, Finding) for each in value):
        return findings.verdicts(value)
    if isinstance(banner := getattr(value, "banner", None), StageBanner):
        return stages.banner(banner)
    raise TypeError(f"nothing draws a {type(value).__name__}")


def html(value: object) -> str:
    """Draw a value as HTML that stands alone."""
    return as_html.view(drawn(value))


def text(value: object) -> str:
    """Draw a value as text."""
    return as_text.view(drawn(value))


def markdown(value: object) -> str:
    """Draw a value as Markdown."""
    return as_markdown.view(drawn(value))

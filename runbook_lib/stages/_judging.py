"""Short ways to state verdicts."""

from __future__ import annotations

from typing import Any

from runbook_lib.model import Judgement

FEW = 12
"""Names or statements that are read in a finding."""


def kept(detail: str = "", **fields: Any) -> Judgement:
    """State that a claim holds."""
    return Judgement(verdict="kept", detail=detail, **fields)


def broken(detail: str, way_out: str, **fields: Any) -> Judgement:
    """State that a claim does not hold, and what to do."""
    return Judgement(verdict="broken", detail=detail, way_out=way_out, **fields)


def unknown(detail: str, way_out: str, **fields: Any) -> Judgement:
    """State that a claim cannot be decided, and what would decide it."""
    return Judgement(verdict="unknown", detail=detail, way_out=way_out, **{"grade": "", **fields})


def owed(detail: str, way_out: str, by: str, **fields: Any) -> Judgement:
    """State that somebody else has to act."""
    return Judgement(verdict="owed", detail=detail, way_out=way_out, by=by, **{"grade": "", **fields})


def advised(detail: str, way_out: str, **fields: Any) -> Judgement:
    """State that a claim holds, with advice that nobody is bound to."""
    return Judgement(verdict="kept", detail=detail, way_out=way_out, warning=True, **fields)


def listed(names: tuple[str, ...], limit: int = FEW) -> str:
    """List names in a sentence, the first ones where there are many."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"


def each_or_all(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Say of each name by itself what there is to say, or of all at once where there are many."""
    return tuple((name,) for name in names) if len(names) <= FEW else (names,)


def to_run(statements: tuple[str, ...], file: str) -> str:
    """Hand over statements: of many the first, and the file under artefacts that holds all of them."""
    text = "\n".join(statements[:FEW])
    if len(statements) <= FEW:
        return f"run:\n{text}"
    return f"run {file} under artefacts, {len(statements):,} statements, which begins so:\n{text}"

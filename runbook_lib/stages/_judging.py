"""Short ways to state verdicts."""

from __future__ import annotations

from typing import Any

from runbook_lib.model import Judgement


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


def listed(names: tuple[str, ...], limit: int = 12) -> str:
    """List names in a sentence, the first ones where there are many."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"

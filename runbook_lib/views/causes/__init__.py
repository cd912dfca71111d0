"""Why something failed, in the words of people: each cause that the ledger and AWS's and Redshift's pages know has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views.causes import aws, databases, runs
from runbook_lib.views.causes.cause import Cause

if TYPE_CHECKING:
    from runbook_lib.errors import RunbookError

__all__ = ["CAUSES", "Cause", "cause_of"]

CAUSES: tuple[Cause, ...] = (*runs.CAUSES, *databases.CAUSES, *aws.CAUSES)
"""Every cause; of several that fit, the first is meant."""


def cause_of(error: RunbookError) -> Cause | None:
    """Find the cause of an error; None when its own words are all there is."""
    return next((each for each in CAUSES if each.fits(error)), None)

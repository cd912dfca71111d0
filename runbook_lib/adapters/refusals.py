"""Turn errors of a read into reasons why a question stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Conflict, Denied, TargetError, Unresolved
from runbook_lib.model import Unanswered

if TYPE_CHECKING:
    from runbook_lib.model import Verdict


def unanswered(error: TargetError) -> Unanswered:
    """Say owed when a right or a secret is missing, broken when a name is somebody else's, unknown otherwise, in the error's words."""
    verdict: Verdict = "owed" if isinstance(error, Denied | Unresolved) else "broken" if isinstance(error, Conflict) else "unknown"
    return Unanswered(f"{error.where}: {error.what}", verdict, way_out=error.way_out)

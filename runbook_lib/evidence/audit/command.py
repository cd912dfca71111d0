"""Carry out `runbook audit`: look at what was named, then check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.evidence.audit import cloudtrail
from runbook_lib.evidence.audit.verify import verify
from runbook_lib.evidence.signing import PublicKey

if TYPE_CHECKING:
    from runbook_lib.evidence.audit.flaws import Audit


def carry_out(record: str, *, key: str = "", digest: str = "", export: str = "") -> Audit:
    """Verify a record, or join it with an export where one is named. Raises InvalidParameters when something that is named is not there."""
    problems = [
        Problem(0, "", f"{each} is not there", "name a record's folder and what to hold it against") for each in _absent(record, export)
    ]
    if problems:
        raise InvalidParameters("audit", problems)
    if export:
        return cloudtrail.join(Path(record), Path(export))
    return verify(Path(record), PublicKey(Path(key)) if key else None, digest)


def _absent(*names: str) -> list[str]:
    return [each for each in dict.fromkeys(names) if each and not Path(each).exists()]

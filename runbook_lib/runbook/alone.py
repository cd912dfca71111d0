"""Close the record of a notebook that runs alone, as a run does for the notebooks that it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Leaked
from runbook_lib.evidence.secrecy import cleaned
from runbook_lib.model import EnvironmentPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.evidence import Record
    from runbook_lib.model import Finding, Plan
    from runbook_lib.secrets import Known


def close(record: Record, plan: Plan | None, known: Known) -> None:
    """Keep the plan where a run keeps it, and search the record for secrets. Raises Leaked when one stood in it."""
    if plan is not None and not (record.folder / "plan.json").exists():
        whole = EnvironmentPlan(environment=plan.environment, plans=(plan,))
        record.write("plan.json", whole.model_dump_json(indent=1))
    known.close()
    refuse_leaks(record, cleaned(record.folder, known))


def refuse_leaks(record: Record, leaks: Sequence[Finding]) -> None:
    """Raise Leaked when a secret stood in what was searched."""
    if leaks:
        raise Leaked(record.folder.name, "; ".join(each.detail for each in leaks), leaks[0].way_out)

"""Make a DAG for each parameter file: plan, a person's approval, apply, verify; and the pools that limit what runs in one account."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG

from runbook_lib.fleet.airflow import chosen
from runbook_lib.fleet.airflow.files import parameter_files
from runbook_lib.fleet.airflow.operators import ApplyOperator, ApprovalSensor, RunbookOperator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runbook_lib.fleet.airflow.answers import Owed
    from runbook_lib.fleet.airflow.files import ParameterFile

DIGEST = "{{ ti.xcom_pull(task_ids='plan')['digest'] }}"
LONGEST = timedelta(days=100)
"""How long an approval is waited for: longer than any approval_days, so that the plan's age decides and the reason is told."""
WORDS = """\
`{name}` in account {account}: `runbook plan`, a person's `runbook approve`, `runbook apply`, `runbook verify`.

The log of **approval** says which plan waits, with the command that approves it. A plan without changes goes on to **verify**. After a
rejection, or when a plan became too old, clear **plan** with what is downstream. Each task's command stands under *Rendered Templates*.
"""


def dags(
    files: str | Iterable[str],
    *,
    runbook: str = "runbook",
    stages: str | Sequence[str] = (),
    owed: Owed = "success",
    poke_interval: float | timedelta = timedelta(minutes=5),
    **options: Any,
) -> dict[str, DAG]:
    """Make the DAGs of parameter files (names or patterns), by their ids; Airflow finds them in the module that calls this.

    `runbook` is the path of the command, `stages` are those that are meant where not all are, `owed` says how a task ends that leaves
    something owed or unknown, `options` go to each DAG. Raises ValueError as `parameter_files` does, and where one of these is none.
    """
    options["default_args"] = chosen.default_args(options.get("default_args"))
    which, end = chosen.stages(stages), chosen.owed(owed)
    made = (_dag(each, shlex.quote(runbook), which, end, poke_interval, options) for each in parameter_files(files))
    return {each.dag_id: each for each in made}


def _dag(
    file: ParameterFile, runbook: str, stages: Sequence[str], owed: Owed, poke_interval: float | timedelta, options: dict[str, Any]
) -> DAG:
    folder, target = str(file.path.parent), shlex.quote(str(file.path))
    only = "".join(f" --stage {each}" for each in stages)
    limited: dict[str, Any] = {"folder": folder, "owed": owed, "pool": file.pool}
    status = f"{runbook} status {target} --digest {DIGEST} --json"
    with _empty(file, options) as dag:
        plan = RunbookOperator(task_id="plan", command=f"{runbook} plan {target}{only} --json --progress", **limited)
        approval = ApprovalSensor(
            task_id="approval", command=status, folder=folder, mode="reschedule", poke_interval=poke_interval, timeout=LONGEST
        )
        apply = ApplyOperator(
            task_id="apply", command=f"{runbook} apply {target} --approved {DIGEST} --json --progress", status=status, **limited
        )
        # What had nothing to approve was skipped, and is verified all the same.
        verify = RunbookOperator(
            task_id="verify", command=f"{runbook} verify {target}{only} --json --progress", trigger_rule="none_failed", **limited
        )
        plan >> approval >> apply >> verify
    return dag


def _empty(file: ParameterFile, options: dict[str, Any]) -> DAG:
    """Make a DAG without tasks; one run at a time, since a plan is made of what the one before left."""
    retries = {"retries": 2, "retry_delay": timedelta(minutes=5), **options["default_args"]}
    tags = {"runbook", *((file.account,) if file.account else ())}
    words = WORDS.format(name=file.name, account=file.account or "that its file does not say")
    wanted = {"catchup": False, "max_active_runs": 1, "tags": tags, "doc_md": words, **options, "default_args": retries}
    return DAG(dag_id=file.dag_id, schedule=wanted.pop("schedule", None), **wanted)

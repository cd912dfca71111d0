"""Run DAGs on request, by Airflow's own Python: each line read names one (an empty line all, to be described), each is answered in JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.models.xcom import XComModel
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select

ANSWER = "ANSWER "


def described(bag: Any) -> dict[str, Any]:
    """Describe every DAG, and why files of DAGs could not be read."""
    found = {
        name: {
            "tasks": {
                each.task_id: {"after": sorted(each.upstream_task_ids), "pool": each.pool, "rule": str(each.trigger_rule.value)}
                for each in dag.tasks
            },
            "tags": sorted(dag.tags),
            "at_once": dag.max_active_runs,
        }
        for name, dag in bag.dags.items()
    }
    return {"errors": bag.import_errors, "dags": found}


def ran(dag: Any) -> dict[str, Any]:
    """Run a DAG; give each task's state, attempts, last command, and what it handed on."""
    run = dag.test()
    with create_session() as session:
        wanted = select(XComModel.task_id, XComModel.key, XComModel.value).where(XComModel.run_id == run.run_id)
        handed_on = {(task, key): value for task, key, value in session.execute(wanted)}
        return {
            each.task_id: {
                "state": str(each.state),
                "tries": each.try_number,
                "handed on": {key: value for (task, key), value in handed_on.items() if task == each.task_id},
                "command": (RenderedTaskInstanceFields.get_templated_fields(each, session=session) or {}).get("command", ""),
            }
            for each in run.get_task_instances(session=session)
        }


def main(folder: str) -> None:
    """Answer until nothing is asked any more."""
    with create_session() as session:
        initdb(session=session)
    for line in sys.stdin:
        bag = DagBag(folder)
        answer = ran(bag.dags[line.strip()]) if line.strip() else described(bag)
        sys.stdout.write(f"{ANSWER}{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])

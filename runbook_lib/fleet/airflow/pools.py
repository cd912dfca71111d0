"""Say which pools the DAGs of parameter files run in: one for each account, with as many slots as commands may run there at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.fleet.airflow.files import parameter_files

if TYPE_CHECKING:
    from collections.abc import Iterable


def pools(files: str | Iterable[str], slots: int) -> dict[str, dict[str, Any]]:
    """List the pools as Airflow imports them, by their names. Raises ValueError as `dags` does."""
    accounts = {each.pool: each.account for each in parameter_files(files) if each.account}
    return {
        name: {"slots": slots, "description": f"runbook commands at once in account {account}", "include_deferred": False}
        for name, account in sorted(accounts.items())
    }

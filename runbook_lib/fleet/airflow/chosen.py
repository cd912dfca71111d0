"""Hold what `dags` is given against what it takes, so that a slip is told where the DAG file says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from runbook_lib.fleet.airflow.answers import Owed

STAGE = re.compile(r"[A-Za-z0-9_]+")
"""How a stage is written, by name or number; whether there is one of that name the command says."""


def stages(given: object) -> tuple[str, ...]:
    """List the stages that are meant; one may be given as a text. Raises ValueError."""
    listed: tuple[object, ...] = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else (given,)
    for each in listed:
        if not (isinstance(each, str) and STAGE.fullmatch(each)):
            message = f'stages: {each!r} is no stage; write names, as in stages=["source_database"], or leave it out for all'
            raise ValueError(message)
    return cast("tuple[str, ...]", listed)


def owed(given: object) -> Owed:
    """Give how a task ends where something is owed. Raises ValueError."""
    if given not in get_args(Owed):
        message = f"owed: {given!r} is no end of a task; write {' or '.join(f'{each!r}' for each in get_args(Owed))}"
        raise ValueError(message)
    return cast("Owed", given)


def default_args(given: object) -> dict[str, Any]:
    """Give what all tasks have; None is nothing, as for Airflow. Raises ValueError."""
    try:
        return dict(cast("Mapping[str, Any]", {} if given is None else given))
    except (TypeError, ValueError):
        message = f'default_args: {given!r} is no dictionary; write for example default_args={{"owner": "data-platform"}}'
        raise ValueError(message) from None

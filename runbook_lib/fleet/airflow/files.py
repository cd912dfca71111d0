"""Find parameter files, and read of each what a DAG is named and limited by; the command itself says what is wrong with one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACCOUNT = re.compile(r"[0-9]{12}")
UNREADABLE = (OSError, yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading raises: PyYAML lets through whatever Python says of a date, a number, an escape or a depth that cannot be."""
FOREIGN = re.compile(r"[^A-Za-z0-9_.-]")
"""What Airflow admits in no name of a DAG, or not everywhere."""
LONGEST = 200
"""How much of a file's name a DAG has in its own, of which Airflow takes 250 characters."""


@dataclass(frozen=True)
class ParameterFile:
    """Hold a parameter file, its account and the environment that it is of, which are empty where the file does not say them."""

    path: Path
    account: str
    environment: str

    @property
    def name(self) -> str:
        """Name the environment as a command takes it."""
        return self.path.stem

    @property
    def dag_id(self) -> str:
        """Name its DAG; what Airflow does not take is an underscore there, and a digest keeps it apart from other files' names."""
        taken = FOREIGN.sub("_", self.name)[:LONGEST]
        return (
            f"runbook-{taken}" if taken == self.name else f"runbook-{taken}-{sha256(self.name.encode('utf-8', 'replace')).hexdigest()[:8]}"
        )

    @property
    def pool(self) -> str:
        """Name the pool of its account, or Airflow's own."""
        return f"runbook-{self.account}" if self.account else "default_pool"


def parameter_files(given: str | Iterable[str]) -> tuple[ParameterFile, ...]:
    """List the files that patterns name, in order.

    Raises ValueError where a pattern names none, or two files have one name or are of one environment.
    """
    patterns = (given,) if isinstance(given, str) else tuple(given)
    paths = sorted({path for pattern in patterns for path in _named(pattern)})
    found = tuple(ParameterFile(path, *_said(path)) for path in paths)
    named = Counter(each.dag_id for each in found)
    if twice := sorted({each.name for each in found if named[each.dag_id] > 1}):
        message = f"{', '.join(twice)}: two parameter files have this name, and a DAG is named after its file; rename one"
        raise ValueError(message)
    _refuse_one_environment(found)
    return found


def _refuse_one_environment(found: Iterable[ParameterFile]) -> None:
    """Refuse two DAGs that would write one environment. Raises ValueError."""
    first: dict[str, ParameterFile] = {}
    for each in found:
        if each.environment and (other := first.setdefault(each.environment, each)) is not each:
            message = f"{each.path}: is of {each.environment}, as {other.path} is; name each environment once: one DAG plans and writes it"
            raise ValueError(message)


def _named(pattern: str) -> Iterator[Path]:
    found = glob(str(Path(pattern).expanduser()))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        message = f"{pattern}: there is no such parameter file; name files, or a pattern such as /opt/runbook/parameters/prod-*.yaml"
        raise ValueError(message)
    return (Path(each).resolve() for each in found)


def _said(path: Path) -> tuple[str, str]:
    """Read account and environment; a file that cannot be read has none here, for whatever reason that may be."""
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except UNREADABLE:
        return "", ""
    named = values if isinstance(values, dict) else {}
    aws = named.get("aws")
    account, environment = aws.get("account") if isinstance(aws, dict) else "", named.get("environment")
    return (
        account if isinstance(account, str) and ACCOUNT.fullmatch(account) else "",
        environment if isinstance(environment, str) else "",
    )

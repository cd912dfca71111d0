"""What a valid file leaves to somebody to do, or to think of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.parameters.broken import Broken, sides
from runbook_lib.parameters.namesakes import about, namesakes, neighbours, shared
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.parameters.schema import Environment

ONCE = "in JupyterLab, by the cell under Apply; until it is stored, an unattended apply refuses"


def remarks(env: Environment) -> Iterator[Broken]:
    """Name the passwords that somebody has to type once."""
    for side, database in sides(env):
        if parse_reference(database.user.password).source == "typed":
            yield Broken((side, "user", "password"), "is asked for once", ONCE)


def namesaked(path: Path, env: Environment) -> Iterator[Broken]:
    """Tell of other files, in the folder and in `parameters/`, that are about an environment of this name."""
    if others := namesakes(about(path, env.environment, env.records), neighbours(path.parent)):
        yield Broken(("environment",), shared(others), "give one of them another name, unless they are about the same environment")

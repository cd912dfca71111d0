"""What a valid file leaves to somebody, and no look at it alone can tell whether that was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.parameters.broken import Broken, sides
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.parameters.schema import Environment

ONCE = "in JupyterLab, by the cell under Apply; until it is stored, an unattended apply refuses"


def remarks(env: Environment) -> Iterator[Broken]:
    """Name the passwords that somebody has to type once."""
    for side, database in sides(env):
        if parse_reference(database.user.password).source == "typed":
            yield Broken((side, "user", "password"), "is asked for once", ONCE)

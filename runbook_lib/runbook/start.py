"""The start page: which environments there are, which stages, and which environment the notebooks work on."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.errors import InvalidParameters
from runbook_lib.views.shown import Table

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model import Stage


def all_stages() -> tuple[Stage, ...]:
    """Read the stages from their package, in order of their numbers."""
    package = importlib.import_module("runbook_lib.stages")
    names = (each.name for each in pkgutil.iter_modules(package.__path__) if not each.name.startswith("_"))
    stages = (importlib.import_module(f"runbook_lib.stages.{name}").STAGE for name in names)
    return tuple(sorted(stages, key=lambda stage: stage.number))


@dataclass(frozen=True)
class Start:
    """List environments and stages, check the chosen environment's file."""

    parameters: dict[str, Any]

    def environments(self) -> Table:
        """List the parameter files and whether each is valid; starts no connection."""
        rows = tuple(_line(path) for path in sorted((place.home() / "parameters").glob("*.yaml")))
        return Table("Environments", ("file", "environment", "state"), rows)

    def stages(self) -> Table:
        """List the stages in order, with what each sets up."""
        rows = tuple((f"{stage.number}", stage.title, stage.summary) for stage in all_stages())
        return Table("Stages", ("number", "stage", "sets up"), rows)

    def choose(self, name: str = "") -> Table:
        """Remember an environment for the notebooks that are opened without parameters; empty shows the present choice."""
        if name:
            place.choose(place.parameter_file(name))
        return self.check()

    def check(self) -> Table:
        """Check the chosen environment's file and list every problem with its line."""
        try:
            path = place.chosen()
        except InvalidParameters as error:
            return Table("Chosen environment", ("problem",), tuple((str(each),) for each in error.problems))
        return Table("Chosen environment", ("file", "environment", "state"), (_line(path),))


def _line(path: Path) -> tuple[str, str, str]:
    from runbook_lib.parameters.load import load

    try:
        return path.name, load(path).environment, "valid"
    except InvalidParameters as error:
        return path.name, "", "; ".join(f"line {each.line}: {each}" for each in error.problems)

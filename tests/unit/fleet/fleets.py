"""Make fleets of parameter files that a fake command runs over, and read back in which order it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbook_lib.fleet import batch
from runbook_lib.fleet.filing import Filed
from runbook_lib.model.fleets import Limits, Row
from tests.fake_runbook import FAKE
from tests.records import ADMINS
from tests.stages.worlds import environment


@dataclass(frozen=True)
class Yard:
    """Hold a home with parameter files, which the fake command reads."""

    home: Path

    def file(self, name: str, does: str = "", **changes: Any) -> str:
        """Write a parameter file; give its path."""
        given = environment(environment=name, roles={"tags": {"does": does} if does else {}}, **ADMINS, **changes)
        path = self.home / "parameters" / f"{name}.yaml"
        path.write_text(json.dumps(given.model_dump(mode="json", by_alias=True, exclude_unset=True)), "utf-8")
        return str(path)

    def spoil(self, name: str) -> str:
        """Write a parameter file that is not valid."""
        path = Path(self.file(name))
        path.write_text(path.read_text("utf-8").replace('"environment"', '"envronment"'), "utf-8")
        return str(path)

    def run(self, files: list[str], verb: Any = "verify", **limits: Any) -> Filed:
        """Run a verb over files."""
        return batch.begin(files, batch.Options(verb, limits=Limits(**{"jobs": 2, **limits})), program=FAKE)

    @property
    def log(self) -> list[list[str]]:
        """Read what began and ended, in order."""
        path = self.home / "parameters" / "log"
        return [line.split() for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    @property
    def began(self) -> list[str]:
        """List who began, in order."""
        return [name for what, name, *_ in self.log if what == "begin"]

    def at_once(self) -> Iterator[set[str]]:
        """Give who ran at once, after each begin."""
        running: set[str] = set()
        for what, name, *_ in self.log:
            running = running | {name} if what == "begin" else running - {name}
            yield running


def by_name(done: Filed) -> dict[str, Row]:
    """Give the rows by their environments."""
    return {row.name: row for row in done.page.rows}

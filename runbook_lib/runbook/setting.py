"""What a stage run is opened with, and where it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import RunbookError

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib import evidence
    from runbook_lib.engine.plan import Scope
    from runbook_lib.evidence.record import RunVerb
    from runbook_lib.model import Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.runbook.records import Records
    from runbook_lib.runbook.world import World
    from runbook_lib.secrets import Known


@dataclass(frozen=True)
class Setting:
    """Hold what a stage run is opened with.

    `known` are the secrets of one that no run started, and that searches its record itself; `file` is where the values were read, None
    where they were handed in.
    """

    stage: Stage
    environment: Environment
    world: World
    record: evidence.Record
    scope: Scope
    approve: str
    acknowledge: tuple[str, ...]
    verb: RunVerb
    known: Known | None
    records: Records
    file: Path | None = None

    def require_same_file(self) -> None:
        """Refuse to plan by values that the file no longer has. Raises RunbookError, or InvalidParameters when it has become wrong."""
        from runbook_lib.parameters.load import load

        if self.file is not None and load(self.file, is_attended=True) != self.environment:
            what = "was changed after this notebook read it"
            raise RunbookError(str(self.file), what, "run the cell under Open again, then the cells below it")

    def look_anew(self) -> None:
        """Let a cell that somebody runs ask for itself: he may have read the one before for an hour. A run asks each thing once."""
        if self.is_step:
            self.world.forget()

    @property
    def is_alone(self) -> bool:
        """Tell whether one notebook is the whole run."""
        return self.known is not None and not self.is_step

    @property
    def is_of_run(self) -> bool:
        """Tell whether a command runs this notebook with others, each cell once."""
        return self.known is None and not self.is_step

    @property
    def is_step(self) -> bool:
        """Tell whether somebody steps through notebooks that share a record."""
        return self.verb == "step"


def goes_on(setting: Setting) -> str:
    """Say how what was approved and is not made yet goes on, in the words in which whatever ran says what is next."""
    facts = setting.record.facts
    if setting.is_step:
        return "run the cells from Plan on: what was approved goes on"
    if not facts.target:
        return "run the notebook again under the same digest: what was approved goes on"
    return f"go on from where it stopped: `runbook resume {setting.record.folder.name} {facts.target}`"


def facts_of(setting: Setting) -> tuple[tuple[str, str], ...]:
    """List where a run works, for its banner and its record."""
    environment = setting.environment
    sides = (environment.source, environment.destination)
    return (
        ("Environment", environment.environment),
        ("Account", f"{environment.aws.account} ({environment.aws.partition}, {environment.aws.region})"),
        ("AWS endpoint", environment.aws.endpoint or "AWS"),
        ("Source", f"{sides[0].host}:{sides[0].port}/{sides[0].database}"),
        ("Destination", f"{sides[1].host}:{sides[1].port}/{sides[1].database}"),
        ("Pipeline", f"{environment.pipeline}, {environment.policy_style} policies"),
        ("Run", f"{setting.verb}, record {setting.record.folder.name}"),
    )

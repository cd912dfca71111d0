"""The values that a notebook's cells end with, beside the model's own: each is drawn by its type in this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.documents.proof.matrix import Matrix
    from runbook_lib.model import Approval, Finding, Plan, Reading, Resource, Stage
    from runbook_lib.parameters.answers import Question
    from runbook_lib.parameters.editing import ParameterFile


@dataclass(frozen=True)
class StageBanner:
    """Say where a run works, as whom and on what; `facts` are (label, value) pairs in the order to show."""

    stage: Stage
    facts: tuple[tuple[str, str], ...]
    idle: str = ""
    environment: str = ""


@dataclass(frozen=True)
class DesiredResources:
    """Hold what a stage wants and the texts (policies, commands, SQL, settings) for someone else to apply it with.

    `tables` are values of this package that say at a glance what the stage is about; of a stage that `is_done` all of it is folded.
    """

    resources: tuple[Resource, ...]
    artefacts: Mapping[str, str]
    idle: str = ""
    tables: tuple[object, ...] = ()
    is_done: bool = False


@dataclass(frozen=True)
class Findings:
    """Hold findings under a title; `empty` says why there are none, `pending` counts the changes that were planned and not applied.

    `readings` are what the findings refer to, as it was read.
    """

    findings: tuple[Finding, ...]
    title: str
    empty: str = ""
    pending: int = 0
    readings: tuple[Reading, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)


@dataclass(frozen=True)
class Asking:
    """Say what a person is asked for who approves in the notebook, and take the answer.

    `facts` are where the plan is applied, `name` is what has to be typed (empty: nothing), `acknowledge` pairs the address of each grave
    change with its risks. `approve` takes what was typed and which addresses were ticked; it raises RunbookError.
    """

    facts: tuple[tuple[str, str], ...]
    name: str
    acknowledge: tuple[tuple[str, str], ...]
    approve: Callable[[str, tuple[str, ...]], Gate]


@dataclass(frozen=True)
class Signatures:
    """Say whose signatures a plan takes: how many of the approvers, and who of them signed what counts."""

    approvers: tuple[str, ...]
    needed: int
    signed: tuple[str, ...]
    is_protected: bool

    @property
    def lacking(self) -> int:
        """Give how many have to sign yet."""
        return max(0, self.needed - len(self.signed))


@dataclass(frozen=True)
class Gate:
    """Hold a plan made now, the plan that was approved, and the approvals; without one everything is withheld.

    `asking` is what a person is asked for where somebody looks at the notebook. `target` is the parameter file as a command takes it,
    the environment's name where it is empty; without `signatures` nobody has to sign.
    """

    plan: Plan
    approved: Plan
    approvals: tuple[Approval, ...] = ()
    asking: Asking | None = None
    target: str = ""
    signatures: Signatures | None = None


@dataclass(frozen=True)
class Closing:
    """Say where the evidence of a stage lies, and where whoever steps through notebooks goes on: the words of a link and its place.

    `files` is where links to the record's files begin; empty where none can lead there.
    """

    record: str
    stage: str
    artefacts: tuple[str, ...] = ()
    ways: tuple[tuple[str, str], ...] = ()
    files: str = ""


@dataclass(frozen=True)
class Sufficiency:
    """Hold the call ledger put to the policies of each style; `chosen` is the environment's own."""

    chosen: str
    sides: tuple[tuple[str, Matrix], ...]


@dataclass(frozen=True)
class Sheet:
    """Hold settings that somebody copies into another place, each under the name that it has there."""

    caption: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Hold a plain table with a caption."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ParameterForm:
    """Hold the keys of a parameter file that somebody may set here; without a file they were handed in, and are only shown.

    `is_opened` says that a stage was opened with these values before, `is_folded` that the controls wait until somebody asks for them.
    """

    title: str
    source: str
    keys: tuple[str, ...]
    values: Mapping[str, Any]
    file: ParameterFile | None = None
    is_opened: bool = True
    is_folded: bool = False


@dataclass(frozen=True)
class Creation:
    """Hold what is asked before a parameter file is written into a folder; it is offered then, and may be chosen."""

    folder: Path
    questions: tuple[Question, ...]
    offer: Callable[[Path], None] = field(default=lambda _path: None)
    choose: Callable[[Path], None] = field(default=lambda _path: None)

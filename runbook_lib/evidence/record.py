"""Lay out a record: `<records>/<environment>/<UTC time>-<verb>-<id>/`, mode 0700, every name written once."""

from __future__ import annotations

import os
import re
import secrets
from hashlib import sha256
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from runbook_lib.evidence.journal import FILE, FileJournal
from runbook_lib.model import EnvironmentPlan, Finding, Plan, Reading, Receipt, Value, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment

PARAMETERS = "parameters.yaml"
"""The file that holds the parameters as used."""
BOUND = "parameters.json"
"""The same with its defaults filled in, as the digest in every plan's scope has it."""
SCHEMA = "urn:redshift-runbook:record:1"
"""The form of everything in a record, which run.json and the statement name; docs/record-1.schema.json describes it."""
LATER = re.compile(r"(approval|rejection)(?:\.[1-9][0-9]*)?\.json")
"""Files that a whole record may still gain: what people say of the plan in it."""
RunVerb = Literal["plan", "apply", "verify", "destroy", "step"]


class Origin(Value):
    """Name the run that another goes on from: its record, and the digest of what it left in one of that record's files."""

    record: str
    file: str
    sha256: str


class RunFacts(Value):
    """State what a run is: written first, and read by every notebook of the run.

    `command` is what was asked for, `target` the run's file as a command takes it, `resumes` the run that this one goes on from; `versions`
    are those of the code and of what policies are made and judged from, `packages` all that is installed. `by` is whoever started it,
    `planned_by` who made the plan that it was approved to apply.
    """

    environment: str
    verb: RunVerb
    started: str
    source: str = ""
    stages: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    packages: tuple[tuple[str, str], ...] = ()
    target: str = ""
    resumes: Origin | None = None
    command: str = ""
    record_schema: str = SCHEMA
    by: str = ""
    planned_by: tuple[str, ...] = ()


class StageResult(Value):
    """State what one stage's notebook found and did; `banner` is who and where, as shown, `at` when it last looked.

    `adapter_seconds` is the time spent waiting for AWS and the databases, `reads` how many requests and statements only read, by service
    and under `all` together.
    """

    stage: str
    at: str = ""
    banner: tuple[tuple[str, str], ...] = ()
    idle: str = ""
    plan: Plan | None = None
    receipt: Receipt | None = None
    findings: tuple[Finding, ...] = ()
    artefacts: tuple[str, ...] = ()
    adapter_seconds: float = 0.0
    reads: tuple[tuple[str, int], ...] = ()
    readings: tuple[Reading, ...] = ()


class RunEnd(Value):
    """State how a run ended."""

    finished: str
    exit_code: int
    meaning: str


class WriteOnce:
    """A folder in which no name is written twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results: dict[Path, tuple[tuple[int, int], StageResult]] = {}

    def write(self, name: str, text: str) -> Path:
        """Write a file once, whole or not at all. Raises FileExistsError when the name is taken."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with partial.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # A hard link fails where a rename would overwrite.
            os.link(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return path

    def add(self, stem: str, text: str) -> Path:
        """Write a JSON file under the first name that is free: `stem.json`, `stem.1.json` and so on."""
        return self.write(self.free(stem), text)

    def free(self, stem: str) -> str:
        """Give the first name of a stem that is free."""
        return next(name for number in count() if not (self.folder / (name := numbered(stem, number))).exists())


class Record(WriteOnce):
    """One run's folder."""

    @classmethod
    def create(cls, store: Path, facts: RunFacts) -> Record:
        """Make a new folder whose name sorts by time."""
        record = cls(new_folder(store / facts.environment, facts.started, facts.verb))
        record.write("run.json", facts.model_dump_json(indent=1))
        return record

    @property
    def facts(self) -> RunFacts:
        """Read what the run is."""
        return RunFacts.model_validate_json((self.folder / "run.json").read_text("utf-8"))

    def keep_parameters(self, environment: Environment) -> None:
        """Keep what the parameter file says, as it says it and as plans bind it."""
        from runbook_lib.parameters.written import as_yaml

        self.write(PARAMETERS, as_yaml(environment))
        self.write(BOUND, bound(environment))

    def journal(
        self, *, is_undo: bool, now: Callable[[], str], scope: Scope, sender: Callable[[Change], Mapping[str, str]] = lambda _change: {}
    ) -> FileJournal:
        """Open the run's journal; `scope` tells where its changes are sent, `sender` as whom."""
        return FileJournal(self.folder / FILE, is_undo=is_undo, now=now, scope=scope, sender=sender)

    def close_stage(self, result: StageResult) -> None:
        """Keep a stage's result; a notebook that is run again in the same record adds a numbered one."""
        self.add(f"stages/{result.stage}", result.model_dump_json(indent=1))

    def results(self) -> dict[str, StageResult]:
        """Read the stages' latest results."""
        return {result.stage: result for result in self.all_results("*")}

    def all_results(self, stage: str) -> tuple[StageResult, ...]:
        """Read every result of a stage, the latest last; of all stages for `*`."""
        found = sorted({*self.folder.glob(f"stages/{stage}.json"), *self.folder.glob(f"stages/{stage}.*.json")}, key=_age)
        return tuple(map(self._result, found))

    def _result(self, path: Path) -> StageResult:
        """Read a result once: it is as large as what a stage plans, and changes only where a secret is masked in it."""
        state = path.stat()
        version = state.st_mtime_ns, state.st_size
        if self._results.get(path, ((0, 0), None))[0] != version:
            self._results[path] = version, StageResult.model_validate_json(path.read_bytes())
        return self._results[path][1]

    def plan(self) -> EnvironmentPlan | None:
        """Read what the run planned."""
        return self._read_plan("plan.json")

    def artefact(self, stage: str, name: str, text: str) -> str:
        """Keep a text to hand over; give its name relative to the record. Where another text has the name, it gets a number."""
        path, number = PurePosixPath(f"artefacts/{stage}/{name}"), 0
        relative = path
        while (self.folder / relative).exists() and (self.folder / relative).read_text("utf-8") != text:
            number += 1
            relative = path.with_name(f"{path.stem}.{number}{path.suffix}")
        if not (self.folder / relative).exists():
            self.write(str(relative), text)
        return str(relative)

    def approve(self, approvals: Iterable[str], approved: EnvironmentPlan) -> None:
        """Keep the approvals that the run was given, as they were signed, and the plan that they are for."""
        self.write("approved.json", approved.model_dump_json(indent=1))
        for each in approvals:
            self.add("approval", each)

    def approved(self) -> EnvironmentPlan | None:
        """Read the plan that it is for."""
        return self._read_plan("approved.json")

    def _read_plan(self, name: str) -> EnvironmentPlan | None:
        path = self.folder / name
        return EnvironmentPlan.model_validate_json(path.read_text("utf-8")) if path.exists() else None


def bound(environment: Environment) -> str:
    """Write what a parameter file says, defaults filled in, as plans bind it."""
    return canonical(environment.model_dump(mode="json", by_alias=True))


def parameters_digest(environment: Environment) -> str:
    """Hash what a parameter file says, defaults filled in."""
    return sha256(bound(environment).encode()).hexdigest()


def numbered(stem: str, number: int) -> str:
    """Name the n-th file of a stem, counted from 0."""
    return f"{stem}.{number}.json" if number else f"{stem}.json"


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def new_folder(below: Path, started: str, kind: str) -> Path:
    """Make a record's folder; its name tells when and what."""
    stamp = started.replace("-", "").replace(":", "").split(".")[0].rstrip("Z") + "Z"
    folder = private_folder(below) / f"{stamp}-{kind}-{secrets.token_hex(3)}"
    folder.mkdir(mode=0o700)
    return folder


def private_folder(folder: Path) -> Path:
    """Make a folder, and those above it, for its owner alone; what is there keeps the mode that somebody gave it."""
    if not folder.exists():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def records(store: Path, environment: str) -> Iterator[Record]:
    """List an environment's records, newest first."""
    for folder in sorted((store / environment).glob("*/run.json"), reverse=True):
        yield Record(folder.parent)

"""What a run over many environments is, and what came of each."""

from __future__ import annotations

import shlex
from typing import Literal

from runbook_lib.model.findings import Verdict
from runbook_lib.model.kinds import Value

FleetVerb = Literal["plan", "apply", "verify"]
FAILURES = frozenset((1, 2, 3, 4, 5))
"""Exit codes of an environment that failed; what somebody else owes, and what is pending, is none."""


class Reason(Value):
    """State why claims of a stage do not hold, and the way out: `number` of them for the same reason, `claim` where it is of one alone.

    `by` is who owes it. What differs from what was applied has no verdict: it is said as it is.
    """

    what: str
    way_out: str = ""
    verdict: Verdict | None = None
    claim: str = ""
    by: str = ""
    number: int = 1

    @property
    def text(self) -> str:
        """Say it in a sentence; of a claim that failed, that it is not so."""
        if self.number > 1:
            return f"{self.number:,} claims {'do not hold' if self.verdict == 'broken' else 'are open'}: {self.what}"
        said = ": ".join(filter(None, (self.claim, self.what)))
        return f"{'not so' if self.verdict == 'broken' else 'open'}: {said}" if self.verdict else said


class StageCell(Value):
    """State how far one stage of an environment is after its run: `state` as the start page says it, `detail` why.

    `reasons` are the first that its findings name, each once; `more` claims do not hold for others.
    """

    number: int
    stage: str
    title: str
    state: str
    detail: str = ""
    reasons: tuple[Reason, ...] = ()
    more: int = 0


class Row(Value):
    """State what came of one environment: `number` is its place among the files, `file` what was typed, `wave` counts from 1.

    `environment` and `account` are empty where the file does not say them. `record` and `record_digest` name the record that its run left,
    `folder` is where that lay, `digest` its plan. `said` and `way_out` tell what went wrong; `batch` is the earlier batch that ran it.
    """

    number: int
    file: str
    environment: str = ""
    account: str = ""
    wave: int = 1
    state: Literal["ended", "stopped", "not started"] = "not started"
    exit_code: int | None = None
    started: str = ""
    seconds: float = 0.0
    record: str = ""
    folder: str = ""
    record_digest: str = ""
    digest: str = ""
    changes: int = 0
    stages: tuple[StageCell, ...] = ()
    said: str = ""
    way_out: str = ""
    batch: str = ""

    @property
    def name(self) -> str:
        """Give the environment's name, else the file's."""
        return self.environment or self.file

    @property
    def is_failed(self) -> bool:
        """Tell whether it ran and failed."""
        return self.exit_code in FAILURES

    @property
    def is_done(self) -> bool:
        """Tell whether nothing of it is left to run."""
        return self.state == "ended" and not self.is_failed


class Limits(Value):
    """Say how many environments run at once, in all and of one account, in which waves, and after how many failures no more begin.

    `waves` are the sizes of the waves before the last, such as `2` or `25%`; 0 is no limit.
    """

    jobs: int = 1
    per_account: int = 0
    max_failures: int = 0
    waves: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Write them as a command takes them."""
        given = {
            "--jobs": self.jobs, "--per-account": self.per_account, "--max-failures": self.max_failures, "--waves": ",".join(self.waves),
        }  # fmt: skip
        return tuple(word for name, value in given.items() if value for word in (name, str(value)))


class BatchFacts(Value):
    """State what a batch is, written first: `batch` is its record's name, `command` what was asked for, `files` what was typed.

    `paths` say where those lie, the same wherever one stands: by the way from the folder that holds `parameters/`, where they are below it.
    `resumes` names the batch that this one goes on from, with the digest of that one's statement, or of what it began with.
    """

    verb: FleetVerb
    started: str
    files: tuple[str, ...]
    paths: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    limits: Limits = Limits()
    by: str = ""
    command: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    resumes: str = ""
    resumes_sha256: str = ""
    batch: str = ""
    batch_schema: str = ""

    def anew(self, verb: FleetVerb) -> str:
        """Write the command that begins a verb over the same stages of the same files, within the same limits."""
        stages = (word for each in self.stages for word in ("--stage", each))
        return shlex.join(("runbook", "batch", *self.files, "--verb", verb, *stages, *self.limits.words))


class BatchEnd(Value):
    """State how a batch ended; `halted` says why no more environments were begun, empty where all were."""

    finished: str
    exit_code: int
    meaning: str
    halted: str = ""

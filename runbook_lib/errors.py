"""Every error the runbook raises on purpose.

RunbookError                 exit 1
├── InvalidParameters        exit 2   every problem of a parameter file at once
├── ApprovalRefused          exit 3   no approval, an unknown digest, another plan's digest
│   └── PlanDrifted          exit 3   the world or the file changed after the approval
├── GuardRefused             exit 5   wrong account, region, endpoint; source and destination are one database
├── Locked                   exit 1   another run of the environment holds its lock
├── Stopped                  exit 1   somebody stopped the run: which command goes on
├── NotSaved                 exit 1   what a notebook shows is not in its file yet
├── Leaked                   exit 1   a secret stood in a record, and is masked now
└── TargetError              what a service or a database answered
    ├── Denied               the operator lacks the right: the stage ends `owed`
    ├── Unresolved           a secret reference names nothing here: the stage ends `owed`
    ├── Unreachable          name, port, TLS: the first layer that fails
    ├── LoginRefused         wrong password, unknown user
    ├── NotFound             it is not there
    ├── InUse                it may not be removed: it holds objects or owns something
    ├── Conflict             the name is taken by something that is not ours
    ├── Transient            throttled, not yet propagated, serialization failure: worth another attempt
    └── Rejected             the service refuses the request for another reason

A message says where, what, and the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

SAID = 40
"""Things that one error names."""
PRECEDENCE = (5, 2, 3, 1, 4, 6, 7)
"""Which of several exit codes wins; 4 is something broken or drifted, 6 something unknown or owed, 7 changes that are pending."""


def several(texts: Sequence[str], separator: str = "; ") -> str:
    """Join what an error says, the first of many, and say how many there are beside them."""
    rest = len(texts) - SAID
    return separator.join(texts if rest <= 0 else (*texts[:SAID], f"and {rest:,} more"))


class RunbookError(Exception):
    """Say where, what and the way out; `exit_code` is the command's."""

    exit_code = 1

    def __init__(self, where: str, what: str, way_out: str = "") -> None:
        self.where, self.what, self.way_out = where, what, way_out
        super().__init__(f"{where}: {what}" + (f"; {way_out}" if way_out else ""))


@dataclass(frozen=True, order=True)
class Problem:
    """Hold one mistake of a parameter file: `line` counts from 1; 0 where there are no lines."""

    line: int
    field: str
    what: str
    way_out: str

    def __str__(self) -> str:
        name = f"{self.field} " if self.field else ""
        return f"{name}{self.what}; {self.way_out}"


class InvalidParameters(RunbookError):
    """Report every problem of one parameter file at once."""

    exit_code = 2

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source, self.problems = source, tuple(sorted(problems))
        Exception.__init__(self, "\n".join(f"{source}:{each.line}: {each}" if each.line else f"{source}: {each}" for each in self.problems))
        self.where, self.what, self.way_out = source, f"{len(self.problems)} problems", "mend the file"


class ApprovalRefused(RunbookError):
    """Refuse to apply: nothing was written."""

    exit_code = 3


class PlanDrifted(ApprovalRefused):
    """Refuse to apply: what was approved is no longer what would be done."""


class GuardRefused(RunbookError):
    """Refuse to touch an account, region, endpoint or database other than the one the file names."""

    exit_code = 5


class Locked(RunbookError):
    """Refuse a second run of the same environment."""


class Stopped(RunbookError):
    """Tell that somebody stopped the run, what may be half-done, and how to go on."""


class NotSaved(RunbookError):
    """Refuse to close a record while a notebook shows more than its file holds."""


class Leaked(RunbookError):
    """Tell that a secret stood in a record: it is masked, and whoever read the record meanwhile knows it."""


class TargetError(RunbookError):
    """Wrap what AWS or a database answered."""


def wrong_with(work: Callable[[], object]) -> TargetError | None:
    """Do something with a target, and give what was wrong with it; None where nothing was."""
    try:
        work()
    except TargetError as error:
        return error
    return None


class Denied(TargetError):
    """Tell that the operator lacks a right: someone else owes the step."""


class Unresolved(TargetError):
    """Tell that a secret reference names nothing that can be read from here."""


class Unreachable(TargetError):
    """Tell which layer of the connection fails first."""


class LoginRefused(TargetError):
    """Tell that the server answers and refuses user or password."""


class NotFound(TargetError):
    """Tell that the object is not there."""


class InUse(TargetError):
    """Tell that removing would destroy something: `artefact` is what frees it (SQL, commands)."""

    def __init__(self, where: str, what: str, way_out: str = "", artefact: str = "") -> None:
        super().__init__(where, what, way_out)
        self.artefact = artefact


class Conflict(TargetError):
    """Tell that the name is taken by something the runbook did not make."""


class Transient(TargetError):
    """Tell that another attempt may succeed."""


class Rejected(TargetError):
    """Tell that the service refuses the request."""

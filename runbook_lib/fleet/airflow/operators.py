"""Operators that run a command and end as its exit code says; the sensor waits for the approval that lies in the record store."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseSensorOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from runbook_lib.fleet.airflow.answers import handed_on, outcome, step, told
from runbook_lib.fleet.airflow.process import Process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.fleet.airflow.answers import Owed
    from runbook_lib.fleet.airflow.process import Ended


class RunbookOperator(BaseOperator):  # type: ignore[misc]
    """Run one command; another attempt is made only where it may help. `owed` is how it ends where something is owed (exit code 6)."""

    template_fields: Sequence[str] = ("command",)

    def __init__(self, *, command: str, folder: str, owed: Owed = "success", **options: Any) -> None:
        super().__init__(**options)
        self.command, self.folder, self.owed = command, folder, owed
        self.process = Process()

    def execute(self, context: Any) -> dict[str, Any]:
        """Run it; hand on record, digest and exit code. Raises AirflowFailException, or AirflowException where it is tried again."""
        ended = carried_out(self, self._command(context))
        match outcome(ended.code, self.owed):
            case "success":
                return handed_on(ended.code, ended.answer)
            case "retry":
                raise AirflowException(_said(ended))
            case "fail":
                raise AirflowFailException(_said(ended))

    def on_kill(self) -> None:
        """Stop the command when Airflow ends the task."""
        self.process.stop()

    def _command(self, _context: Any) -> str:
        return self.command


class ApplyOperator(RunbookOperator):
    """Apply; from the second attempt on, go on from the run that was stopped, if `status` knows one."""

    template_fields: Sequence[str] = ("command", "status")

    def __init__(self, *, status: str, **options: Any) -> None:
        super().__init__(**options)
        self.status = status

    def _command(self, context: Any) -> str:
        if context["ti"].try_number == 1:
            return self.command
        answer = carried_out(self, self.status).answer
        if answer.get("state") != "begun":
            return self.command
        program, _, file, *_ = shlex.split(self.command)
        return shlex.join((program, "resume", answer["run"], file, "--json", "--progress"))


class ApprovalSensor(BaseSensorOperator):  # type: ignore[misc]
    """Wait until a plan is approved in the record store; skip where it holds no change, fail where it was rejected or is too old."""

    template_fields: Sequence[str] = ("command",)

    def __init__(self, *, command: str, folder: str, **options: Any) -> None:
        super().__init__(**options)
        self.command, self.folder = command, folder
        self.process = Process()

    def poke(self, _context: Any) -> bool:
        """Look once. Raises AirflowSkipException, AirflowFailException, or AirflowException where the store cannot be read."""
        ended = carried_out(self, self.command)
        if outcome(ended.code) == "retry":
            raise AirflowException(_said(ended))
        match step(ended.answer):
            case "skip":
                raise AirflowSkipException("nothing is to be done, so nothing is to be approved")
            case "fail":
                raise AirflowFailException(_said(ended))
            case here:
                return here == "go"

    def on_kill(self) -> None:
        """Stop the command when Airflow ends the task."""
        self.process.stop()


def carried_out(task: Any, command: str) -> Ended:
    """Run a task's command, and log what it says. Raises AirflowFailException where it cannot be started."""
    task.log.info("$ %s", command)
    try:
        ended: Ended = task.process.run(command, task.folder, task.log.info)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}; name the `runbook` of its own environment by its whole path"
        raise AirflowFailException(message) from None
    for line in told(ended.answer):
        task.log.info(line)
    return ended


def _said(ended: Ended) -> str:
    first = next(told(ended.answer), "it gave no answer")
    return f"exit code {ended.code}: {first}"

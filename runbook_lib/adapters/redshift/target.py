"""Be the databases' half of the target: both sides, each with a session of its own, read at once, written one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.quiet import bare
from runbook_lib.adapters.redshift import answering, logins, observing, writing
from runbook_lib.adapters.redshift.reading import Reader
from runbook_lib.adapters.redshift.session import Session
from runbook_lib.adapters.refusals import unanswered
from runbook_lib.adapters.together import together
from runbook_lib.errors import TargetError
from runbook_lib.model import Inventory, Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.warehouse import DatabaseUser, LoginAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.adapters.aws.recording import Recorder
    from runbook_lib.adapters.redshift.session import LogIn
    from runbook_lib.model import Change, Question, Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Secrets
    from runbook_lib.resources.warehouse import Side
    from runbook_lib.secrets import Masked

SIDES: tuple[Side, Side] = ("source", "destination")


def connect(environment: Environment, secrets: Secrets, log_in: LogIn, recorder: Recorder | None = None) -> WarehouseTarget:
    """Make the target; nothing is reached before the first question. `recorder` hears of every statement."""
    return WarehouseTarget(environment, secrets, log_in, recorder)


class WarehouseTarget:
    """Observe, ask and write both databases."""

    def __init__(self, environment: Environment, secrets: Secrets, log_in: LogIn, recorder: Recorder | None = None) -> None:
        self._environment, self._secrets, self._recorder = environment, secrets, recorder
        self._sessions = {side: Session(environment, side, log_in, recorder) for side in SIDES}
        self.forget()

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer questions; what a side refuses is answered with the reason."""
        return Inventory(dict(self._by_side(questions, self._answers)))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there, by address."""
        return dict(self._by_side(wanted, self._observations))

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group, all of one side. Raises TargetError."""
        side: Side = changes[0].subject.side  # type: ignore[attr-defined]
        self._write(lambda: writing.write(self._sessions[side], changes, self._secrets))

    def set_password(self, side: Side, user: str, literal: Masked) -> None:
        """Set a user's password, which the database sees as its hash. Raises TargetError."""
        self._write(lambda: writing.set_password(self._sessions[side], user, literal))

    def _write(self, work: Callable[[], None]) -> None:
        """Write, after which nothing that was read before counts. Raises TargetError, which holds no statement."""
        try:
            work()
        except TargetError as error:
            failed = error
        else:
            return
        finally:
            self.forget()
        raise bare(failed)

    def sender(self, change: Change) -> dict[str, str]:
        """Tell which database a change is sent to, and as whom."""
        session = self._sessions[change.subject.side]  # type: ignore[attr-defined]
        return {"database": session.where, "user": session.user}

    def forget(self) -> None:
        """Ask everything anew from now on."""
        self._readers = {side: Reader(session) for side, session in self._sessions.items()}

    def close(self) -> None:
        """Let the connections go."""
        self.forget()
        for session in self._sessions.values():
            session.close()

    def _by_side(self, values: Sequence[Any], work: Callable[[Reader, list[Any]], dict[Any, Any]]) -> list[tuple[Any, Any]]:
        parts = [(self._readers[side], mine) for side in SIDES if (mine := [each for each in values if each.side == side])]
        return [pair for found in together(lambda part: work(*part), parts) for pair in found.items()]

    def _answers(self, reader: Reader, questions: list[Question]) -> dict[Question, Any]:
        return {question: self._answer(reader, question) for question in questions}

    def _answer(self, reader: Reader, question: Question) -> Any:
        try:
            if isinstance(question, LoginAsked):
                return logins.log_in(self._environment, question, self._secrets, self._recorder)
            return answering.answer(reader, question)
        except TargetError as error:
            user = f"{DatabaseUser.kind}/{question.side}/{question.user}" if isinstance(question, LoginAsked) else ""
            return _refusal(error, user)
        except Unanswered as refusal:
            return refusal

    def _observations(self, reader: Reader, wanted: list[Resource]) -> dict[str, Observation]:
        try:
            return observing.observe(reader, wanted)
        except TargetError as error:
            return {each.address: Observation(refusal=_refusal(error)) for each in wanted}


def _refusal(error: TargetError, address: str = "") -> Unanswered:
    """Say why a side does not answer: what cannot be asked is unknown, or owed where a right or a secret is missing.

    Only the log-in of a user whose `address` is given is broken where it is refused: it is what was asked about.
    """
    from runbook_lib.errors import LoginRefused, NotFound

    refusal = unanswered(error)
    verdict = "broken" if address and isinstance(error, LoginRefused | NotFound) else refusal.verdict
    return Unanswered(refusal.reason, verdict, "warehouse admin" if verdict == "owed" else "", refusal.way_out, address)

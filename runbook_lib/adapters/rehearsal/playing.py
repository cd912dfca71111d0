"""Play one rehearsal from its first step to the clean-up, or sweep up after one that was stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from runbook_lib.adapters.rehearsal import principals
from runbook_lib.adapters.rehearsal.files import Files
from runbook_lib.adapters.rehearsal.job import Job
from runbook_lib.adapters.rehearsal.orchestration import Orchestration
from runbook_lib.adapters.rehearsal.steps import Played
from runbook_lib.adapters.rehearsal.transfer import Transfer
from runbook_lib.adapters.rehearsal.users import DestinationUser, SourceUser
from runbook_lib.errors import Conflict, Denied, TargetError
from runbook_lib.resources.rehearsals import Exercise, Rehearsal, Step

if TYPE_CHECKING:
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.model import Change

FOREIGN = "and no rehearsal of this environment left that"
WAY_OUT = "look whose it is, and remove or rename it: the rehearsal makes and removes things of these names"


class Flow(Protocol):
    """Be a flow of the product, with the names of what it makes."""

    def found(self) -> list[str]:
        """Name what is there of what it would make. Raises TargetError."""

    def clear(self) -> None:
        """Remove that. Raises TargetError."""

    def play(self) -> None:
        """Carry out the steps; what they make is taken back in the end."""


def exercise(change: Change, connections: Connections) -> Exercise:
    """Play what a change wants, after sweeping what an unfinished rehearsal left; or only sweep, when nothing is wanted any more.

    Raises TargetError when its principals cannot be had, or something of somebody else's stands in its way: then nothing was made.
    """
    rehearsal = change.subject
    if not isinstance(rehearsal, Rehearsal):
        raise TypeError(f"{change.address} is no rehearsal")
    played = Played(connections.session().patience, rehearsal.gaps)
    try:
        _carry_out(rehearsal, connections, played, is_ours=change.before is not None, is_wanted=change.after is not None)
    except TargetError as error:
        if not played.steps:
            _gave_up(error, played)
            raise
        ended = "refused" if isinstance(error, Denied) else "failed"
        played.steps.append(Step(name="go on", principal=rehearsal.acts_as[0], permissions=(), ended=ended, detail=str(error)))
    finally:
        played.end()
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Exercise(rehearsal=rehearsal, at=at, steps=tuple(played.steps), left=tuple(played.left))


def _gave_up(error: TargetError, played: Played) -> None:
    """Take back what was made before the first step; what cannot be is told with the error."""
    played.end()
    if played.left:
        raise Conflict(error.where, f"{error.what}; and this is left: {', '.join(played.left)}", "remove it by hand") from None


def _carry_out(rehearsal: Rehearsal, connections: Connections, played: Played, *, is_ours: bool, is_wanted: bool) -> None:
    flow = _flow(rehearsal, connections, played)
    found = flow.found()
    if found and not is_ours:
        raise Conflict(rehearsal.address, f"there is {', '.join(found)}, {FOREIGN}", WAY_OUT)
    if found:
        flow.clear()
    if is_wanted:
        flow.play()


def _flow(rehearsal: Rehearsal, connections: Connections, played: Played) -> Flow:
    env = connections.environment
    match rehearsal.flow:
        case "source_user":
            return SourceUser(connections, played)
        case "destination_user":
            return DestinationUser(connections, played)
    operator, role = connections.session(), rehearsal.acts_as[0]
    server = principals.server(role, operator, played)
    match rehearsal.flow:
        case "files":
            return Files(env, operator, server, played)
        case "unload_and_copy":
            return Transfer(connections, server, played)
    return Orchestration(Job(env, operator, server, principals.twin(rehearsal.acts_as[1], operator, played), played))

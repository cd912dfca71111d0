"""Play one rehearsal from its first step to the clean-up, whatever fails on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal import files, orchestration, principals, transfer, users
from runbook_lib.adapters.rehearsal.job import Job
from runbook_lib.adapters.rehearsal.steps import Played
from runbook_lib.errors import Conflict, TargetError
from runbook_lib.resources.rehearsals import Exercise

if TYPE_CHECKING:
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.resources.rehearsals import Rehearsal


def exercise(rehearsal: Rehearsal, connections: Connections) -> Exercise:
    """Play a rehearsal and tell how each step ended.

    Raises TargetError when its principals cannot be had; what was made until then is removed first, and so it is after any other error.
    """
    played = Played(connections.session().patience)
    try:
        _play(rehearsal, connections, played)
    except TargetError as error:
        played.end()
        if played.left:
            raise Conflict(error.where, f"{error.what}; and this is left: {', '.join(played.left)}", "remove it by hand") from None
        raise
    finally:
        played.end()
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Exercise(rehearsal=rehearsal, at=at, steps=tuple(played.steps), left=tuple(played.left))


def _play(rehearsal: Rehearsal, connections: Connections, played: Played) -> None:
    env, roles = connections.environment, rehearsal.acts_as
    match rehearsal.flow:
        case "source_user":
            users.play_source(connections, played)
        case "destination_user":
            users.play_destination(connections, played)
        case "files":
            files.play(env, principals.server(roles[0], connections.session(), played), played)
        case "unload_and_copy":
            server = principals.server(roles[0], connections.session(), played)
            transfer.play(connections, server, played)
        case "orchestration":
            operator = connections.session()
            server = principals.server(roles[0], operator, played)
            function = principals.twin(roles[1], operator, played)
            orchestration.play(Job(env, operator, server, function, played))

"""Hold who plays the legacy process, where, and what its things are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.rehearsal import job_name

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.adapters.rehearsal.principals import Actor
    from runbook_lib.adapters.rehearsal.steps import Played
    from runbook_lib.parameters import Environment


@dataclass(frozen=True)
class Job:
    """Hold the players: the operator cleans up what the product may not."""

    env: Environment
    operator: AwsSession
    server: Actor
    function: Actor
    played: Played

    @property
    def name(self) -> str:
        """Name queue and function alike, in the range that the policies allow."""
        return job_name(self.env)

    def arn(self, service: str, resource: str) -> str:
        """Build an ARN of one of the rehearsal's things."""
        return self.env.arn(service, resource)

    def as_server(self, what: str, permissions: tuple[str, ...], call: str, *, after: object = True, **given: Any) -> Any:
        """Carry out a step as the server: one call, `service.operation`."""
        service, operation = call.split(".")
        return self.played.do(
            what, self.server.name, permissions, lambda: self.server.session.write(service, operation, **given), after=after
        )

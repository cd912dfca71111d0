"""Hold who plays the legacy process, where, and what its things are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.rehearsal import name_of
from runbook_lib.resources.symbols import symbols_in

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
        return name_of(self.env)

    @property
    def bucket(self) -> str:
        """Name the bucket that notifies the queue."""
        return self.env.buckets.source.name

    @property
    def log_group(self) -> str:
        """Name the function's log group."""
        return f"/aws/lambda/{self.name}"

    def arn(self, service: str, resource: str) -> str:
        """Build an ARN of one of the rehearsal's things."""
        return self.env.arn(service, resource)

    def as_server(self, what: str, permissions: tuple[str, ...], call: str, *, after: object = True, **given: Any) -> Any:
        """Carry out a step as the server: one call, `service.operation`."""
        service, operation = call.split(".")
        return self.played.do(
            what, self.server.name, permissions, lambda: self.server.session.write(service, operation, **given), after=after
        )


def named_key(reference: str, operator: AwsSession) -> str:
    """Give a key's ARN; one that the runbook made is found by its name. Raises TargetError."""
    from runbook_lib.adapters.aws.keys import key_arn
    from runbook_lib.adapters.aws.reading import Reader

    names = [each.rpartition("/")[2] for each in symbols_in(reference)]
    return key_arn(names[0], Reader(operator)) if names else reference

"""Say what a plan is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.evidence.record import parameters_digest

if TYPE_CHECKING:
    from runbook_lib.engine.plan import Scope
    from runbook_lib.parameters import Environment


def scope_of(environment: Environment) -> Scope:
    """Say what a digest binds beside the changes: account, endpoints, databases and the parameters themselves."""
    aws = environment.aws
    sides = (environment.source, environment.destination)
    return (
        ("account", aws.account),
        ("destination", f"{sides[1].host}:{sides[1].port}/{sides[1].database}"),
        ("endpoint", aws.endpoint),
        ("parameters", parameters_digest(environment)),
        ("region", aws.region),
        ("source", f"{sides[0].host}:{sides[0].port}/{sides[0].database}"),
    )

"""Refuse to work in another account, partition, region or at another endpoint than the parameter file names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import UnknownRegionError

from runbook_lib.adapters.aws.endpoints import (
    configured_endpoints,
    foreign_endpoints,
    is_own,
    is_same,
)
from runbook_lib.errors import GuardRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.session import Session

    from runbook_lib.parameters.schema import Aws


@dataclass(frozen=True)
class Identity:
    """State who calls."""

    account: str
    arn: str
    endpoint: str

    @property
    def partition(self) -> str:
        """Give the partition of the caller's ARN."""
        return self.arn.split(":")[1]


def foreign_settings(aws: Aws, core: Session, environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the variables and settings that would send requests elsewhere than the file says."""
    return foreign_endpoints(aws.endpoint, environ, configured_endpoints(core.get_scoped_config(), core.full_config))


def guard_settings(aws: Aws, core: Session, environ: Mapping[str, str]) -> None:
    """Raise GuardRefused when a setting contradicts the file; asks nobody."""
    foreign = foreign_settings(aws, core, environ)
    if foreign:
        what = f"{', '.join(foreign)} differs from aws.endpoint"
        raise GuardRefused("endpoint", what, "unset it, or name the endpoint in the file")
    if _partition(aws.region, core) != aws.partition:
        what = f"{aws.region} is not in partition {aws.partition}"
        raise GuardRefused("region", what, "correct aws.region or aws.partition")


def _partition(region: str, core: Session) -> str:
    try:
        return core.get_partition_for_region(region)
    except UnknownRegionError:
        return ""


def guard_endpoint(aws: Aws, service: str, effective: str) -> None:
    """Raise GuardRefused when a client would talk to another endpoint than the file's, or than AWS's own."""
    if not (is_same(effective, aws.endpoint) if aws.endpoint else is_own(effective)):
        raise GuardRefused(service, f"requests would go to {effective}", "correct aws.endpoint")


def guard_caller(aws: Aws, identity: Identity) -> None:
    """Raise GuardRefused when the caller is in another account or partition."""
    if identity.account != aws.account:
        what = f"the credentials belong to {identity.account}, the file says {aws.account}"
        raise GuardRefused("account", what, "use the credentials of that account")
    if identity.partition != aws.partition:
        what = f"the caller is in {identity.partition}, the file says {aws.partition}"
        raise GuardRefused("partition", what, "correct aws.partition")

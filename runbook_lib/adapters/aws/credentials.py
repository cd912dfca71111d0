"""Make the botocore session that the parameter file describes: profile, then an assumed role that renews itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

from runbook_lib.adapters.aws.descriptions import loader
from runbook_lib.adapters.aws.endpoints import is_loopback
from runbook_lib.adapters.quiet import quieten
from runbook_lib.adapters.together import AT_ONCE
from runbook_lib.secrets import Masked

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import Aws

Hook = Callable[..., None]
Keys = tuple[str, Masked, Masked]
"""An access key's id, its secret and its session's token."""
READ_ATTEMPTS = 3
"""How often the client itself sends a request that changes nothing."""


class _Assumed(CredentialProvider):
    """Give the credentials of the role that the parameter file names."""

    METHOD = "assume-role"

    def __init__(self, credentials: DeferredRefreshableCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> DeferredRefreshableCredentials:
        return self._credentials


def core_session(environment: Environment, hook: Hook | None = None, keys: Keys | None = None) -> Session:
    """Make the session; `hook` hears of every answer. Raises botocore's errors, as for a missing profile.

    `keys` are those of another principal than the file's: neither profile nor environment counts then.
    """
    if keys is not None:
        given = _session(environment, hook)
        key, secret, token = keys
        given.set_credentials(key, secret.reveal(), token.reveal())
        return given
    base = _session(environment, hook)
    if not environment.aws.role_arn:
        return base
    assumed = _session(environment, hook)
    resolver = CredentialResolver(providers=[_Assumed(_role_credentials(environment, base))])
    assumed.register_component("credential_provider", resolver)
    return assumed


def _session(environment: Environment, hook: Hook | None) -> Session:
    quieten()
    session = Session(profile=environment.aws.profile or None)
    session.register_component("data_loader", loader())
    session.set_config_variable("region", environment.aws.region)
    session.get_scoped_config()
    if hook is not None:
        for moment in ("before-call", "after-call", "after-call-error"):
            session.register(moment, hook)
    return session


def client_config(aws: Aws, attempts: int) -> Config:
    """Set short timeouts and `attempts` per request; an endpoint takes bucket names in the path, loopback needs no proxy."""
    return Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path"} if aws.endpoint else None,
        proxies={} if is_loopback(aws.endpoint) else None,
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]
        max_pool_connections=AT_ONCE,
    )


def _role_credentials(environment: Environment, base: Session) -> DeferredRefreshableCredentials:
    aws = environment.aws
    source = base.get_credentials()
    if source is None:
        raise NoCredentialsError

    def create_client(service: str, **keywords: Any) -> Any:
        ours = {"region_name": aws.region, "config": client_config(aws, READ_ATTEMPTS)}
        endpoint = {"endpoint_url": aws.endpoint} if aws.endpoint else {}
        return base.create_client(service, **{**keywords, **ours, **endpoint})

    extra = {"RoleSessionName": f"tonic-runbook-{environment.environment}"}
    if aws.external_id:
        extra["ExternalId"] = aws.external_id
    fetcher = AssumeRoleCredentialFetcher(create_client, source, aws.role_arn, extra_args=extra)
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, _Assumed.METHOD)

"""Make sessions and clients from the parameter file, guard them, and send requests."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.credentials import (
    READ_ATTEMPTS,
    client_config,
    core_session,
)
from runbook_lib.adapters.aws.errors import RAISED, Request, Unsettled, translated
from runbook_lib.adapters.aws.guard import (
    Identity,
    foreign_settings,
    guard_caller,
    guard_endpoint,
    guard_settings,
)
from runbook_lib.adapters.aws.recording import Recorder, hook_of
from runbook_lib.adapters.aws.retry import Patience, is_transient, patiently
from runbook_lib.adapters.together import AT_ONCE
from runbook_lib.errors import Denied, NotFound, TargetError

if TYPE_CHECKING:
    from botocore.session import Session

    from runbook_lib.adapters.aws.credentials import Keys
    from runbook_lib.parameters import Environment

_SUBJECTS = (
    "RoleName", "InstanceProfileName", "AliasName", "KeyId", "Bucket", "SecretId", "InstanceId", "InstanceIds",
    "PolicyArn", "PolicySourceArn", "ClusterIdentifier", "workgroupName", "Name",
)  # fmt: skip


_WHO = Request("sts", "GetCallerIdentity")
_YOUTH = 300.0
"""Seconds in which what was made may not be known, or its tags not count, everywhere (KMS guide, tag permissions)."""


class AwsSession:
    """Send requests as the parameter file says, after one guard of endpoint, account, partition and region.

    Clients are made on first use, once, by any thread. What was made a moment ago is waited for, nothing else is.
    """

    def __init__(
        self,
        environment: Environment,
        recorder: Recorder | None = None,
        *,
        patience: Patience | None = None,
        environ: Mapping[str, str] | None = None,
        keys: Keys | None = None,
    ) -> None:
        self.environment = environment
        self._keys = keys
        self.patience = patience if patience is not None else Patience()
        self._recorder = recorder
        self._environ = environ if environ is not None else os.environ
        self._lock, self._asking = threading.RLock(), threading.Lock()
        self._ways = threading.BoundedSemaphore(AT_ONCE)
        self._core: Session | None = None
        self._clients: dict[tuple[str, bool], Any] = {}
        self._identity: tuple[str, Identity] | None = None
        self._born: dict[str, float] = {}
        self.made_keys: dict[str, str] = {}

    def read(self, service: str, operation: str, young: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Send a request that changes nothing; a `young` address that is not found yet is waited for."""
        return self._patient(lambda: self._sent(service, operation, parameters, writes=False), young)

    def pages(self, service: str, operation: str, key: str, /, **parameters: Any) -> list[Any]:
        """Send a listing request and collect the pages under one key."""
        return self._patient(lambda: self._sent(service, operation, parameters, writes=False, pages=key), "")[key]  # type: ignore[no-any-return]

    def write(self, service: str, operation: str, young: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Send a request that changes something, once; only named passing errors repeat it."""
        return self._patient(lambda: self._sent(service, operation, parameters, writes=True), young)

    def acting(self, keys: Keys) -> AwsSession:
        """Give a session of another principal at the same place, with the same patience and recorder."""
        return AwsSession(self.environment, self._recorder, patience=self.patience, environ=self._environ, keys=keys)

    def born(self, address: str) -> None:
        """Remember that an address was made just now."""
        self._born[address] = self.patience.clock()

    def gone(self, address: str) -> None:
        """Forget an address that was removed."""
        self._born.pop(address, None)

    def identity(self) -> Identity:
        """Ask who calls, once for each set of credentials. Raises GuardRefused when it is not who the file says."""
        with self._asking:
            key = self._access_key()
            if self._identity is None or self._identity[0] != key:
                self._identity = (key, self._asked())
            return self._identity[1]

    @property
    def caller(self) -> Identity | None:
        """Give who called last; None while nobody was asked."""
        return self._identity[1] if self._identity is not None else None

    def close(self) -> None:
        """Close the clients' connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def foreign_settings(self) -> tuple[str, ...]:
        """List the settings that would send requests elsewhere than the file says."""
        return foreign_settings(self.environment.aws, self._session(), self._environ)

    def client(self, service: str, *, writes: bool = False) -> Any:
        """Give the client of a service, made once. Raises GuardRefused when it would talk to a foreign endpoint."""
        with self._lock:
            known = self._clients.get((service, writes))
            if known is None:
                known = self._clients[service, writes] = self._made(service, attempts=1 if writes else READ_ATTEMPTS)
            return known

    def _made(self, service: str, attempts: int) -> Any:
        aws = self.environment.aws
        client = self._session().create_client(
            service, region_name=aws.region, endpoint_url=aws.endpoint or None, config=client_config(aws, attempts)
        )
        guard_endpoint(aws, service, client.meta.endpoint_url)
        return client

    def _session(self) -> Session:
        with self._lock:
            if self._core is None:
                try:
                    core = core_session(self.environment, hook_of(self._recorder), self._keys)
                except RAISED as error:
                    raise translated(error, _WHO) from None
                guard_settings(self.environment.aws, core, self._environ)
                self._core = core
            return self._core

    def _access_key(self) -> str:
        try:
            credentials = self._session().get_credentials()
            if credentials is None:
                from botocore.exceptions import NoCredentialsError

                raise NoCredentialsError
            return str(credentials.get_frozen_credentials().access_key)
        except RAISED as error:
            raise translated(error, _WHO) from None

    def _asked(self) -> Identity:
        answer = patiently(lambda: self._raw("sts", "get_caller_identity", {}, _WHO), self.patience)
        identity = Identity(answer["Account"], answer["Arn"], self.client("sts").meta.endpoint_url)
        guard_caller(self.environment.aws, identity)
        return identity

    def _sent(self, service: str, operation: str, parameters: dict[str, Any], *, writes: bool, pages: str = "") -> dict[str, Any]:
        principal = self.identity().arn
        name = self.client(service, writes=writes).meta.method_to_api_mapping[operation]
        request = Request(service, name, self._resource(service, parameters), principal)
        return self._raw(service, operation, parameters, request, writes=writes, pages=pages)

    def _raw(
        self,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        request: Request,
        *,
        writes: bool = False,
        pages: str = "",
    ) -> dict[str, Any]:
        client = self.client(service, writes=writes)
        try:
            with self._ways:
                if pages:
                    return {pages: [], **client.get_paginator(operation).paginate(**parameters).build_full_result()}
                answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except RAISED as error:
            raise translated(error, request) from None
        return answer

    def _patient(self, attempt: Callable[[], dict[str, Any]], young: str) -> dict[str, Any]:
        return patiently(attempt, self.patience, lambda error: self._is_passing(error, young))

    def _is_passing(self, error: TargetError, young: str) -> bool:
        if is_transient(error):
            return True
        now = self.patience.clock()
        recent = {address for address, at in self._born.copy().items() if now - at < _YOUTH}
        if isinstance(error, Unsettled) and recent:
            return True
        if young not in recent:
            return False
        # A key's tags may take minutes to count in what its policy allows.
        return isinstance(error, NotFound) or (isinstance(error, Denied) and error.where.startswith("kms:"))

    def _resource(self, service: str, parameters: Mapping[str, Any]) -> str:
        subject = next((parameters[name] for name in _SUBJECTS if name in parameters), "")
        text = ",".join(subject) if isinstance(subject, list) else str(subject)
        return f"arn:{self.environment.aws.partition}:s3:::{text}" if service == "s3" and text else text

"""Make the connections of an environment, each when it is first needed, once, for any thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.log_ins import LogIn, log_in
from runbook_lib.adapters.aws.secret_store import AwsSecrets

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.recording import Recorder
    from runbook_lib.adapters.aws.retry import Patience
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.adapters.aws.target import AwsTarget
    from runbook_lib.adapters.redshift import WarehouseTarget
    from runbook_lib.parameters import Environment


class Connections:
    """Hold what was connected so far; loading an SDK waits for its first use as well."""

    def __init__(self, environment: Environment, recorder: Recorder | None = None, patience: Patience | None = None) -> None:
        self.environment = environment
        self.secrets = AwsSecrets(self.session)
        self.recorder, self._patience = recorder, patience
        self._lock = threading.RLock()
        self._session: AwsSession | None = None
        self._reader: Reader | None = None
        self._warehouse: WarehouseTarget | None = None

    def session(self) -> AwsSession:
        """Give the guarded session with AWS."""
        from runbook_lib.adapters.aws.session import AwsSession

        with self._lock:
            if self._session is None:
                self._session = AwsSession(self.environment, self.recorder, patience=self._patience)
            return self._session

    def aws(self) -> AwsTarget:
        """Give the AWS half of the target."""
        from runbook_lib.adapters.aws.reading import Reader
        from runbook_lib.adapters.aws.target import AwsTarget

        with self._lock:
            if self._reader is None:
                self._reader = Reader(self.session())
            return AwsTarget(self._reader, self.secrets)

    def warehouse(self) -> WarehouseTarget:
        """Give the databases' half of the target."""
        with self._lock:
            if self._warehouse is None:
                from runbook_lib.adapters import redshift

                self._warehouse = redshift.connect(self.environment, self.secrets, self.log_in, self.recorder)
            return self._warehouse

    def forget(self) -> None:
        """Ask anew from now on: what was read before may be so no more."""
        with self._lock:
            self._reader = None
            if self._warehouse is not None:
                self._warehouse.forget()

    def close(self) -> None:
        """Let go what was connected."""
        self.forget()
        with self._lock:
            if self._warehouse is not None:
                self._warehouse.close()
            if self._session is not None:
                self._session.close()
            self._warehouse = self._session = None

    def log_in(self, side: str) -> LogIn:
        """Give the administrator's user and password of a side. Raises TargetError."""
        return log_in(self.environment, side, self.secrets, self.session)

"""Ask AWS each thing once, until something is written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import NotFound, RunbookError, Transient, Unreachable

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.session import AwsSession


class Reader:
    """Answer each distinct request once, also when several threads ask; a refusal is an answer, what may pass is asked anew.

    Whoever writes, or wants to know how things are by now, takes a new one.
    """

    def __init__(self, session: AwsSession) -> None:
        self.session = session
        self._lock = threading.Lock()
        self._answers: dict[str, Future[Any]] = {}

    def read(self, service: str, operation: str, young: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Send a request, or give the answer it got before."""
        key = (service, operation, parameters)
        return self._once(key, lambda: self.session.read(service, operation, young, **parameters))  # type: ignore[no-any-return]

    def maybe(self, service: str, operation: str, young: str = "", /, **parameters: Any) -> dict[str, Any] | None:
        """Send a request; what is not there gives None."""
        try:
            return self.read(service, operation, young, **parameters)
        except NotFound:
            return None

    def pages(self, service: str, operation: str, key: str, /, **parameters: Any) -> list[Any]:
        """Collect the pages of a listing, or give what it collected before."""
        name = (service, operation, key, parameters)
        return self._once(name, lambda: self.session.pages(service, operation, key, **parameters))  # type: ignore[no-any-return]

    def _once(self, key: object, ask: Callable[[], Any]) -> Any:
        name = repr(key)
        with self._lock:
            future = self._answers.get(name)
            mine = future is None
            if future is None:
                future = self._answers[name] = Future()
        if mine:
            try:
                future.set_result(ask())
            except BaseException as error:  # noqa: BLE001 - it is raised below, and where others wait for it
                if not isinstance(error, RunbookError) or isinstance(error, Transient | Unreachable):
                    del self._answers[name]
                future.set_exception(error)
        return future.result()

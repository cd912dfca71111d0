"""Ask one side each thing once, until something is written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.adapters.redshift.session import Session
    from runbook_lib.parameters.schema import Warehouse
    from runbook_lib.resources.warehouse import Side

Rows = list[tuple[Any, ...]]


class Asked(Protocol):
    """Be what one side's database is read through: as it is at this moment, or as it was when it was read first."""

    @property
    def side(self) -> Side:
        """Name the side."""

    @property
    def warehouse(self) -> Warehouse:
        """Give what the parameter file says of it."""

    @property
    def is_absent(self) -> bool:
        """Tell whether the side's database does not exist. Raises TargetError."""

    def rows(self, statement: str, **values: Any) -> Rows:
        """Run one read in the side's database. Raises TargetError."""

    def cluster_rows(self, statement: str, **values: Any) -> Rows:
        """Run one read that any database of the cluster answers. Raises TargetError."""


class Reader:
    """Answer each distinct statement once; what failed is asked anew. Whoever writes takes a new one."""

    def __init__(self, session: Session) -> None:
        self.side, self.warehouse = session.side, session.warehouse
        self._session = session
        self._lock = threading.RLock()
        self._answers: dict[str, Rows] = {}

    @property
    def is_absent(self) -> bool:
        """Tell whether the side's database does not exist. Raises TargetError."""
        return self._session.is_absent

    def rows(self, statement: str, **values: Any) -> Rows:
        """Run one read in the side's database, or give what it gave before. Raises TargetError."""
        return self._once(repr((statement, values)), lambda: self._session.rows(statement, **values))

    def cluster_rows(self, statement: str, **values: Any) -> Rows:
        """Run one read that any database of the cluster answers, or give what it gave before. Raises TargetError."""
        return self._once(repr((statement, values)), lambda: self._session.cluster_rows(statement, **values))

    def _once(self, key: str, ask: Callable[[], Rows]) -> Rows:
        with self._lock:
            if key not in self._answers:
                self._answers[key] = ask()
            return self._answers[key]

"""Hear every request and every statement of a stage: count what reads, and put what writes into the open journal."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.adapters.aws.recording import Call
    from runbook_lib.adapters.redshift.recording import Statement


class Sent(Protocol):
    """Be where what was sent is written down."""

    def sent(self, what: Mapping[str, Any]) -> None:
        """Record a request or a statement that was sent for the changes that have begun."""


class Traffic:
    """Keep count, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reads: Counter[str] = Counter()
        self._journal: Sent | None = None

    def heard(self, sent: Call | Statement) -> None:
        """Hear that one was answered or lost."""
        journal = self._journal
        if not sent.writes:
            with self._lock:
                self._reads[sent.service] += 1
        elif journal is not None:
            journal.sent({name: value for name, value in asdict(sent).items() if name != "writes" and value != ""})

    @contextmanager
    def into(self, journal: Sent) -> Iterator[None]:
        """Put what writes into a journal for a while."""
        self._journal = journal
        try:
            yield
        finally:
            self._journal = None

    @property
    def reads(self) -> tuple[tuple[str, int], ...]:
        """Give how many requests and statements only read, by service and in all."""
        with self._lock:
            return (*sorted(self._reads.items()), ("all", self._reads.total()))

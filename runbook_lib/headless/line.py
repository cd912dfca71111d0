"""Let the stages of a run wait for each other: several go on at the same time, each as soon as what it builds on has ended."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from runbook_lib.engine.order import Turn


class Abandoned(Exception):
    """Say that the run was given up while a stage waited."""


class NotBegun(Exception):
    """Say that a stage may not begin any more: the run was given up, or another was refused."""


class Line:
    """Hold who has ended, for any thread; `when_abandoned` ends what goes on at that moment, `cause` is for what the run was given up."""

    def __init__(self, turns: Mapping[str, Turn]) -> None:
        self._turns = turns
        self._moved = threading.Condition()
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self.is_closed = self._is_abandoned = False
        self.cause: BaseException | None = None
        self.when_abandoned: Callable[[], None] = lambda: None

    def place(self, slug: str) -> int:
        """Count how many stages follow on each other until one may begin: 0 for those that need not wait."""
        return max((self.place(each) + 1 for each in self._turns[slug].begins), default=0)

    def opens(self, slug: str) -> None:
        """Wait until all that a stage waits for have begun: it would take the processors from them. Raises NotBegun as `begins` does."""
        self._await(slug, self._begun)

    def begins(self, slug: str) -> None:
        """Wait until a stage may begin. Raises NotBegun when it may not any more."""
        self._await(slug, self._ended)
        with self._moved:
            self._begun.add(slug)
            self._moved.notify_all()

    def judges(self, slug: str) -> None:
        """Wait until a stage may judge. Raises Abandoned when the run was given up."""
        if not self._waited(self._turns[slug].judges, self._ended):
            raise Abandoned(slug)

    def ended(self, slug: str) -> None:
        """Let those go on that waited for a stage, however it ended."""
        with self._moved:
            self._begun.add(slug)
            self._ended.add(slug)
            self._moved.notify_all()

    def close(self) -> None:
        """Let no other stage begin; those that did go on to their end."""
        self.is_closed = True

    def abandon(self, cause: BaseException) -> None:
        """Let nobody wait any longer, and end what goes on; what is raised of that later is no cause."""
        with self._moved:
            self.cause = self.cause or cause
            self.is_closed = self._is_abandoned = True
            self._moved.notify_all()
        self.when_abandoned()

    def _await(self, slug: str, moved: AbstractSet[str]) -> None:
        if not self._waited(self._turns[slug].begins, moved) or self.is_closed:
            raise NotBegun(slug)

    def _waited(self, others: AbstractSet[str], moved: AbstractSet[str]) -> bool:
        with self._moved:
            self._moved.wait_for(lambda: self._is_abandoned or others <= moved)
            return not self._is_abandoned

"""Keep a notebook while papermill executes it: before each code cell, and in papermill's own form when it has ended.

papermill writes the whole notebook twice for each cell, words included, and validates and indents it each time: nine tenths of what a run
spent outside its kernels.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ENGINE = "runbook"
LOOKING = "preflight"
"""The cell of every stage's notebook from which on it looks at what others write: what is before it shows the file alone."""
JUDGING = "verify"
"""The cell of every stage's notebook from which on it counts what other stages found."""


class Kept(NotebookExecutionManager):  # type: ignore[misc]
    """Note of each cell what papermill notes; on the disk is, whenever code runs, all that ran before it."""

    waits: Mapping[str, Callable[[], None]] = MappingProxyType({})
    """What waits, before a cell of this name, until its turn has come."""
    _is_only_noting = False

    def notebook_start(self, **about: Any) -> None:
        """Note the start."""
        with self._noting():
            super().notebook_start(**about)

    def cell_start(self, cell: Any, cell_index: int | None = None, **about: Any) -> None:
        """Note that a cell starts, when its turn has come, and save before code runs."""
        if (wait := self.waits.get(cell.get("id", ""))) is not None:
            wait()
        with self._noting():
            super().cell_start(cell, cell_index, **about)
        if cell.cell_type == "code":
            self.save()

    def cell_complete(self, cell: Any, cell_index: int | None = None, **about: Any) -> None:
        """Note the end of a cell."""
        with self._noting():
            super().cell_complete(cell, cell_index, **about)

    def save(self, **_: Any) -> None:
        """Write the notebook, whole and unadorned."""
        if not self._is_only_noting:
            Path(self.output_path).write_bytes(to_json(self.nb))
            self.last_save_time = self.now()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        self._is_only_noting = True
        yield
        self._is_only_noting = False


class Engine(NBClientEngine):  # type: ignore[misc]
    """Execute as papermill's own engine does."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, output_path: str, *, waits: Mapping[str, Callable[[], None]], **how: Any) -> Any:
        """Execute a notebook and give it back as executed; what it came to is kept also when its kernel dies."""
        for each in ("progress_bar", "log_output", "autosave_cell_every"):
            how.pop(each, None)
        kept = Kept(nb, output_path, progress_bar=False)
        kept.waits = waits
        kept.notebook_start()
        try:
            cls.execute_managed_notebook(kept, kernel_name, **how)
        finally:
            kept.notebook_complete()
        return kept.nb


papermill_engines.register(ENGINE, Engine)

"""How a cause is told from others: by the kind of the error and by what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.errors import RunbookError


@dataclass(frozen=True)
class Cause:
    """Name a cause, and say what it means; `rows` are those of the ledger that it concerns, `page` is where the documentation goes on."""

    name: str
    kind: type[RunbookError]
    pattern: str
    means: str
    rows: tuple[str, ...] = ()
    page: str = ""

    def fits(self, error: RunbookError) -> bool:
        """Tell whether an error has this cause."""
        return isinstance(error, self.kind) and re.search(self.pattern, str(error)) is not None

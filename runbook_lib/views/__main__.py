"""Write the page that repeats data as people read it: `docs/call-ledger.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.views.call_ledger import page

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page below a folder (default: the working directory); name it when it changed."""
    path = Path(arguments[0] if arguments else ".") / "docs" / "call-ledger.md"
    if not path.exists() or path.read_text("utf-8") != page():
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(), "utf-8")
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

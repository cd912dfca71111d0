"""Write the published JSON Schemas of records below `docs/`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.evidence.schema import published

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] = ()) -> int:
    """Write the schemas below a folder (default: the working directory); name each that changed."""
    for name, text in published().items():
        path = Path(arguments[0] if arguments else ".") / "docs" / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

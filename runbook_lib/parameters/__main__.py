"""Write from the schema what repeats it: parameters cells, `parameters/schema.json`, `docs/parameters.md`; and `docs/ledger.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.parameters import cells, ledger, reference

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] = ()) -> int:
    """Write the files below a folder (default: the working directory); name those that changed."""
    root = Path(arguments[0] if arguments else ".")
    cells.main([str(root / "notebooks")])
    pages = {
        root / "parameters" / "schema.json": reference.json_schema(),
        root / "docs" / "parameters.md": reference.page(),
        root / "docs" / "ledger.md": ledger.page(),
    }
    for path, text in pages.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write from the schema whatever repeats it: the notebooks' parameters cells, `parameters/schema.json` and `docs/parameters.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.parameters import cells, reference

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] = ()) -> int:
    """Write the files below a folder (default: the working directory); name those that changed."""
    root = Path(arguments[0] if arguments else ".")
    cells.main([str(root / "notebooks")])
    for path, text in ((root / "parameters" / "schema.json", reference.json_schema()), (root / "docs" / "parameters.md", reference.page())):
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

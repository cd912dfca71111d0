"""Read what a command of ours answered with `--json`. Nothing but the standard library: Airflow's own Python reads answers, too."""

from __future__ import annotations

import json
from typing import IO, Any


def answered(file: IO[Any]) -> dict[str, Any]:
    """Read the answer from the beginning of a file that the command wrote to; nothing where it died before."""
    file.seek(0)
    try:
        found = json.load(file)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

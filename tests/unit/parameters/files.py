"""Parameter files to load: the examples, and what a test writes."""

from __future__ import annotations

from pathlib import Path

from tests.machine import ROOT

EXAMPLES = tuple(sorted((ROOT / "parameters").glob("*.yaml")))


def written(folder: Path, content: bytes | str) -> Path:
    """Write a parameter file."""
    path = folder / "some.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path

"""Read the files that each hold one mistake, and what their first line says about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runbook_lib.errors import InvalidParameters
from runbook_lib.parameters.load import load
from tests.machine import ROOT

FOLDER = ROOT / "tests" / "bad_parameters"
FILES = tuple(sorted(FOLDER.glob("*.yaml")))
MARK = "# expect: "


@dataclass(frozen=True)
class Expected:
    """Hold what a file's first line says: the line of its mistake, words of the message, words of the way out."""

    line: int
    what: str
    way_out: str


def expected(path: Path) -> Expected:
    """Read a file's first line, whatever its encoding."""
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    first = content.decode(encoding, "replace").splitlines()[0]
    assert first.startswith(MARK), path.name
    line, _, rest = first.removeprefix(MARK).partition(": ")
    what, _, way_out = rest.partition(" | ")
    assert what, path.name
    assert way_out, path.name
    return Expected(int(line), what, way_out)


@cache
def refusal(path: Path) -> InvalidParameters:
    """Load a file and give what it is refused with."""
    try:
        load(path)
    except InvalidParameters as error:
        return error
    message = f"{path.name} was accepted"
    raise AssertionError(message)

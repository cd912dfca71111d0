"""A huge notebook costs time and no memory: nothing that files, states or checks a record reads it as a whole."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runbook_lib.evidence import Record, audit, secrecy, statement
from runbook_lib.secrets import Known, Masked
from runbook_lib.views.notebook_page import notebook_html
from tests import records

pytestmark = pytest.mark.once

SIZE, MOST = 256 << 20, 32 << 20
TO_MASK = 80 << 20
"""More than what is taken apart to be masked: what is masked is written, and takes room on the disk."""
SECRET = "Sesame-0pen-sesame"


@contextmanager
def little_memory() -> Iterator[None]:
    """Hold that no more is allocated at once than a small part of the file."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Make a large file that takes no room on the disk and holds a secret near its end."""
    path = tmp_path / "50_server_role.ipynb"
    with path.open("wb") as file:
        os.truncate(file.fileno(), TO_MASK)
        file.seek(TO_MASK - 100)
        file.write(SECRET.encode())
    return path


def test_it_is_stated_and_checked(tmp_path: Path) -> None:
    """The record with it is closed, and what is checked of it is its digest."""
    record = records.house(tmp_path, signs=False).applied()
    notebook = next((record / "notebooks").glob("*.ipynb"))
    notebook.chmod(0o600)
    os.truncate(notebook, SIZE)
    with little_memory():
        statement.close(Record(record), None)
        found = audit.verify(record)
    assert ([], 0) == ([each for each in found.flaws if each.file.startswith("notebooks/")], found.exit_code)


def test_it_is_searched_and_masked(large: Path) -> None:
    """A secret in it is found, told, and written over where it stands."""
    with Known() as known:
        Masked(SECRET)
    with little_memory():
        findings = secrecy.cleaned(large.parent, known)

    assert [f"{large.name} held one, which is masked now"] == [each.detail for each in findings]
    with large.open("rb") as file:
        file.seek(TO_MASK - 100)
        assert b"*" * len(SECRET) + b"\0" * (100 - len(SECRET)) == file.read()
    assert [large] == list(large.parent.iterdir())


def test_its_page_says_that_it_is_too_large(large: Path) -> None:
    """The page names the file and its size in the place of its cells."""
    os.truncate(large, SIZE)
    assert "has 256 MB, which is too much for a page" in notebook_html(large)

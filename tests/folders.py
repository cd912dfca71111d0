"""Have a folder for a sandbox: everybody may pass through it as long as it is there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def passable() -> Iterator[Path]:
    """Make a folder outside of pytest's and delete it in the end.

    As root the server behind the stand-in may run as nobody. Whoever opens pytest's folders to him does not open them for long: each
    pytest that starts closes the one above all of them again, and the server ends at its next checkpoint.
    """
    with tempfile.TemporaryDirectory(prefix="runbook-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder

"""Empty notebooks: what papermill and a kernel cost by themselves, under the stock command and as a run of ours starts kernels."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench.bed import Bed
from tests.bench.samples import Case
from tests.bench.single import OURS, STOCK

PART, TEN = "empty", 10
NOTEBOOK = {"cells": [], "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4, "nbformat_minor": 5}  # fmt: skip


def measure(bed: Bed) -> None:
    """Measure one under both, and ten as ours."""
    path = bed.folder / "empty.ipynb"
    path.write_text(json.dumps(NOTEBOOK), "utf-8")
    stock = (sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "python3", str(path), str(bed.folder / "out.ipynb"))
    for turn in range(bed.rounds):
        bed.take(Case(PART, "1 empty", STOCK), turn, [stock])
        for number in (1, TEN):
            bed.take(Case(PART, f"{number} empty", OURS), turn, [(sys.executable, __file__, str(path), str(number))])


def main() -> None:
    """Execute a notebook several times in kernels of a run's kind, one after the other."""
    from runbook_lib.headless.importing import NEEDLESS, without
    from runbook_lib.kernels.fork_server import warmed

    source, number = Path(sys.argv[1]), int(sys.argv[2])
    warmed()
    with without(*NEEDLESS):
        # What kernels are forked from makes itself ready meanwhile.
        from papermill import execute_notebook
    from runbook_lib.headless.kernel import Kernels
    from runbook_lib.headless.saving import ENGINE

    kernels = Kernels(())
    for place in range(number):
        output = source.with_name(f"out-{place}.ipynb")
        with kernels.one() as kernel:
            execute_notebook(str(source), str(output), {}, ENGINE, kernel_name="python3", km=kernel, judges=lambda: None)


if __name__ == "__main__":
    main()

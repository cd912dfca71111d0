"""Notebooks that do nothing: what papermill and a kernel cost by themselves, under the stock command and as a run starts kernels."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.bed import Bed
from tests.bench.samples import Case, Line, line
from tests.bench.single import OURS, STOCK
from tests.bench.table import Goal

PART, TEN = "empty", 10
PER_NOTEBOOK, CPU_PER_NOTEBOOK = 0.2, 0.15
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CELL: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {},
    "outputs": [],
    "source": "{'text/html': '<p>kept</p>'}",
}
STAGE_CELLS = 11
"""As many code cells as the notebook of a stage has."""


def measure(bed: Bed) -> None:
    """Measure an empty one under both, ten as ours, and one and ten with as many cells as a stage has."""
    stock = (sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "python3")
    empty, celled = _notebook(bed.folder, 0), _notebook(bed.folder, STAGE_CELLS)
    for turn in range(bed.rounds):
        bed.take(Case(PART, "1 empty", STOCK), turn, [(*stock, str(empty), str(bed.folder / "out.ipynb"))])
        for what, path in (("empty", empty), (f"of {STAGE_CELLS} cells", celled)):
            for number in (1, TEN):
                bed.take(Case(PART, f"{number} {what}", OURS), turn, [(sys.executable, __file__, str(path), str(number))])


def goals(lines: Sequence[Line]) -> Iterator[Goal]:
    """State what each further notebook of a stage's size may cost; what is spent once is held by the goals of whole runs."""
    one, ten = (line(lines, f"{number} of {STAGE_CELLS} cells", OURS, 0) for number in (1, TEN))
    if one is not None and ten is not None:
        yield Goal(f"each further notebook of {STAGE_CELLS} cells, wall time", (ten.wall - one.wall) / (TEN - 1), PER_NOTEBOOK)
        yield Goal(f"each further notebook of {STAGE_CELLS} cells, processor time", (ten.cpu - one.cpu) / (TEN - 1), CPU_PER_NOTEBOOK)


def _notebook(folder: Path, cells: int) -> Path:
    path = folder / f"cells-{cells}.ipynb"
    content = {"cells": [{**CELL, "id": f"c{place}"} for place in range(cells)], "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), "utf-8")
    return path


def main() -> None:
    """Execute a notebook several times in kernels of a run's kind, as many at once as a run does."""
    from runbook_lib.headless.importing import import_papermill
    from runbook_lib.kernels.fork_server import warmed

    source, number = Path(sys.argv[1]), int(sys.argv[2])
    warmed(debugs=False)
    # What kernels are forked from makes itself ready meanwhile.
    import_papermill()
    from papermill import execute_notebook

    from runbook_lib.headless.kernel import Kernels
    from runbook_lib.headless.saving import ENGINE
    from runbook_lib.kernels.at_once import notebooks

    kernels = Kernels(())

    def execute(place: int) -> None:
        output = source.with_name(f"out-{place}.ipynb")
        with kernels.one() as kernel:
            execute_notebook(str(source), str(output), {}, ENGINE, kernel_name="python3", km=kernel, waits={})

    with ThreadPoolExecutor(notebooks()) as pool:
        list(pool.map(execute, range(number)))


if __name__ == "__main__":
    main()

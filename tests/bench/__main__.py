"""Measure what a run costs: `make bench` prints one table with ratios to an empty notebook under stock papermill.

(a) the whole demo run, (b) an empty notebook under the stock papermill command, (c) each stage's notebook, with what it spends of its
own, (d) a second, unchanged run, (e) planning the grants of 2,000 schemas x 5 tables, (f) importing the command line.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import grants

HERE = Path(__file__).resolve().parents[2]
EMPTY = {"cells": [], "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
         "nbformat": 4, "nbformat_minor": 5}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """Hold one line: wall and CPU seconds, and a remark."""

    name: str
    wall: float
    cpu: float
    remark: str = ""


def timed(name: str, action: Callable[[], str]) -> Figure:
    """Time an action with its child processes; its answer is the remark."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    remark = action()
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figure(name, wall, cpu, remark)


def command(*words: str, **environment: str) -> str:
    """Run a command in the checkout and give what it printed. Raises when it fails."""
    variables = {**os.environ, **environment}
    done = subprocess.run(words, cwd=HERE, env=variables, capture_output=True, text=True, check=True)
    return done.stdout


def stages(record: Path) -> Iterator[Figure]:
    """Read each notebook's cell time and what it spent of its own, from its executed copy and its result."""
    for path in sorted((record / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text("utf-8"))
        cells = [cell["metadata"].get("papermill", {}).get("duration") or 0.0 for cell in notebook["cells"]]
        result = json.loads((record / "stages" / f"{path.stem.split('_', 1)[1]}.json").read_text("utf-8"))
        own = sum(cells) - result["adapter_seconds"]
        yield Figure(f"(c) {path.stem}", float(notebook["metadata"]["papermill"]["duration"]), 0.0, f"own {own:.2f} s")


def main() -> None:
    """Measure everything and print the table."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.ipynb")
        empty.write_text(json.dumps(EMPTY), "utf-8")
        papermill = [
            timed("", lambda: command(python, "-m", "papermill", "-k", "python3", str(empty), str(Path(folder, "out.ipynb"))))
            for _ in range(3)
        ]
        base = Figure(
            "(b) empty notebook, stock papermill",
            *(statistics.median(getattr(each, name) for each in papermill) for name in ("wall", "cpu")),
        )
        command(python, "-m", "runbook_lib.cli", "sandbox", "down")
        figures = [base, timed("(a) whole demo", lambda: command(python, "-m", "runbook_lib.cli", "demo", "--json"))]
        record = Path(json.loads(figures[1].remark)["record"])
        figures += list(stages(record))
        figures.append(timed("(d) second, unchanged run", lambda: command(python, "-m", "runbook_lib.cli", "apply", "sandbox", "--json")))
        figures.append(grants.measure())
        imports = [timed("", lambda: command(python, "-c", "import runbook_lib.cli")) for _ in range(5)]
        bare = [timed("", lambda: command(python, "-c", "pass")) for _ in range(5)]
        wall = statistics.median(each.wall for each in imports) - statistics.median(each.wall for each in bare)
        figures.append(Figure("(f) import runbook_lib.cli", wall, 0.0, "less a bare interpreter"))
        command(python, "-m", "runbook_lib.cli", "sandbox", "down")
    show(figures, base)


def show(figures: list[Figure], base: Figure) -> None:
    """Print the table."""
    print(f"{'what':38} {'wall s':>8} {'CPU s':>8} {'x (b)':>7}  remark")
    for each in figures:
        remark = "" if each.remark.startswith("{") else each.remark.strip()
        print(f"{each.name:38} {each.wall:8.2f} {each.cpu:8.2f} {each.wall / base.wall:7.2f}  {remark}")


if __name__ == "__main__":
    main()

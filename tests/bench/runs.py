"""Run what a user runs, in a home and a sandbox of its own: the demo, the stock papermill command, one stage after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure, best, timed
from tests.folders import passable

HERE = Path(__file__).resolve().parents[2]
EMPTY = {"cells": [], "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
         "nbformat": 4, "nbformat_minor": 5}  # fmt: skip


@dataclass(frozen=True)
class Home:
    """Hold a folder like a checkout, whose records and sandbox lie in it."""

    folder: Path

    @property
    def file(self) -> Path:
        """Give the parameter file that the demo writes on free ports."""
        return self.folder / "box" / "sandbox.yaml"

    def python(self, *words: str) -> str:
        """Run a Python module and give what it printed. Raises when it fails."""
        variables = {**os.environ, "RUNBOOK_HOME": str(self.folder), "RUNBOOK_SANDBOX_DIR": str(self.folder / "box")}
        variables |= self._keys()
        done = subprocess.run((sys.executable, *words), cwd=self.folder, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(words)} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def runbook(self, *words: str) -> dict[str, object]:
        """Run a `runbook` command and read its answer."""
        answer: dict[str, object] = json.loads(self.python("-m", "runbook_lib.cli", *words, "--json"))
        return answer

    def papermill(self, notebook: Path, *words: str) -> str:
        """Execute a notebook by the stock command."""
        return self.python("-m", "papermill", "--no-progress-bar", "-k", "python3", str(notebook), str(self.folder / "out.ipynb"), *words)

    def sandbox_cpu(self) -> float:
        """Give the processor time that the sandbox's processes used so far, with their ended children; 0 where there is no /proc."""
        state = json.loads((self.folder / "box" / "state.json").read_text("utf-8"))
        files = [Path(f"/proc/{state[part]}/stat") for part in ("supervisor", "aws_pid", "redshift_pid", "postgres_pid")]
        ticks = [each.read_text("utf-8").rpartition(")")[2].split()[11:15] for each in files if each.exists()]
        return sum(int(tick) for each in ticks for tick in each) / os.sysconf("SC_CLK_TCK")

    def _keys(self) -> dict[str, str]:
        """Read the variables that `runbook sandbox up` tells its user to set."""
        path = self.folder / "box" / "sandbox.env"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return {name: value.strip("'\"") for name, _, value in (line.partition("=") for line in lines if "=" in line)}


@contextmanager
def home() -> Iterator[Home]:
    """Make the folder; its sandbox ends with it."""
    with passable() as folder:
        made = Home(folder)
        for each in ("notebooks", "parameters"):
            (made.folder / each).symlink_to(HERE / each)
        try:
            yield made
        finally:
            made.runbook("sandbox", "down")


def empty(home: Home) -> Figure:
    """Time an empty notebook: all that papermill and a kernel cost by themselves."""
    path = home.folder / "empty.ipynb"
    path.write_text(json.dumps(EMPTY), "utf-8")
    return best(timed("(b) empty notebook, stock papermill", lambda: home.papermill(path)) for _ in range(3))


def run(home: Home, name: str, *words: str) -> tuple[Figure, Path]:
    """Time a command that leaves a record; the remark tells what its sandbox used beside it."""
    before = home.sandbox_cpu() if home.file.exists() else 0.0
    answers: list[dict[str, object]] = []

    def answered() -> str:
        answers.append(home.runbook(*words))
        return f"{answers[0]['changes']} changes; the sandbox used {home.sandbox_cpu() - before:.1f} s of processor time"

    return timed(name, answered), Path(str(answers[0]["record"]))


def own_seconds(record: Path) -> dict[str, float]:
    """Read what each stage's notebook spent of its own: the time of its cells less that inside the adapters."""
    found = {}
    for path in sorted((record / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        result = json.loads((record / "stages" / f"{path.stem.split('_', 1)[1]}.json").read_text("utf-8"))
        spent = sum(cell["metadata"].get("papermill", {}).get("duration") or 0.0 for cell in cells)
        found[path.stem] = spent - result["adapter_seconds"]
    return found


def stages(home: Home, records: tuple[Path, ...]) -> Iterator[Figure]:
    """Time each stage's notebook by the stock command on what the demo left; the remark tells the most it spent of its own in a run."""
    for stem, seconds in own_seconds(records[0]).items():
        own = max(seconds, *(own_seconds(record).get(stem, 0.0) for record in records[1:]))
        executing = partial(home.papermill, HERE / "notebooks" / f"{stem}.ipynb", "-f", str(home.file))
        figure = timed(f"(c) {stem}", executing)
        yield replace(figure, remark=f"own {own:.2f} s")

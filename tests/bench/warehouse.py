"""Measure a warehouse of many schemas: plan, apply and verify of both databases' stages, by themselves and as whole runs with a record.

`python -m tests.bench.warehouse [SCHEMAS...]` prints a table; without numbers it measures 100, 1,000 and 9,900 schemas of ten tables each.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from tests.bench import runs
from tests.bench.figures import Figure, timed
from tests.contract.redshift.many import COUNTED, FILL, STAGES, Many, many
from tests.contract.redshift.standin import Standin, standing_in

SIZES, TABLES = (100, 1000, 9900), 10
BOTH = ("--stage", "source_database", "--stage", "destination_database")
SOURCE, DESTINATION = "tickit", "tickit_masked"
"""The sandbox's databases, which are filled further."""


def main() -> None:
    """Measure each size in a process of its own, so that the most memory that it took is its own."""
    words = sys.argv[1:]
    if words[:1] == ["--here"]:
        print(json.dumps([vars(each) for each in stages(int(words[1]))]))
        return
    sizes = tuple(map(int, words)) or SIZES
    print(f"{'what':62} {'wall s':>8} {'CPU s':>8}  remark")
    for each in (figure for size in sizes for figure in chain(measure(size), whole(size))):
        print(f"{each.name:62} {each.wall:8.2f} {each.cpu:8.2f}  {each.remark}", flush=True)


def measure(size: int) -> list[Figure]:
    """Measure the stages by themselves; CPU is that of the client alone."""
    words = (sys.executable, "-m", "tests.bench.warehouse", "--here", str(size))
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    return [Figure(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def stages(size: int) -> Iterator[Figure]:
    """Plan, apply and verify both stages against a stand-in of its own, and count what was sent."""
    with standing_in() as standin, many(standin, 2, 2) as few, many(standin, size, TABLES) as large:
        few.plan()  # loading the driver is measured elsewhere
        works: dict[str, Callable[[Many], object]] = {
            "plan, nothing granted": lambda each: [each.plan(stage).digest for stage in STAGES],
            "apply": lambda each: [each.apply(stage) for stage in STAGES],
            "plan, all granted": lambda each: [each.plan(stage).digest for stage in STAGES],
            "verify": lambda each: [each.verify(stage) for stage in STAGES],
        }
        for name, work in works.items():
            yield timed(f"{size:,} schemas x {TABLES}: {name}", partial(_counted, large, work))


def _counted(large: Many, work: Callable[[Many], object]) -> str:
    sent = len(large.statements(lambda: work(large)))
    return f"{sent} statements; at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"


def whole(size: int) -> Iterator[Figure]:
    """Run the commands, notebooks, record and all; CPU is that of the command with its kernels."""
    with runs.home() as home:
        home.runbook("sandbox", "up", "--ports", "auto", str(home.file))
        fill(home.folder / "box", size)
        for verb in ("plan", "apply", "verify"):
            figure, record = runs.run(home, f"{size:,} schemas x {TABLES}: runbook {verb}, both stages", verb, str(home.file), *BOTH)
            yield Figure(figure.name, figure.wall, figure.cpu, f"{figure.remark}; {_sized(record)}")


def fill(box: Path, size: int) -> None:
    """Make the schemas on both sides, and the tables in the source, on the server itself."""
    keys = dict(line.split("=", 1) for line in (box / "sandbox.env").read_text("utf-8").splitlines() if "=" in line)
    port = json.loads((box / "redshift.json").read_text("utf-8"))["postgres_port"]
    server = Standin(0, port, box, keys["RUNBOOK_SANDBOX_ADMIN_PASSWORD"].strip("'\""))
    server.past(SOURCE, FILL.format(schemas=size, tables=TABLES), COUNTED)
    server.past(DESTINATION, FILL.format(schemas=size, tables=0), COUNTED)


def _sized(record: Path) -> str:
    files = {path: path.stat().st_size for path in record.rglob("*") if path.is_file()}
    notebook = max((size for path, size in files.items() if path.suffix == ".ipynb"), default=0)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return f"record {sum(files.values()) / 1e6:.1f} MB, largest notebook {notebook / 1e6:.2f} MB; at most {most} MB in a process"


if __name__ == "__main__":
    main()

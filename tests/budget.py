"""Count what each stage asks of AWS and of the databases, and hold it against the table in docs/calls.md.

`python -m tests.budget` writes the table anew, from runs on a sandbox of its own: read the difference before you commit it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import headless
from runbook_lib.evidence import Record
from runbook_lib.evidence.record import RunVerb
from runbook_lib.model import Stage
from runbook_lib.runbook.traffic import Traffic
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, running
from tests.depth import counted
from tests.driver import HERE, Driver, driver, example, not_kept, step_through
from tests.end_to_end.world import forget_secrets
from tests.folders import passable

FILE = HERE / "docs" / "calls.md"
SHAPES = {"sandbox": "V2, nothing encrypted with keys", "example-legacy-kms": "the previous process, with customer managed keys"}
MOMENTS: dict[str, RunVerb] = {"first plan": "plan", "apply": "apply", "plan": "plan", "verify": "verify"}
"""What is run: a plan of an empty account, its apply with the proof, and both again when all is in place."""
LONGEST = {"first plan": 8, "apply": 44, "plan": 12, "verify": 13}
"""How many calls to AWS follow on each other in any stage at most; which of two that ask for the same is first makes one or two more."""
SENT = "both databases, by their log"
Counts = Counter[tuple[str, str]]


@dataclass
class Tally:
    """Count the calls of each stage by their name, while one stage runs after the other.

    What the databases were sent is counted by their own log, too: what a connection sends by itself, and each log-in, stands there alone.
    """

    log: Path
    stage: str = ""
    counts: Counts = field(default_factory=Counter)
    chain: int = 0

    def heard(self, traffic: Traffic, sent: Any, hear: Any) -> None:
        """Hear of a request or a statement."""
        name = f"{sent.service}:{sent.operation}" if hasattr(sent, "operation") else f"{sent.service}, {'write' if sent.writes else 'read'}"
        self.counts[self.stage, name] += 1
        hear(traffic, sent)

    def execute(self, stage: Stage, record: Record, values: dict[str, Any]) -> headless.Executed:
        """Step through a stage."""
        self.stage, before = stage.slug, self._sent()
        with counted() as chain:
            done = step_through(stage, record, values)
            self.chain = max(self.chain, chain.length)
        self.counts[self.stage, SENT] += self._sent() - before
        return done

    def _sent(self) -> int:
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0


def measured(drive: Driver, log: Path) -> dict[str, Tally]:
    """Run each moment of an environment, count, and leave nothing."""
    found, digest = dict[str, Tally](), ""
    for moment, verb in MOMENTS.items():
        tally, hear = Tally(log), Traffic.heard
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Traffic, "heard", lambda traffic, sent, tally=tally, hear=hear: tally.heard(traffic, sent, hear))
            run = drive(verb, execute=tally.execute, approve=digest if verb == "apply" else "")
        assert run.exit_code in {0, 6}, f"{moment}: {run.exit_code}, {not_kept(run)}"
        digest = run.plan.digest
        found[moment] = tally
    drive("destroy", approve=drive("destroy").plan.digest)
    return found


def table(shape: str, tallies: dict[str, Tally]) -> str:
    """Write a shape's table: a row for each stage and call, a column for each moment."""
    found = {moment: tally.counts for moment, tally in tallies.items()}
    stages = dict.fromkeys(stage for counts in found.values() for stage, _ in counts)
    lines = [f"## {shape}: {SHAPES[shape]}", "", f"| stage | what | {' | '.join(MOMENTS)} |", f"|--|--|{'--|' * len(MOMENTS)}"]
    for stage in stages:
        names = sorted({name for counts in found.values() for of, name in counts if of == stage})
        for name in names:
            numbers = [found[moment][stage, name] for moment in MOMENTS]
            if any(numbers):
                lines.append(f"| {stage} | {name} | {' | '.join(str(each or '-') for each in numbers)} |")
    total = [sum(number for (_, name), number in counts.items() if name != SENT) for counts in found.values()]
    lines.append(f"| whole run | in all | {' | '.join(map(str, total))} |")
    return "\n".join(lines) + "\n"


def of_shape(shape: str, state: State, sandbox: Path, folder: Path) -> dict[str, Tally]:
    """Measure a shape on a sandbox where it is not set up, whatever others left there for its waiting period."""
    drive = driver(state, sandbox, folder) if shape == "sandbox" else example(shape, state, sandbox, folder)
    forget_secrets(state)
    return measured(drive, sandbox / "statements.jsonl")


def written(shape: str) -> str:
    """Read a shape's table as it is written down."""
    found = re.search(rf"^## {re.escape(shape)}:.*?(?=^## |\Z)", FILE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return found[0].strip() + "\n" if found else ""


def main() -> None:
    """Write every table anew."""
    head = FILE.read_text("utf-8").partition("\n## ")[0].rstrip()
    with passable() as folder, running(folder / "box", Wanted()) as state:
        tables = [table(shape, of_shape(shape, state, folder / "box", folder)) for shape in SHAPES]
    FILE.write_text("\n\n".join((head, *(each.strip() for each in tables))) + "\n", "utf-8")


if __name__ == "__main__":
    main()

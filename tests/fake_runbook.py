"""Be a `runbook` that does nothing but what a parameter file's tag tells it: to test what many of them come to, at the cost of a process.

The tag `does` of `roles.tags` says it; the log beside the file has a line for each begin and end, in the order in which they happened.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

FAKE = (sys.executable, "-S", "-E", __file__)
STAGES = ("preflight", "storage")
CODES = {"owed": 6, "drift": 4, "fail": 1, "refuse": 3, "guard": 5, "pending": 7}


def main(words: list[str]) -> int:
    """Run a verb over a file."""
    file = Path(next(each for each in words if each.endswith(".yaml")))
    values = json.loads(file.read_text("utf-8"))
    name, does = values["environment"], values.get("roles", {}).get("tags", {}).get("does", "")
    log = file.with_name("log")
    try:
        _write(log, f"begin {name} {' '.join(words)}")
        return _do(does, name, log)
    except KeyboardInterrupt:
        where = f"20260102T030405Z-{words[0]}-{name.encode().hex()[-6:]:0>6}"
        _answer({"exit_code": 1, "error": "Stopped", "where": where, "what": "was stopped", "way_out": f"runbook resume {where} {name}"})
        return 1
    finally:
        _write(log, f"end {name}")


def _do(does: str, name: str, log: Path) -> int:
    for number, each in enumerate(STAGES, 1):
        sys.stderr.write(f"   0.{number} s  [{number}/{len(STAGES)}] {each.title()}\n")
        sys.stderr.write(f"   0.{number} s         {each.title()}: done in 0.0 s\n")
        sys.stderr.flush()
    match does.split():
        case ["killed"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["dead"]:
            sys.stderr.write("Traceback: everything went wrong\n")
            return 1
        case ["chatty"]:
            sys.stderr.write("x" * 300_000 + "\n")
        case ["meets", others]:
            _wait(lambda: _most_at_once(log) >= int(others))
        case ["shares"]:
            _write(log, f"shares {name} {os.environ['RUNBOOK_NOTEBOOKS']}")
        case ["waits"]:
            _wait((log.parent / "go").exists)
    code = CODES.get(does, 0)
    state = {0: "converged", 6: "owed", 4: "drifted", 7: "changes pending"}.get(code, "blocked")
    cells = [{"number": 10 * place, "stage": each, "title": each.title(), "state": state} for place, each in enumerate(STAGES, 1)]
    _answer({"exit_code": code, "changes": 2, "stages": cells})
    return code


def _most_at_once(log: Path) -> int:
    """Count how many ran at once at most so far: whoever looks late finds it too."""
    steps = (1 if line.startswith("begin") else -1 for line in log.read_text("utf-8").splitlines() if line.startswith(("begin", "end")))
    return max(accumulate(steps), default=0)


def _wait(until: Callable[[], bool]) -> None:
    while not until():
        time.sleep(0.01)


def _answer(said: object) -> None:
    print(json.dumps(said))


def _write(log: Path, line: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

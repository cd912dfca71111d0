"""How far a batch is, in a log and at a terminal."""

from __future__ import annotations

import errno
import io

from runbook_lib.fleet.progress import CLEAR, FleetLines
from runbook_lib.model.fleets import Row

ONE = Row(number=1, file="one.yaml", environment="one")
OTHER = Row(number=2, file="other.yaml", environment="other", wave=2)


class Terminal(io.StringIO):
    """Be a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def told(stream: io.StringIO) -> list[str]:
    """Tell of two environments; give the lines without their times."""
    lines = FleetLines(3, stream)
    lines.begins(ONE)
    lines.begins(OTHER)
    lines.reaches(ONE, "1/2", "Storage")
    lines.ends(ONE.model_copy(update={"state": "ended", "exit_code": 4, "said": "it has drifted\nmore"}))
    lines.ends(OTHER.model_copy(update={"state": "stopped", "exit_code": 1}))
    lines.says("SIGINT: no more begin")
    lines.over()
    return [line.partition(" s  ")[2] for line in stream.getvalue().split("\n")]


def test_a_log_has_a_line_for_whatever_happens() -> None:
    """Each with how many of all have ended and failed, and nothing that only a terminal understands."""
    assert [
        "0/3  one  begins, wave 1",
        "0/3  other  begins, wave 2",
        "0/3  one  [1/2] Storage",
        "1/3, 1 failed  one  ends with 4, a check is broken or the state drifted: it has drifted",
        "2/3, 2 failed  other  stopped with 1, failed",
        "2/3, 2 failed  SIGINT: no more begin",
        "",
    ] == told(io.StringIO())


def test_a_terminal_has_one_line_more() -> None:
    """It says what runs now, is written anew each time, and is taken away at the end."""
    stream = Terminal()
    told(stream)

    assert "  now: one 1/2  other" in stream.getvalue()
    assert stream.getvalue().endswith(CLEAR)


class Closed(Terminal):
    """Be a terminal whose window is gone."""

    def write(self, _text: str) -> int:
        """Refuse it as the system does."""
        raise OSError(errno.EIO, "Input/output error")


def test_a_terminal_that_is_gone_is_nobodys_failure() -> None:
    """What would be written there is lost, and nothing else."""
    assert [""] == told(Closed())

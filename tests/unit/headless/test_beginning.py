"""What a command that runs notebooks begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib import cli
from runbook_lib.kernels import fork_server
from runbook_lib.parameters import Environment, load


@pytest.mark.parametrize("verb", ["plan", "apply", "verify", "destroy"])
def test_what_all_else_waits_for_begins_first(verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What kernels are forked from begins to make itself ready before the parameter file is read."""
    file, done = tmp_path / "staging.yaml", list[str]()
    file.touch()
    read = load.load

    def reading(path: Path, *, is_attended: bool = False) -> Environment:
        done.append("read")
        return read(path, is_attended=is_attended)

    monkeypatch.setattr(load, "load", reading)
    monkeypatch.setattr(fork_server, "warmed", lambda: done.append("begun"))

    code = cli.main([verb, str(file)])

    assert 2 == code
    assert ["begun", "read"] == done[:2]

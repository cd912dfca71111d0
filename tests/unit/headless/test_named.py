"""Whom a run that is to go on belongs to."""

from __future__ import annotations

from pathlib import Path

from runbook_lib.headless.resuming import named


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    """An environment's file may lie in a folder whose name a shell would take apart."""
    file = tmp_path / "jo's own envs" / "any.yaml"
    file.parent.mkdir()
    file.write_text("", "utf-8")

    assert ("2026-run", file) == named("2026-run", str(file))

"""Runs side by side do not meet: each kernel's sockets lie in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import headless
from runbook_lib.headless.importing import NEEDLESS
from runbook_lib.headless.kernel import LONGEST, connection
from runbook_lib.kernels import provisioner
from tests.machine import ROOT
from tests.notebooks.test_papermill import OFFLINE


def test_a_socket_lies_in_the_folder_unless_its_name_is_too_long() -> None:
    """Where the system could not name a socket, kernel and runner talk through ports."""
    fits = "/" + "f" * (LONGEST - 1)

    assert {"transport": "ipc", "ip": f"{fits}/kernel"} == connection(fits)
    assert {"transport": "tcp"} == connection(f"{fits}f")


def test_two_runs_at_once_end_well(tmp_path: Path) -> None:
    """Two environments planned from one checkout at one time: both are done, and nothing is left beside the records."""
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    before = sorted(path.name for path in tmp_path.iterdir())
    variables = {**os.environ, **OFFLINE, "RUNBOOK_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "runbook_lib.cli", "plan", name, "--stage", "worker_settings", "--json"],
            cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True,
        )
        for name in ("example-v2", "example-v2-kms")
    ]  # fmt: skip

    answers = [json.loads(run.communicate()[0]) for run in runs]

    assert [(0, []), (0, [])] == [(answer["exit_code"], answer["errors"]) for answer in answers]
    assert [*before, "runs"] == sorted(path.name for path in tmp_path.iterdir())


def test_both_ways_of_starting_leave_the_same_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with ordinary kernels has the digest, the files and the cells' outputs of one whose kernels were forked."""
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name, value in {**OFFLINE, "RUNBOOK_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    stages = ("worker_settings", "handover")
    warm = headless.carry_out(tmp_path / "parameters" / "example-legacy.yaml", "plan", stages=stages)
    monkeypatch.setattr(provisioner, "request_for", lambda *_: None)
    cold = headless.carry_out(tmp_path / "parameters" / "example-legacy.yaml", "plan", stages=stages)

    assert warm.plan.digest == cold.plan.digest
    assert (warm.exit_code, warm.plan, warm.findings) == (cold.exit_code, cold.plan, cold.findings)
    assert _kept(warm) == _kept(cold)


def _kept(run: headless.Run) -> dict[str, object]:
    """Describe a record: its files, and of each notebook what papermill keeps, without times and places."""
    folder = run.record.folder
    kept: dict[str, object] = {str(path.relative_to(folder)): None for path in folder.rglob("*") if path.is_file()}
    for path in folder.glob("notebooks/*.ipynb"):
        read = json.loads(path.read_text("utf-8"))
        cells = [
            (cell["metadata"].get("tags") or cell["id"], sorted(cell["metadata"].get("papermill", {})), _outputs(cell))
            for cell in read["cells"]
        ]
        kept[path.name] = (cells, sorted(read["metadata"]), sorted(read["metadata"]["papermill"]))
    return kept


def _outputs(cell: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(each["output_type"], sorted(each.get("data", {}))) for each in cell.get("outputs", [])]


def test_a_run_imports_nothing_needless() -> None:
    """Papermill is imported without what would take longer than the notebooks of a run."""
    code = """import sys
from runbook_lib.headless.line import Line
from runbook_lib.headless.notebook import papermill
values = {side: {"admin": {}, "user": {}} for side in ("source", "destination")}
with papermill(None, values, Line({})):
    print(sorted(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "'papermill.execute'" in done.stdout
    assert [] == [each for each in NEEDLESS if f"'{each}'" in done.stdout]

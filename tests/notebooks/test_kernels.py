"""Runs side by side do not meet: each kernel's sockets lie in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from runbook_lib.headless.notebook import LONGEST, _connection
from tests.machine import ROOT
from tests.notebooks.test_papermill import OFFLINE


def test_a_socket_lies_in_the_folder_unless_its_name_is_too_long() -> None:
    """Where the system could not name a socket, kernel and runner talk through ports."""
    fits = "/" + "f" * (LONGEST - 1)

    assert {"transport": "ipc", "ip": f"{fits}/kernel"} == _connection(fits)
    assert {"transport": "tcp"} == _connection(f"{fits}f")


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

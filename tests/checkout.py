"""Type commands as a person does: processes of their own, in a folder that holds notebooks and parameters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OF_ELSEWHERE = {
    "AWS_ACCESS_KEY_ID": "AKIAOFANOTHERACCOUNT",
    "AWS_SECRET_ACCESS_KEY": "of another account",
    "AWS_SESSION_TOKEN": "of another account",
    "AWS_PROFILE": "of-another-account",
    "RUNBOOK_SANDBOX_ADMIN_PASSWORD": "of another sandbox",
}
"""What the shell may still hold when somebody turns to the sandbox."""


@dataclass(frozen=True)
class Checkout:
    """Type commands in a folder that holds notebooks and parameters, beside a sandbox of its own."""

    home: Path
    box: Path

    def __call__(self, *words: str, expected: int = 0) -> dict[str, Any]:
        """Run a command with --json and give its answer."""
        process = self.start(*words)
        told, errors = process.communicate()
        assert expected == process.returncode, f"{told}\n{errors}"
        answer: dict[str, Any] = json.loads(told)
        return answer

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command with --json, as the leader of a process group of its own, in a shell that was used for something else."""
        variables = {**os.environ, **OF_ELSEWHERE, "RUNBOOK_HOME": str(self.home), "RUNBOOK_SANDBOX_DIR": str(self.box)}
        command = [sys.executable, "-m", "runbook_lib.cli", *words, "--json"]
        return subprocess.Popen(
            command, cwd=self.home, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )

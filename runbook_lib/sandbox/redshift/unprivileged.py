"""Say as whom the server runs: PostgreSQL refuses uid 0."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
READABLE, PASSABLE = 0o005, 0o001


def as_whom(folder: Path, binaries: Path) -> dict[str, Any]:
    """Give what `subprocess` takes to run a server in a folder: it ends with this process.

    As root: in a user namespace in which we are not root, since there it reaches its files whoever closes a folder above them while it
    runs; where the system gives none, as `nobody`. Raises RuntimeError when neither can be.
    """
    if os.geteuid() != 0:
        return {"preexec_fn": _by_itself}
    if _has_namespaces(binaries):
        return {"preexec_fn": _in_a_namespace}
    return _nobody(folder, binaries)


def _has_namespaces(binaries: Path) -> bool:
    """Tell whether the server runs in a user namespace: containers often forbid them."""
    command = [str(binaries / "postgres"), "--version"]
    try:
        return subprocess.run(command, capture_output=True, check=False, preexec_fn=_in_a_namespace).returncode == 0
    except OSError:
        return False


def _nobody(folder: Path, binaries: Path) -> dict[str, Any]:
    import pwd

    closed = [path for path in (binaries, *binaries.parents) if path.stat().st_mode & READABLE != READABLE]
    closed += [path for path in folder.resolve().parents if not path.stat().st_mode & PASSABLE]
    if closed:
        message = f"sandbox: PostgreSQL does not run as root, this system gives it no user namespace, and nobody may not pass {closed[0]}"
        raise RuntimeError(f"{message}; open that, or name another folder: RUNBOOK_SANDBOX_DIR")
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "preexec_fn": _by_itself}


def _by_itself() -> None:
    """Let the server end with whoever started it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _in_a_namespace() -> None:
    """Leave uid 0, and nothing else."""
    if not sys.platform.startswith("linux") or ctypes.CDLL(None).unshare(CLONE_NEWUSER):
        os._exit(1)
    _by_itself()

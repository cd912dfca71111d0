"""Say what a kernel or a command is started with, in bytes that only the new process reads."""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAUNCHER = (sys.executable, "-m", "ipykernel_launcher")
"""What starts the kernel that this interpreter's kernelspec describes."""
DEBUGS = "debugs"
"""The word by which kernels are asked for that can be debugged."""
SHAPING = ("BOTO", "HOME", "JUPYTER_", "LANG", "LC_", "LD_", "PYTHON")
"""Prefixes of variables that interpreter and libraries read while they start: who has others cannot take over what was imported."""
LIMITS = tuple(sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}))


@dataclass(frozen=True)
class Request:
    """Describe one kernel, or the command that `calls` names as `module:function`, with its words as `arguments`.

    `descriptors` are the numbers that the files passed to it have there. A kernel that `is_brief` ends with the one notebook it executes,
    and with it what it started and the folder in which it meets who asked for it.
    """

    arguments: tuple[str, ...]
    environ: dict[str, str]
    folder: str
    descriptors: tuple[int, ...]
    limits: tuple[tuple[int, int, int], ...]
    mask: int
    calls: str = ""
    is_brief: bool = False

    @property
    def last(self) -> int:
        """Give the signal that it is sent when nobody needs it any more: a command ends its record, as after Ctrl-C."""
        return int(signal.SIGINT if self.calls else signal.SIGKILL)

    @property
    def meeting(self) -> str:
        """Give the folder of a brief kernel's connection file, which is its own; empty for all others."""
        words = dict(pairwise(self.arguments))
        return str(Path(words["-f"]).parent) if self.is_brief and "-f" in words else ""

    def written(self) -> bytes:
        """Write it down."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, text: bytes) -> Request:
        """Read what was written."""
        values = json.loads(text)
        return cls(
            tuple(values["arguments"]),
            values["environ"],
            values["folder"],
            tuple(values["descriptors"]),
            tuple((kind, soft, hard) for kind, soft, hard in values["limits"]),
            values["mask"],
            values["calls"],
            values["is_brief"],
        )


def named(point: str) -> Any:
    """Give what stands at `module:name`, as entry points are written."""
    module, _, name = point.partition(":")
    return getattr(importlib.import_module(module), name)


def can_fork() -> bool:
    """Tell whether a process that has imported much may be forked here."""
    return sys.platform == "linux"


def shape(environ: Mapping[str, str]) -> dict[str, str]:
    """Choose the variables that shape what is imported."""
    return {name: value for name, value in environ.items() if name.startswith(SHAPING)}


def request_for(command: Sequence[str], how: Mapping[str, Any]) -> Request | None:
    """Describe the kernel that a command would start; None when only the command itself can start it."""
    environ, folder = how.get("env") or dict(os.environ), str(how.get("cwd") or Path.cwd())
    is_ours = tuple(command[: len(LAUNCHER)]) == LAUNCHER and how.keys() <= {"cwd", "env", "pass_fds"}
    if not (can_fork() and is_ours and Path(folder).is_dir()):
        return None
    limits = tuple((kind, *resource.getrlimit(kind)) for kind in LIMITS)
    return Request(tuple(command[len(LAUNCHER) :]), environ, folder, tuple(how.get("pass_fds", ())), limits, mask())


def mask() -> int:
    """Give this process's umask. The system tells it; asking for it by setting it would show another to other threads."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines())
    return int(status["Umask"], 8)

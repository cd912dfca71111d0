"""Run JupyterLab on the working copies, once for each checkout: its start page has one choice, which all environments share."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib import place
from runbook_lib.evidence.record import private_folder
from runbook_lib.kernels.fork_server import warmed
from runbook_lib.lab import settings
from runbook_lib.runbook import working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.lab.sessions import Variables
    from runbook_lib.parameters import Environment

SERVED = ".served"


@dataclass(frozen=True)
class Opened:
    """State how it went: `elsewhere` is the address of the one that ran already, `aside` the copies that gave way to newer ones."""

    folder: Path
    elsewhere: str = ""
    aside: tuple[Path, ...] = ()


def open_lab(file: Path, environment: Environment, variables: Variables, port: int = 0, *, has_browser: bool = True) -> Opened:
    """Serve the notebooks until somebody stops it; where they are served already, tell where, and leave the choice as it is.

    A second server would write into the same copies, and its choice would be the first one's too. Two tabs are two views of one kernel,
    and a stage that is applied twice finds the environment's lock taken, or nothing left to write.
    """
    folder = place.lab()
    with _served(private_folder(folder)) as other:
        if other:
            return Opened(folder, _address(other))
        aside = (*working.start_page(), *working.working_copies(file, environment))
        place.choose(file)
        os.environ.update(settings.write(folder), RUNBOOK_HOME=str(place.home()))
        warmed()
        _give(variables)
        _run(settings.arguments(folder, port, has_browser=has_browser))
        return Opened(folder, aside=aside)


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    """Be the one who serves a folder while it lasts; give the process that does so already, else 0."""
    handle = os.open(folder / SERVED, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield int(os.pread(handle, 20, 0) or 1)
            return
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield 0
    finally:
        os.close(handle)


def _address(process: int) -> str:
    from jupyter_server.serverapp import list_running_servers

    found = (each for each in list_running_servers() if each["pid"] == process)
    return next((f"{each['url']}lab/tree/{working.START}?token={each['token']}" for each in found), f"process {process}")


def _give(variables: Variables) -> None:
    from runbook_lib.lab.sessions import Sessions

    Sessions.variables = staticmethod(variables)


def _run(arguments: list[str]) -> None:
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(arguments)

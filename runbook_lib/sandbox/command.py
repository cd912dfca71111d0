"""What `runbook sandbox` and `runbook demo` do."""

from __future__ import annotations

import os
import shlex
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runbook_lib import place
from runbook_lib.errors import InvalidParameters
from runbook_lib.parameters.broken import is_loopback
from runbook_lib.parameters.load import load
from runbook_lib.sandbox import injection, processes, supervisor
from runbook_lib.sandbox.state import SandboxError, State, default_folder, read, runs, why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runbook_lib.headless import Run
    from runbook_lib.parameters import Environment
    from runbook_lib.progress import Progress

FILE = "sandbox"
OF_ELSEWHERE = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION")
"""Variables that would go with other keys than the sandbox's."""
SECONDS = 2.0
"""How long an endpoint of this machine is waited for."""
UP = "runbook sandbox up"


def carry_out(action: str, files: Sequence[str] = ()) -> tuple[dict[str, Any], str]:
    """Carry out `sandbox up`, `status` or `down`; `files` are the parameter files that are to name its ports, whichever those are."""
    match action:
        case "up":
            found, done = up(files)
            return _answer(found) | ({"files": done} if done else {}), "\n".join((*done, _text(found)))
        case "down":
            was_there = supervisor.down()
            return {"stopped": was_there}, "the sandbox is down; nothing is left" if was_there else "there was no sandbox"
    told = supervisor.status()
    if told is None:
        is_starting = bool(processes.of(default_folder()))
        return {"running": False, "starting": is_starting}, "a sandbox is starting" if is_starting else "no sandbox is running"
    found, parts = told
    lines = [f"{name:10} {'runs' if is_alive else 'is down'}" for name, is_alive in parts.items()]
    if all(parts.values()):
        faults = injection.set_on(found, default_folder())
        lines += [f"goes wrong on {part}: {', '.join(each)}" for part, each in faults.items() if each]
        return {"running": True, "parts": parts, "faults": faults, **_answer(found)}, "\n".join((*lines, _text(found)))
    ended = why(default_folder())
    lines += ["it is no longer whole; start it anew: runbook sandbox up, or clean up: runbook sandbox down", *filter(None, [ended])]
    return {"running": False, "parts": parts, "why": ended, **_answer(found)}, "\n".join((*lines, _text(found)))


def inject(kind: str, on: str = "", match: str = "", ms: float = 0.0, times: int = 1) -> tuple[dict[str, Any], str]:
    """Carry out `sandbox fault`: one kind of fault in the place of what was set before, or `none`."""
    told = supervisor.status()
    if told is None:
        raise SandboxError("sandbox", "none is running", "start it: runbook sandbox up")
    fault = None if kind == "none" else injection.Fault(kind, match, ms, times)
    parts = injection.inject(told[0], default_folder(), fault, on)
    where = " and ".join(parts)
    return {"fault": kind, "on": list(parts)}, f"nothing goes wrong on {where}" if fault is None else f"{kind} is set on {where}"


def up(names: Sequence[str] = ()) -> tuple[State, tuple[str, ...]]:
    """Start the sandbox on the ports of `parameters/sandbox.yaml`, or for files that are named, and say what became of each.

    The first of them that is there says on which ports, if those can be had; a file that is not there is written.
    """
    if not names:
        return supervisor.up(_wanted(load(place.parameter_file(FILE)))), ()
    from runbook_lib.sandbox import files

    template = place.parameter_file(FILE)
    wishes = [files.wish(each, template) for each in names]
    wanted = [_wanted(each.environment) for each in wishes if each.environment is not None]
    # Each is asked for by itself: they may be of several accounts, of which a sandbox has one.
    for each in wanted or [replace(_wanted(load(template)), aws_port=0, redshift_port=0)]:
        found = supervisor.up(replace(each, is_movable=True))
    return found, tuple(each.granted(found, template) for each in wishes)


def _wanted(environment: Environment) -> supervisor.Wanted:
    return supervisor.Wanted(
        aws_port=urlsplit(environment.aws.endpoint).port or 0,
        redshift_port=environment.source.port,
        account=environment.aws.account,
        region=environment.aws.region,
    )


def enter(environment: Environment) -> None:
    """Take the variables of a file's place in the place of this process's own."""
    known = entered(environment, os.environ)
    for name in [each for each in os.environ if each not in known]:
        del os.environ[name]
    os.environ.update(known)


def entered(environment: Environment, environ: Mapping[str, str]) -> dict[str, str]:
    """Where a file names the running sandbox, give its keys and password in the place of what is held for somewhere else."""
    told = supervisor.status()
    place_named = urlsplit(environment.aws.endpoint)
    if told is None or not is_loopback(place_named.hostname or "") or place_named.port != told[0].aws_port:
        return dict(environ)
    return {**{name: each for name, each in environ.items() if name not in OF_ELSEWHERE}, **supervisor.environment()}


def refuse_absent(file: Path, environment: Environment) -> None:
    """Raise SandboxError at once where no stage could find out more: nothing listens at the endpoint that a file of the sandbox names.

    The same where what listens is somebody else's: another sandbox runs here, and no credentials were given for that one.
    """
    named = urlsplit(environment.aws.endpoint)
    try:
        socket.create_connection((named.hostname or "", named.port or 0), timeout=SECONDS).close()
    except OSError:
        raise SandboxError(environment.aws.endpoint, *_absence(file, environment)) from None
    found = read(default_folder())
    if found is not None and found.aws_port != named.port and not _has_credentials(environment):
        what = f"is not the sandbox that runs here, which answers on port {found.aws_port}"
        raise SandboxError(environment.aws.endpoint, what, f"name a parameter file of that one, or {_joining(file)}")


def _absence(file: Path, environment: Environment) -> tuple[str, str]:
    """Say why nothing listens where a file says, and which command makes that good."""
    port, found = urlsplit(environment.aws.endpoint).port, read(default_folder())
    if found is not None and found.aws_port != port and all(runs(default_folder(), found).values()):
        what = f"nothing listens there, and the sandbox that runs here answers on port {found.aws_port}"
        return what, _joining(file)
    what = _ended(port) or "nothing listens there, and the file names this machine alone"
    return what, f"start the sandbox: {UP if _is_fixed(file, environment) else _auto(file)}"


def _is_fixed(file: Path, environment: Environment) -> bool:
    """Tell whether a file names what a sandbox is that is started without one."""
    try:
        return _is_template(file) or _wanted(load(place.parameter_file(FILE))) == _wanted(environment)
    except InvalidParameters:
        return False


def _is_template(file: Path) -> bool:
    return file.resolve() == place.home() / "parameters" / f"{FILE}.yaml"


def _joining(file: Path) -> str:
    """Say how a file comes to name the sandbox that runs; that of the fixed ports keeps those, and another is written."""
    if _is_template(file):
        return f"write one: {UP} --ports auto FILE"
    return f"set its ports in the file: {_auto(file)}"


def _auto(file: Path) -> str:
    return f"{UP} --ports auto {place.typed(file)}"


def _has_credentials(environment: Environment) -> bool:
    return bool(environment.aws.profile or "AWS_ACCESS_KEY_ID" in os.environ)


def _ended(port: int | None) -> str:
    """Say why the sandbox ended that answered on a port; empty when there was none."""
    folder = default_folder()
    found = read(folder)
    is_the_one = found is not None and found.aws_port == port
    return f"the sandbox that answered there has ended: {why(folder)}" if is_the_one else ""


def demo(ports: str, progress: Progress) -> Run:
    """Start the sandbox, then plan, apply and verify its environment."""
    from runbook_lib import headless

    file = default_folder() / "sandbox.yaml" if ports == "auto" else place.parameter_file(FILE)
    progress.step("starting the sandbox: an AWS endpoint and a Redshift stand-in, with a sample account and warehouse")
    up((str(file),) if ports == "auto" else ())
    enter(load(file))
    progress.step("planning, then applying under that plan's digest: the file says that it may approve itself")
    done = headless.carry_out(file, "apply", progress=progress)
    progress.step(f"go on with the same file: runbook verify {place.typed(file)}")
    return done


def _answer(state: State) -> dict[str, Any]:
    return {
        "aws_endpoint": f"http://127.0.0.1:{state.aws_port}", "redshift": f"127.0.0.1:{state.redshift_port}", "account": state.account,
        "region": state.region, "folder": str(default_folder()), "pids": state.pids, "since": state.since,
    }  # fmt: skip


def _text(state: State) -> str:
    since = time.strftime("%H:%M:%S", time.localtime(state.since))
    return (
        f"AWS endpoint http://127.0.0.1:{state.aws_port} (account {state.account}, {state.region})\n"
        f"Redshift     127.0.0.1:{state.redshift_port}, since {since}\n"
        "To work in it from this shell, run:\n"
        f"set -a; . {shlex.quote(str(default_folder() / 'sandbox.env'))}"
    )

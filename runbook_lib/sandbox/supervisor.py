"""Start, find and stop the sandbox: the embedded AWS endpoint and the Redshift stand-in, shared by all processes of a user.

A small supervisor process holds both parts' standard inputs: when it dies, by whatever means, they stop.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from runbook_lib.sandbox import endings
from runbook_lib.sandbox import state as states
from runbook_lib.sandbox.listeners import is_free, listening, refuse_taken
from runbook_lib.sandbox.state import ACCESS_KEY, SECRET_KEY, VARIABLES, SandboxError, State, default_folder, owned

PASSWORD = "RUNBOOK_SANDBOX_ADMIN_PASSWORD"
SECONDS = 90.0
DOWN_FIRST = "stop it first: runbook sandbox down"


@dataclass(frozen=True)
class Wanted:
    """Say which sandbox is wanted; port 0 takes a free one, and where it `is_movable`, other ports do as well as those named."""

    aws_port: int = 0
    redshift_port: int = 0
    account: str = "123456789012"
    region: str = "us-east-1"
    has_sample: bool = True
    is_movable: bool = False

    def differs(self, found: State) -> str:
        """Say in what a running sandbox is not the wanted one; empty when it is."""
        ports = () if self.is_movable else (("port", self.aws_port, found.aws_port), ("port", self.redshift_port, found.redshift_port))
        pairs = (
            *ports, ("account", self.account, found.account), ("region", self.region, found.region),
        )  # fmt: skip
        return ", ".join(f"{name} {has} instead of {wanted}" for name, wanted, has in pairs if wanted and wanted != has)


def up(wanted: Wanted, folder: Path | None = None) -> State:
    """Start the sandbox, or find the one that runs. Raises SandboxError when a port is taken or a part does not come up."""
    folder = owned((folder or default_folder()).absolute())
    with states.locked(folder):
        found = states.read(folder)
        if found is not None and all(states.runs(folder, found).values()):
            _refuse_other(wanted, found)
            _refuse_silent(states.is_alive(folder, found))
            return found
        states.remove(folder)
        return _start(_placed(wanted), folder)


def down(folder: Path | None = None) -> bool:
    """Stop the sandbox and delete its folder; tell whether there was one. Raises SandboxError when something stays."""
    folder = owned((folder or default_folder()).absolute())
    with states.locked(folder):
        was_there = folder.exists()
        states.remove(folder)
    return was_there


def status(folder: Path | None = None) -> tuple[State, dict[str, bool]] | None:
    """Tell what runs where, part by part; None when nothing was started, or when it is not up yet."""
    folder = owned((folder or default_folder()).absolute())
    found = states.read(folder)
    return None if found is None else (found, states.is_alive(folder, found))


def environment(folder: Path | None = None) -> dict[str, str]:
    """Give the variables that a client of the sandbox needs: its administrator's password and the operator's keys, good only here."""
    path = owned((folder or default_folder()).absolute()) / VARIABLES
    if not path.is_file():
        return {}
    return dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines())


@contextlib.contextmanager
def running(folder: Path, wanted: Wanted) -> Iterator[State]:
    """Run a sandbox of its own in a folder, and take it down."""
    try:
        yield up(wanted, folder)
    finally:
        down(folder)


def _refuse_other(wanted: Wanted, found: State) -> None:
    if difference := wanted.differs(found):
        way_out = DOWN_FIRST if wanted.is_movable else f"{DOWN_FIRST} (or use it: runbook sandbox up --ports auto FILE)"
        raise SandboxError("sandbox", f"one runs already, with {difference}", way_out)


def _refuse_silent(parts: dict[str, bool]) -> None:
    """Replace nothing that runs: somebody may be at work in it, and it may only be slow."""
    if silent := " and ".join(part for part, is_alive in parts.items() if not is_alive):
        raise SandboxError("sandbox", f"one runs already, and {silent} did not answer in time", f"wait until it does, or {DOWN_FIRST}")


def _placed(wanted: Wanted) -> Wanted:
    """Give what is wanted with ports that can be had. Raises SandboxError where one is taken and no other will do."""
    if not wanted.is_movable:
        for port in (wanted.aws_port, wanted.redshift_port):
            refuse_taken(port)
        return wanted
    aws, redshift = (port if is_free(port) else 0 for port in (wanted.aws_port, wanted.redshift_port))
    return replace(wanted, aws_port=aws, redshift_port=redshift if redshift != aws else 0)


def _start(wanted: Wanted, folder: Path) -> State:
    try:
        made = _made(folder)
        return _started(wanted, folder, {**os.environ, PASSWORD: made[PASSWORD], SECRET_KEY: made["AWS_SECRET_ACCESS_KEY"]})
    except BaseException:
        states.remove(folder)
        raise


def _started(wanted: Wanted, folder: Path, variables: dict[str, str]) -> State:
    """Start the supervisor and wait until it has told that all is up."""
    told, tell = os.pipe()
    settings = {"aws_port": wanted.aws_port, "redshift_port": wanted.redshift_port, "account": wanted.account, "region": wanted.region}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()] + ([] if wanted.has_sample else ["--no-sample"])
    command = [sys.executable, "-m", "runbook_lib.sandbox.supervisor", "--folder", str(folder), "--tell", str(tell), *words]
    with os.fdopen(told), (folder / "supervisor.log").open("ab") as log:
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, cwd="/", pass_fds=(tell,), check=False)
        finally:
            os.close(tell)
        # The supervisor closes its end when all is up; when it ends before that, by whatever means, the system does.
        select.select([told], [], [], SECONDS)
    if (found := states.read(folder)) is not None:
        return found
    said = (folder / "supervisor.log").read_text("utf-8", "replace").strip()[-600:]
    raise SandboxError("sandbox", f"it did not start: {said or 'its supervisor was killed'}", "mend that and start it again")


def _made(folder: Path) -> dict[str, str]:
    """Make the folder with the variables that clients need."""
    # Root's server runs as nobody, who must be able to pass through; nothing in here but its own data is open to him.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    folder.mkdir(parents=True, mode=mode)
    folder.chmod(mode)
    variables = {
        PASSWORD: f"Sb1{secrets.token_hex(16)}", "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
        "AWS_SESSION_TOKEN": "", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    (folder / VARIABLES).touch(mode=0o600)
    (folder / VARIABLES).write_text("".join(f"{name}={value}\n" for name, value in variables.items()), "utf-8")
    return variables


def main() -> int:
    """Be the supervisor: start both parts, say what runs, wait until told to stop or until a part ends, stop both."""
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--tell", type=int, required=True, metavar="FD", help="closed when all is up")
    parser.add_argument("--aws-port", type=int, default=0)
    parser.add_argument("--redshift-port", type=int, default=0)
    parser.add_argument("--account", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--no-sample", action="store_true")
    given = parser.parse_args()
    # The caller waits for this process alone: what goes on is nobody's child and becomes nobody's zombie.
    if os.fork():
        os._exit(0)
    os.setsid()
    wanted = Wanted(given.aws_port, given.redshift_port, given.account, given.region, not given.no_sample)
    parts: dict[str, subprocess.Popen[bytes]] = {}
    signal.signal(signal.SIGTERM, _told_to_stop)
    try:
        states.write(given.folder, _parts_up(wanted, given.folder, parts))
        os.close(given.tell)
        endings.write(_first_that_ends(parts, given.folder))
    finally:
        for part in parts.values():
            part.terminate()
        for part in parts.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                part.wait(10)
            part.kill()
    return 1


def _told_to_stop(*_: object) -> None:
    endings.write("the sandbox was told to stop")
    sys.exit(0)


def _first_that_ends(parts: dict[str, subprocess.Popen[bytes]], folder: Path) -> str:
    """Wait until a part ends, and say which, how, and what it said last."""
    while True:
        for name, part in parts.items():
            if (code := part.poll()) is not None:
                return (
                    f"the sandbox ends, for {name} ended {endings.how(code)}: {endings.said(folder / f'{name}.log') or 'it said nothing'}"
                )
        time.sleep(0.2)


def _parts_up(wanted: Wanted, folder: Path, parts: dict[str, subprocess.Popen[bytes]]) -> State:
    """Start both parts side by side and wait until they answer."""
    redshift_ready, aws_ready = folder / "redshift.json", folder / "aws.json"
    common = ["--id", str(uuid.uuid4()), "--admin-password-env", PASSWORD] + ([] if wanted.has_sample else ["--no-sample"])
    # Taken here, so that the endpoint can tell of the cluster where it listens.
    with listening(wanted.redshift_port) as taken:
        port = taken.getsockname()[1]
        words = ("--folder", f"{folder}/postgres", "--listen", str(taken.fileno()), "--ready-file", str(redshift_ready),
                 "--aws-ready", str(aws_ready), "--region", wanted.region, *common)  # fmt: skip
        parts["redshift"] = _part("redshift", folder, *words, listening=taken.fileno())
    parts["aws"] = _part(
        "aws", folder, "--port", str(wanted.aws_port), "--ready-file", str(aws_ready), "--account", wanted.account,
        "--region", wanted.region, "--credentials", f"{folder}/credentials.json", "--redshift-port", str(port), *common,
    )  # fmt: skip
    redshift, aws = _awaited(redshift_ready, parts), _awaited(aws_ready, parts)
    return State(
        common[1], os.getpid(), aws["pid"], aws["port"], redshift["pid"], port, redshift["postgres_pid"], time.time(),
        wanted.account, wanted.region,
    )  # fmt: skip


def _part(name: str, folder: Path, *words: str, listening: int | None = None) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("ab") as log:
        command = [sys.executable, "-m", f"runbook_lib.sandbox.{name}", *words]
        passed = () if listening is None else (listening,)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=passed)


def _awaited(path: Path, parts: dict[str, subprocess.Popen[bytes]]) -> dict[str, int]:
    until = time.monotonic() + SECONDS
    while not path.exists():
        if any(part.poll() is not None for part in parts.values()) or time.monotonic() > until:
            logs = "".join((path.parent / f"{name}.log").read_text("utf-8", "replace")[-300:] for name in ("redshift", "aws"))
            sys.stderr.write(f"{path.stem} did not come up: {logs}\n")
            sys.exit(1)
        time.sleep(0.02)
    facts: dict[str, int] = json.loads(path.read_text("utf-8"))
    return facts


if __name__ == "__main__":
    sys.exit(main())

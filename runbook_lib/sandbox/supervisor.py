"""Start, find and stop the sandbox: the embedded AWS endpoint and the Redshift stand-in, shared by all processes of a user.

A small supervisor process holds both parts' standard inputs: when it dies, by whatever means, they stop.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runbook_lib.errors import RunbookError
from runbook_lib.sandbox import state as states
from runbook_lib.sandbox.state import ACCESS_KEY, State, default_folder

PASSWORD = "RUNBOOK_SANDBOX_ADMIN_PASSWORD"
SECONDS = 90.0
FAILED = "failed"


class SandboxError(RunbookError):
    """Tell why the sandbox cannot start."""


@dataclass(frozen=True)
class Wanted:
    """Say which sandbox is wanted; port 0 takes a free one."""

    aws_port: int = 0
    redshift_port: int = 0
    account: str = "123456789012"
    region: str = "us-east-1"
    has_sample: bool = True


def up(wanted: Wanted, folder: Path | None = None) -> State:
    """Start the sandbox, or find the one that runs. Raises SandboxError when a port is taken or a part does not come up."""
    folder = folder or default_folder()
    with states.locked(folder):
        found = states.read(folder)
        if found is not None and all(states.is_alive(folder, found).values()):
            return found
        states.remove(folder, found)
        for port in (wanted.aws_port, wanted.redshift_port):
            _refuse_taken(port)
        return _start(wanted, folder)


def down(folder: Path | None = None) -> bool:
    """Stop the sandbox and delete its folder; tell whether there was one."""
    folder = folder or default_folder()
    with states.locked(folder):
        found = states.read(folder)
        states.remove(folder, found)
    return found is not None


def status(folder: Path | None = None) -> tuple[State, dict[str, bool]] | None:
    """Tell what runs where, part by part; None when nothing does."""
    folder = folder or default_folder()
    found = states.read(folder)
    return None if found is None else (found, states.is_alive(folder, found))


def environment(folder: Path | None = None) -> dict[str, str]:
    """Give the variables that a client of the sandbox needs: its administrator's password and AWS keys that open nothing."""
    path = (folder or default_folder()) / "sandbox.env"
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


def _refuse_taken(port: int) -> None:
    if not port:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SandboxError(
                "sandbox", f"port {port} is held by another program", "stop it, or take free ports: --ports auto FILE"
            ) from error


def _start(wanted: Wanted, folder: Path) -> State:
    # Root's server runs as nobody, who must be able to pass through; nothing in here but its own data is open to him.
    folder.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    variables = {
        PASSWORD: f"Sb1{secrets.token_hex(16)}", "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    (folder / "sandbox.env").touch(mode=0o600)
    (folder / "sandbox.env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()), "utf-8")
    settings = {"aws_port": wanted.aws_port, "redshift_port": wanted.redshift_port, "account": wanted.account, "region": wanted.region}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()] + ([] if wanted.has_sample else ["--no-sample"])
    with (folder / "supervisor.log").open("ab") as log:
        command = [sys.executable, "-m", "runbook_lib.sandbox.supervisor", "--folder", str(folder), *words]
        given = {**os.environ, PASSWORD: variables[PASSWORD]}
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=given, cwd="/", check=False)
    until = time.monotonic() + SECONDS
    while (found := states.read(folder)) is None:
        if (folder / FAILED).exists() or time.monotonic() > until:
            said = (folder / "supervisor.log").read_text("utf-8", "replace").strip()[-600:]
            states.remove(folder, None)
            raise SandboxError("sandbox", f"it did not start: {said}", "mend that and start it again")
        time.sleep(0.02)
    return found


def main() -> int:
    """Be the supervisor: start both parts, say what runs, wait until told to stop or until a part ends, stop both."""
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
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
    parts: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _supervise(given.folder, given.aws_port, given.redshift_port, given.account, given.region, parts, no_sample=given.no_sample)
    except SystemExit as end:
        if end.code:
            (given.folder / FAILED).touch()
        raise
    finally:
        for part in parts:
            part.terminate()
        for part in parts:
            with contextlib.suppress(subprocess.TimeoutExpired):
                part.wait(10)
            part.kill()
    return 0


def _supervise(
    folder: Path,
    aws_port: int,
    redshift_port: int,
    account: str,
    region: str,
    parts: list[subprocess.Popen[bytes]],
    *,
    no_sample: bool,
) -> None:
    identity = str(uuid.uuid4())
    sample = ["--no-sample"] if no_sample else []
    redshift_ready, aws_ready = folder / "redshift.json", folder / "aws.json"
    common = ["--id", identity]
    parts.append(
        _part("redshift", folder, "--folder", f"{folder}/postgres", "--port", str(redshift_port), "--ready-file", str(redshift_ready),
              "--admin-password-env", PASSWORD, *common, *sample)
    )  # fmt: skip
    parts.append(
        _part("aws", folder, "--port", str(aws_port), "--ready-file", str(aws_ready), "--account", account, "--region", region,
              "--credentials", f"{folder}/credentials.json", "--redshift-port", str(redshift_port or 5439), *common, *sample)
    )  # fmt: skip
    redshift, aws = _awaited(redshift_ready, parts), _awaited(aws_ready, parts)
    states.write(
        folder,
        State(identity, os.getpid(), aws["pid"], aws["port"], redshift["pid"], redshift["port"], redshift["postgres_pid"], time.time(),
              account, region),
    )  # fmt: skip
    while all(part.poll() is None for part in parts):
        time.sleep(0.2)


def _part(name: str, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("ab") as log:
        command = [sys.executable, "-m", f"runbook_lib.sandbox.{name}", *words]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)


def _awaited(path: Path, parts: list[subprocess.Popen[bytes]]) -> dict[str, int]:
    until = time.monotonic() + SECONDS
    while not path.exists():
        if any(part.poll() is not None for part in parts) or time.monotonic() > until:
            logs = "".join((path.parent / f"{name}.log").read_text("utf-8", "replace")[-300:] for name in ("redshift", "aws"))
            sys.stderr.write(f"{path.stem} did not come up: {logs}\n")
            sys.exit(1)
        time.sleep(0.02)
    facts: dict[str, int] = json.loads(path.read_text("utf-8"))
    return facts


if __name__ == "__main__":
    sys.exit(main())

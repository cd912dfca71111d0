"""Say who writes an environment."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from getpass import getuser

from runbook_lib.model import Value


class Owner(Value):
    """Say who holds a lock: user, machine and process, what it does, and since when."""

    user: str
    host: str
    pid: int
    verb: str
    since: str

    def described(self, now: str) -> str:
        """Say it in words, with the age."""
        age = datetime.fromisoformat(now) - datetime.fromisoformat(self.since)
        return f"{self.verb} by {self.user}@{self.host}, process {self.pid}, since {self.since} ({str(age).partition('.')[0]} ago)"

    @classmethod
    def here(cls, verb: str, now: str) -> Owner:
        """Be this process."""
        return cls(user=_user(), host=socket.gethostname(), pid=os.getpid(), verb=verb, since=now)


def _user() -> str:
    """Name who runs this; in a container he may have a number only."""
    try:
        return getuser()
    except (KeyError, OSError):
        return str(os.getuid())

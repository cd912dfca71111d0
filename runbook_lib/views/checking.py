"""The command by which somebody else checks a record."""

from __future__ import annotations

import shlex


def check_command(record: str, digest: str, signer: str = "") -> str:
    """Name what a closed record is held against: the key that signed it, else the digest that it had."""
    against = f"--key PUBLIC.pem    (the public half of {signer})" if signer else f"--digest {digest}"
    return f"runbook audit verify {shlex.quote(record)} {against}"

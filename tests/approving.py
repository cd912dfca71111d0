"""Approvers with keys of their own, and a house whose plans they approve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runbook_lib.errors import ApprovalRefused
from runbook_lib.headless import approving, resuming
from runbook_lib.model import Approval
from tests import cells, records
from tests.records import House

JO, ADA, KIM = "Jo Rivera", "Ada Park", "Kim Novak"
SEEDS = {JO: 1, ADA: 2, KIM: 3}


def private(home: Path, name: str) -> Path:
    """Name the file of a person's private key."""
    return home / f"{name.split(maxsplit=1)[0].lower()}.pem"


def approved_house(home: Path, names: tuple[str, ...] = (JO, ADA), **changes: Any) -> House:
    """Build a house whose file names approvers; everybody has a key, also who may not approve."""
    home.mkdir(parents=True, exist_ok=True)
    for name, seed in SEEDS.items():
        key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        private(home, name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        private(home, name).with_suffix(".pub.pem").write_bytes(public)
    house = records.house(home, **changes)
    house.values |= {"approvers": [{"name": each, "key": private(home, each).with_suffix(".pub.pem").name} for each in names]}
    return house


def planned(house: House) -> tuple[Path, str]:
    """Plan; give the record's folder and the digest."""
    run = house.run("plan", by="Lee Chan")
    return run.record.folder, run.plan.digest


def resumed(house: House, record: Path) -> Path:
    """Go on from a run; give the later record's folder."""
    with house.at_work():
        return resuming.resume(record.name, house.file, execute=cells.papermill).record.folder


def approve(house: House, record: Path | str, name: str = JO, **options: Any) -> Approval:
    """Approve a plan, with every risk acknowledged."""
    with house.at_work():
        ((_, approval),) = approving.approve([str(record)], **{"key": str(private(house.home, name)), "acknowledge": ("*",), **options})
    return approval


def reject(house: House, record: Path, name: str = JO, reason: str = "too wide") -> None:
    """Reject a plan."""
    with house.at_work():
        approving.reject([str(record)], reason=reason, key=str(private(house.home, name)))


def refused(act: Callable[[], object]) -> str:
    """Give the words with which something is refused."""
    with pytest.raises(ApprovalRefused) as caught:
        act()
    return str(caught.value)

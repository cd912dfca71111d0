"""A desk at which somebody steps through the notebooks of an environment, in a world in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runbook_lib import headless
from runbook_lib.evidence import Record, statement
from runbook_lib.evidence.audit.verify import verify
from runbook_lib.headless import approving
from runbook_lib.model import Receipt
from runbook_lib.runbook import open_stage
from runbook_lib.runbook.stage_run import StageRun
from runbook_lib.views.shown import Asking, Gate
from tests import cells
from tests.fakes import FakeTarget

SLUG = "server_role"


class Desk:
    """Hold a home with one environment, its world, and the notebooks that somebody opens there."""

    def __init__(self, folder: Path, target: FakeTarget, *, protected: bool) -> None:
        self.folder, self.target, self.is_protected = folder, target, protected

    @property
    def records(self) -> list[Path]:
        """List the records, oldest first."""
        return sorted((self.folder / "runs" / "staging").glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns)

    def opened(self, **parameters: str) -> StageRun:
        """Open the stage as a freshly started kernel does."""
        return open_stage(SLUG, parameters)


def signed_by_jo(home: Path) -> str:
    """Protect an environment: one approver, with a key of his own."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    (home / "jo.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (home / "jo.pub.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return "\nprotected: true\napprovers:\n  - name: Jo Rivera\n    key: jo.pub.pem\n"


def approved(gate: Gate, typed: str = "") -> Gate:
    """Tick every box, and approve."""
    asking = asked(gate)
    return asking.approve(typed, tuple(address for address, _ in asking.acknowledge))


def asked(gate: Gate) -> Asking:
    """Give what a gate asks."""
    assert gate.asking is not None
    return gate.asking


def applied(run: StageRun, gate: Gate) -> Receipt:
    """Run the cell after the gate's."""
    return asyncio.run(run.apply(gate.plan, gate))


def flaws(desk: Desk) -> list[str]:
    """Close the newest record, and say what an audit finds wrong with it."""
    statement.close(Record(desk.records[-1].parent), None)
    return [each.what for each in verify(desk.records[-1].parent).flaws if each.weight != "note"]


def outcomes(receipt: Receipt) -> set[str]:
    """Collect what became of the changes."""
    return {entry.outcome for entry in receipt.entries}


def signed(desk: Desk, monkeypatch: pytest.MonkeyPatch, *stages: str) -> tuple[StageRun, Gate]:
    """Have what Lee planned signed by Jo for eight hours, and open its gate."""
    monkeypatch.setattr("runbook_lib.views.notebook_page.notebook_html", lambda _path: "")
    file = desk.folder / "parameters" / "any.yaml"
    plan = headless.carry_out(file, "plan", stages=stages or (SLUG,), by="Lee Chan", execute=cells.papermill)
    approving.approve([str(plan.record.folder)], key=str(desk.folder / "jo.pem"), acknowledge=("*",), expires="8h")
    run = desk.opened(approve=plan.plan.digest)
    return run, run.gate(run.plan())

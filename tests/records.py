"""Real records, made by the command's own code on a world in memory that reports its calls; and edits of them."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runbook_lib import headless
from runbook_lib.adapters.aws.recording import Call
from runbook_lib.evidence import audit, statement
from runbook_lib.evidence.journal import anchor
from runbook_lib.evidence.signing import PublicKey
from runbook_lib.model import Question, canonical
from tests import cells
from tests.fakes import FakeTarget
from tests.stages.worlds import environment, world

STAGES = ("storage", "server_role")
ADMINS = {side: {"admin": {"user": "admin", "password": "env:ADMIN"}} for side in ("source", "destination")}


@dataclass
class House:
    """Hold a home with a parameter file and keys, and a world whose writes are heard as calls."""

    home: Path
    target: FakeTarget
    values: dict[str, Any]

    @property
    def file(self) -> Path:
        """Name the parameter file."""
        return self.home / "parameters" / "any.yaml"

    @property
    def public(self) -> Path:
        """Name the file of the public key."""
        return self.home / "audit.pub.pem"

    def run(self, verb: Any, **options: Any) -> headless.Run:
        """Run a verb over some stages; whoever names a digest acknowledges every risk in it."""
        stages = () if verb == "destroy" else STAGES
        with self.at_work():
            return headless.carry_out(self.file, verb, **{"stages": stages, "execute": cells.papermill, "acknowledge": ("*",), **options})

    def applied(self) -> Path:
        """Plan and apply; give the record's folder."""
        return self.run("apply", approve=self.run("plan").plan.digest).record.folder

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work here."""
        self.file.write_text(json.dumps(self.values), "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUNBOOK_HOME", str(self.home))
            patch.setattr("runbook_lib.adapters.target.connect", self._connect)
            patch.setattr("runbook_lib.views.notebook_page.notebook_html", lambda _path: "")
            yield

    def _connect(self, _environment: object, *, recorder: Any) -> FakeTarget:
        called = self.target.before_write

        def heard(number: int) -> None:
            called(number)
            recorder(Call("s3", "GetBucketPolicy", f"READ{number}", 200, writes=False))
            recorder(Call("s3", "CreateBucket", f"WRITE{number}", 200, writes=True, attempts=2, milliseconds=1.5))

        self.target.before_write = heard
        return self.target


def house(home: Path, *, signs: bool = True, **changes: Any) -> House:
    """Build a house; its records are signed unless it is said otherwise."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    (home / "parameters").mkdir(parents=True)
    (home / "audit.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (home / "audit.pub.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    given = environment(**ADMINS, **({"signing": {"key": "audit.pem"}} if signs else {}), **changes)
    values = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return House(home, FakeTarget(answers=dict[Question, Any](world(given))), values)


def copied(record: Path, to: Path) -> Path:
    """Copy a record to where nothing else lies."""
    return Path(shutil.copytree(record, to / record.name))


def flaws(record: Path, public: Path | None = None, digest: str = "") -> list[str]:
    """Verify a record; list what is broken or not known."""
    found = audit.verify(record, PublicKey(public) if public else None, digest)
    return [str(each) for each in found.flaws if each.weight != "note"]


def said(record: Path) -> Any:
    """Read what the statement of a record says."""
    envelope = json.loads((record / "statement.json").read_text("utf-8"))
    return json.loads(base64.b64decode(envelope["payload"]))


def edit(record: Path, name: str, change: Any) -> None:
    """Change what a JSON file of a record says: `change` alters it."""
    path = record / name
    value = json.loads(path.read_text("utf-8"))
    change(value)
    path.write_text(json.dumps(value), "utf-8")


def rechain(record: Path, change: Any) -> None:
    """Change the journal's lines and chain them anew, as somebody does who knows how."""
    path = record / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    lines = change(lines) or lines
    previous, written = anchor(record), ""
    for line in lines:
        text = canonical({**line, "previous": previous})
        previous = sha256(text.encode()).hexdigest()
        written += text + "\n"
    path.write_text(written, "utf-8")


def restate(record: Path) -> None:
    """State the files anew without a key, as somebody does who wrote all of them."""
    from runbook_lib.evidence import Record

    for path in record.glob("statement*.json"):
        path.unlink()
    statement.close(Record(record), None)

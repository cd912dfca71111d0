"""A password that somebody types once, in the sandbox: stored by a planned change, read by every run after it, shown by nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest

from runbook_lib.errors import InvalidParameters
from runbook_lib.runbook import prompting
from runbook_lib.sandbox.state import State
from runbook_lib.secrets import prompting as typing
from tests import cells
from tests.driver import driver, not_kept
from tests.end_to_end.world import client
from tests.secrecy import CORE, Hunted, files, found

STAGES = ("source_database",)
TYPED = f"Typed<{CORE}>4711"


def test_typed_once_and_read_ever_after(sandbox: tuple[State, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unattended: planned, and refused; in JupyterLab: asked for, stored, set; unattended again: nothing to do, and it is proven."""
    drive = driver(*sandbox, tmp_path)
    text = drive.file.read_text("utf-8").replace("generate:secretsmanager:tonic-sandbox/source", "prompt:secretsmanager:tonic-typed/source")
    drive.file.write_text(text, "utf-8")
    digest = drive("plan", stages=STAGES).plan.digest
    with pytest.raises(InvalidParameters, match="nobody is there to answer"):
        drive("apply", stages=STAGES, approve=digest)

    asked: list[str] = []
    monkeypatch.setattr(prompting, "live", SimpleNamespace(has_front_end=lambda: True))
    monkeypatch.setattr(typing, "_HELD", {})

    def typed(words: str) -> str:
        asked.append(words)
        return TYPED

    monkeypatch.setattr("getpass.getpass", typed)
    monkeypatch.setattr("runbook_lib.place.chosen", lambda: drive.file)
    done = cells.step_through("source_database", digest)
    monkeypatch.undo()

    assert ({"applied"}, 2) == ({each.outcome for each in done.names["receipt"].entries}, len(asked))
    stored = client("secretsmanager", sandbox[0]).get_secret_value(SecretId="tonic-typed/source-user")
    assert TYPED == stored["SecretString"]
    psycopg2.connect(host="127.0.0.1", port=sandbox[0].redshift_port, user="tonic_user", password=TYPED, dbname="tickit").close()
    again = drive("verify", stages=STAGES)
    assert ([], 0, True) == (not_kept(again), again.exit_code, drive("plan", stages=STAGES).plan.is_empty)
    assert [] == found([Hunted("typed", TYPED, ("tonic_user",))], files(tmp_path))

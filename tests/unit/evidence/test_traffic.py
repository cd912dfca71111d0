"""What only reads is counted in the stage's result; what writes stands in the journal, between begin and end."""

from __future__ import annotations

import json
from pathlib import Path

from runbook_lib.adapters.aws.recording import Call
from runbook_lib.evidence import FileJournal
from runbook_lib.runbook.traffic import Traffic
from tests import records


def test_a_run_tells_what_it_read_and_sent(tmp_path: Path) -> None:
    """Each stage counts its reads by service and in all; each write has its line with service, operation, id, status, attempts and time."""
    record = records.house(tmp_path).applied()
    lines = [json.loads(line) for line in (record / "journal.jsonl").read_text("utf-8").splitlines()]
    sent = [line["sent"] for line in lines if "sent" in line]
    result = json.loads((record / "stages" / "server_role.json").read_text("utf-8"))

    assert sum("begin" in line for line in lines) == len(sent)
    wanted = {"service": "s3", "operation": "CreateBucket", "request_id": "WRITE1", "status": 200, "attempts": 2, "milliseconds": 1.5}
    assert wanted == sent[0]
    reads = dict(result["reads"])
    assert 0 < reads["s3"] == reads["all"]


def test_what_is_sent_outside_an_apply_is_no_line(tmp_path: Path) -> None:
    """A recorder without an open journal writes nothing, and goes on."""
    traffic, journal = Traffic(), FileJournal(tmp_path / "journal.jsonl", is_undo=False, now=lambda: "now")
    call = Call("kms", "Sign", "R1", 200, writes=True)
    traffic.heard(call)
    with traffic.into(journal):
        traffic.heard(call)
    traffic.heard(call)

    assert 1 == len((tmp_path / "journal.jsonl").read_text("utf-8").splitlines())
    assert (("all", 0),) == traffic.reads

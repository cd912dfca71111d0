"""The hand-off sheet."""

from __future__ import annotations

from runbook_lib.documents.handover import sheet
from runbook_lib.model import Finding
from tests.stages.worlds import environment


def finding(**fields: object) -> Finding:
    """Make a finding."""
    return Finding.model_validate({"stage": "storage", "rows": ("A4",), "claim": "it is there", "verdict": "kept", **fields})


def test_the_sheet_says_what_to_enter() -> None:
    """Server, port, database, user, path and ownership of both sides; a password only by reference."""
    env = environment(buckets={"source": {"name": "tonic-src", "path": "/in/"}})
    lines = sheet(env).splitlines()
    for line in (
        "| server | src.example |",
        "| port | 5439 |",
        "| database | masked |",
        "| user | tonic_destination_user |",
        "| password | with whoever sets the variable SOURCE_PASSWORD |",
        "| S3 bucket path | s3://tonic-src/in |",
        "| S3 bucket path | s3://tonic-dst |",
        "| preserve source ownership | no |",
        "| data generation process | Data Pipeline V2 |",
        "| A1 | Ada | 2026-01-31 | - |  |",
    ):
        assert line in lines


def test_the_sheet_says_who_still_owes_what() -> None:
    """Only what is not kept, with the reason, and its way out in one cell."""
    findings = (
        finding(),
        finding(verdict="owed", by="warehouse admin", claim="grants", detail="may not", way_out="run:\nGRANT a|b"),
    )
    tail = sheet(environment(), findings).split("## Still owed\n\n")[1].split("\n\n## Kept")[0].splitlines()
    assert tail[2:] == ["| warehouse admin | owed | A4 | grants | may not | run:<br>GRANT a\\|b |"]


def test_an_empty_list_says_so() -> None:
    """Nothing owed, nothing confirmed and no advice is said in a word; offline nobody knows what is owed."""
    assert sheet(environment(confirmations=[]), (finding(verdict="kept"),)).count("Nothing.") == 3
    assert sheet(environment(confirmations=[])).count("nothing was looked at") == 2


def test_the_sheet_says_what_is_advised() -> None:
    """What holds with advice, the vendor's known gaps among it, stands at the end: who enters the workspace should know."""
    gap = finding(stage="rehearsal", rows=("C5",), claim="known vendor gap: x", detail="ends a query", way_out="add {}", warning=True)
    tail = sheet(environment(), (finding(), gap)).split("## Kept, with advice\n\n")[1].splitlines()
    assert tail[2:] == ["| rehearsal | C5 | known vendor gap: x | ends a query |"]

"""A secret that stands in a record is found in every form, masked, told, and costs neither the journal nor any other document."""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.engine.history import History
from runbook_lib.evidence import FileJournal, history
from runbook_lib.evidence.secrecy import cleaned
from runbook_lib.model import Change, Entry
from runbook_lib.resources.warehouse import DatabaseUser
from runbook_lib.secrets import MASK, Known, Masked, md5_literal
from tests.secrecy import Hunted, any_password, files, found

SECRET = "nQz7~'\"\\/<&>%+ä"
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda value: base64.b64encode(f"user:{value}".encode()).decode(),
    "URL": lambda value: quote(value, safe=""),
    "JSON": lambda value: json.dumps({"a": value}),
    "JSON in JSON": lambda value: json.dumps(json.dumps(value)),
    "HTML": html.escape,
    "SQL": lambda value: value.replace("\\", "\\\\").replace("'", "''"),
    "md5 literal": lambda value: md5_literal(Masked(value), "tonic_user").reveal(),
}


def known_of(*values: str) -> Known:
    """Come to hold values."""
    with Known() as known:
        for each in map(Masked, values):
            _ = md5_literal(each, "tonic_user") if each.is_text else None
    return known


@pytest.mark.parametrize("name", ["page.html", "notebook.ipynb", "findings.json", "summary.txt"])
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_every_form(tmp_path: Path, form: str, name: str) -> None:
    """Whatever quotes it: no byte of it is left, what stands around it stays, and the file is named."""
    text = f"before {FORMS[form](SECRET)} after"
    (tmp_path / name).write_text(json.dumps({"cells": [text]}) if name.endswith(("json", "ipynb")) else text, "utf-8")

    findings = cleaned(tmp_path, known_of(SECRET))

    left = (tmp_path / name).read_text("utf-8")
    assert [("broken", f"{name} held one, which is masked now")] == [(each.verdict, each.detail) for each in findings]
    assert [] == found([Hunted("it", SECRET, ("tonic_user",))], files(tmp_path))
    assert (True, True, True) == ("before" in left, "after" in left, MASK in left)
    assert () == cleaned(tmp_path, known_of(SECRET))


@given(any_password(), st.text(max_size=5))
def test_a_document_stays_a_document(tmp_path_factory: pytest.TempPathFactory, value: str, around: str) -> None:
    """JSON is JSON afterwards, with the same keys, and the text around the secret is as it was."""
    folder = tmp_path_factory.mktemp("record")
    content = {"quoted": f"\n{value}{around}", "apart": [around, 1, None], "escaped": json.dumps(value)}
    (folder / "some.json").write_text(json.dumps(content), "utf-8")

    cleaned(folder, known_of(value))

    left = json.loads((folder / "some.json").read_text("utf-8"))
    assert (list(content), content["apart"]) == (list(left), left["apart"])
    assert f"\n{MASK}{around}" == left["quoted"]


def journalled(folder: Path, detail: str) -> History:
    """Write a journal of one change, and read it back."""
    change = Change(before=None, after=DatabaseUser(side="source", name="tonic_user", password="env:TONIC"))
    journal = FileJournal(folder / "run" / "journal.jsonl", is_undo=False, now=lambda: "2026-01-01T00:00:00Z")
    journal.begin("source_database", change)
    journal.end("source_database", Entry(change=change, outcome="applied", detail=detail))
    return history(folder)


def test_the_journal_is_not_lost(tmp_path: Path) -> None:
    """The next run reads the same changes from a journal in which something was masked, one that a crash cut off included."""
    (tmp_path / "run").mkdir()
    before = journalled(tmp_path, f"refused: {SECRET}")
    with (tmp_path / "run" / "journal.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"begin": "' + SECRET[:-1])

    findings = cleaned(tmp_path, known_of(SECRET, SECRET[:-1]))

    assert 1 == len(findings)
    assert before == history(tmp_path)
    assert [] == found([Hunted("it", SECRET), Hunted("cut off", SECRET[:-1])], files(tmp_path))


@pytest.mark.parametrize("value", ["", "short", "password", "superuser", "applied"])
def test_what_is_no_password_is_not_looked_for(tmp_path: Path, value: str) -> None:
    """A value that Redshift would not take would be found in every record: its words are such."""
    (tmp_path / "run").mkdir()
    before = journalled(tmp_path, "applied")

    assert () == cleaned(tmp_path, known_of(value))
    assert before == history(tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It may hold anything; the others are searched all the same."""
    (tmp_path / "a.txt").write_text("nothing", "utf-8")
    (tmp_path / "b.txt").write_text(SECRET, "utf-8")
    known = known_of(SECRET)

    def refuse(_content: object) -> bool:
        raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "are_in", refuse)
        findings = cleaned(tmp_path, known)

    assert [f"{name} could not be searched and masked: Permission denied" for name in ("a.txt", "b.txt")] == [
        each.detail for each in findings
    ]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """What a link leads to is somebody else's, and is not written to."""
    (tmp_path / "outside").write_text(SECRET, "utf-8")
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "link").symlink_to(tmp_path / "outside")

    assert () == cleaned(tmp_path / "record", known_of(SECRET))
    assert SECRET == (tmp_path / "outside").read_text("utf-8")


def test_a_file_keeps_its_mode_and_is_alone(tmp_path: Path) -> None:
    """What was readable for its owner only stays so, and no copy is left beside it."""
    path = tmp_path / "some.txt"
    path.write_bytes(b"\xff" + os.fsencode("Qz7~secret\udcff"))
    path.chmod(0o600)

    findings = cleaned(tmp_path, known_of("Qz7~secret\udcff"))

    assert (1, ["some.txt"], 0o600) == (len(findings), [each.name for each in tmp_path.iterdir()], path.stat().st_mode & 0o777)
    assert b"\xff" + MASK.encode() == path.read_bytes()

"""What the files of a record say has to agree, with each other and with the records before, even where all was stated anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import Denied, InvalidParameters, RunbookError, Unreachable
from runbook_lib.evidence import approvals, audit
from runbook_lib.evidence.audit.agreement import plan_digest, whole_digest
from runbook_lib.evidence.signing import PublicKey
from runbook_lib.model import EnvironmentPlan, canonical
from runbook_lib.resources.s3 import Bucket
from tests import records
from tests.unit.evidence.audited import Edit, made, record

__all__ = ["made", "record"]

pytestmark = pytest.mark.once

BUCKET = Bucket(name="tonic-src", region="us-east-1").address


def edited(name: str, change: Callable[[Any], Any]) -> Edit:
    """Change a JSON file."""
    return lambda record: records.edit(record, name, change)


def lines(change: Callable[[list[dict[str, Any]]], Any]) -> Edit:
    """Change the journal, chained anew."""
    return lambda record: records.rechain(record, change)


def at(journal: list[dict[str, Any]], kind: str) -> int:
    """Find the first line of a kind."""
    return next(number for number, line in enumerate(journal) if kind in line)


def without(kind: str) -> Edit:
    """Take the first line of a kind out of the journal."""
    return lines(lambda journal: [line for number, line in enumerate(journal) if number != at(journal, kind)])


def put(kind: str, **fields: Any) -> Edit:
    """Change fields of the first line of a kind."""
    return lines(lambda journal: journal[at(journal, kind)].update(fields))


def both(name: str, change: Callable[[Any], Any]) -> Edit:
    """Change a stage's result and what is summed up alike."""

    def edit(record: Path) -> None:
        records.edit(record, "stages/storage.json", lambda result: change(result[name]))
        records.edit(record, f"{name}.json", lambda whole: change(next(each for each in whole if each["stage"] == "storage")))

    return edit


def reapproved(**changes: Any) -> Edit:
    """Change what an approval says, in its own form."""

    def edit(record: Path) -> None:
        path = record / "approval.json"
        value = approvals.read(path.name, path.read_bytes(), {})
        path.write_text(approvals.written(value.model_copy(update=changes), None), "utf-8")

    return edit


def stage_digest(record: Path, number: int) -> str:
    """Give the digest of one of the stages that were approved."""
    return plan_digest(json.loads((record / "approved.json").read_text("utf-8"))["plans"][number])


AGREEMENTS: dict[str, tuple[Edit, str]] = {
    "another approval": (reapproved(digest="0" * 64), "approval.json: approves 000000000000"),
    "another approver": (reapproved(by="somebody"), "holds a receipt under another approval"),
    "an approval of another environment": (reapproved(environment="production"), "approval.json: is for production, not for staging"),
    "an approval that expired before": (reapproved(expires="2026-01-01T00:00:00.000Z"), "approval.json: expired at 2026-01-01"),
    "an approval that nobody may sign": (reapproved(key="0" * 64), "approval.json: is not signed by the key that it names"),
    "no approved plan": (lambda record: (record / "approved.json").unlink(), "approved.json: is missing"),
    "no approval": (lambda record: (record / "approval.json").unlink(), "approval.json: is missing"),
    "another plan was approved": (edited("approved.json", lambda one: one["plans"][0]["changes"].pop()), "approval.json: approves"),
    "more than was approved": (
        lambda record: reapproved(digest=stage_digest(record, 0))(record),
        "approval.json: approves",
    ),
    "another environment's plan": (edited("plan.json", lambda one: one.update(environment="production")), "is of another environment"),
    "another plan summed up": (edited("plan.json", lambda one: one["plans"].pop()), "plan.json: does not say what the stages' results say"),
    "a finding less": (edited("findings.json", lambda one: one.pop()), "findings.json: does not say what"),
    "a receipt less": (edited("receipt.json", lambda one: one.pop()), "receipt.json: does not say what"),
    "another verb": (edited("run.json", lambda one: one.update(verb="plan")), "run.json"),
    "an entry less": (both("receipt", lambda one: one["entries"].pop()), "lacks a change of the approved plan"),
    "an outcome changed": (both("receipt", lambda one: one["entries"][0].update(outcome="withheld")), "line 1 ends applied"),
    "a receipt for another plan": (both("receipt", lambda one: one.update(digest="1" * 64)), "for another plan than the approved one"),
    "no receipt": (edited("stages/storage.json", lambda one: one.update(receipt=None)), "holds no receipt, though"),
    "a line without its end": (without("end"), f"{BUCKET} is applied; of that the journal has line 1 ends open"),
    "an end without its line": (without("begin"), f"journal.jsonl:3: ends {BUCKET}, which was not begun"),
    "another end": (put("end", end="failed"), "line 1 ends failed"),
    "another place": (put("begin", scope={"account": "999999999999"}), "was changed elsewhere than the approved plan says"),
    "another address": (put("begin", address="s3_bucket/other"), "journal.jsonl:1: names s3_bucket/other"),
    "a change that nobody approved": (
        lines(lambda journal: journal[0]["begin"]["after"].update(region="eu-west-1")),
        "in a way that the approved plan does not hold",
    ),
    "a call out of nowhere": (
        lines(lambda journal: [journal[at(journal, "sent")], *journal]),
        "journal.jsonl:1: was sent while no change had begun",
    ),
    "a line of nothing": (lines(lambda journal: [*journal, {"at": "now"}]), "is no line of a journal"),
    "another value before": (
        edited("snapshots/storage-after.json", lambda one: one["values"].update({BUCKET: None})),
        f"holds another {BUCKET} than the journal leads to",
    ),
    "no value before": (lambda record: (record / "snapshots" / "storage-before.json").unlink(), "storage-before.json: is missing"),
}


@pytest.mark.parametrize("name", AGREEMENTS)
def test_what_does_not_agree_is_named(record: Path, name: str) -> None:
    """A record whose every digest is right is broken where two of its files contradict each other; file and line are told."""
    edit, words = AGREEMENTS[name]
    edit(record)
    records.restate(record)

    found = records.flaws(record)

    assert [each for each in found if words in each], found


def test_all_problems_are_told_at_once(record: Path) -> None:
    """Several edits are several flaws."""
    records.edit(record, "findings.json", lambda one: one.pop())
    (record / "more.txt").write_text("", "utf-8")
    (record / "end.json").unlink()

    found = records.flaws(record)

    assert {"end.json", "findings.json", "more.txt"} <= {each.split(": ")[1] for each in found}


def test_a_line_that_does_not_follow_is_told_with_its_number(record: Path) -> None:
    """A journal whose lines were moved is broken at the lines that do not hold on to the ones before."""
    path = record / "journal.jsonl"
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((second, first, *rest)))
    records.restate(record)

    found = records.flaws(record)

    assert [1, 2, 3] == [int(each.split(":")[2]) for each in found if "does not follow" in each]


def test_a_run_that_was_cut_off_says_so(record: Path) -> None:
    """A change without its end, and half a line, are shown and are not broken: that is what a crash leaves."""

    def cut(journal: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return journal[:2]

    records.rechain(record, cut)
    with (record / "journal.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"at":"2026')
    for each in ("stages", "snapshots"):
        for path in (record / each).glob("*.json"):
            if not path.name.endswith("-before.json"):
                path.unlink()
    for name in ("receipt.json", "findings.json"):
        (record / name).write_text("[]", "utf-8")
    records.edit(record, "plan.json", lambda one: one.update(plans=[]))
    records.restate(record)

    found = audit.verify(record)

    notes = [str(each) for each in found.flaws]
    assert 0 == found.exit_code, notes
    assert [each for each in notes if "nobody knows its end" in each]
    assert [each for each in notes if "ends in the middle of a line" in each]


def test_a_fork_of_the_journal_is_told(record: Path) -> None:
    """Two lines that follow from the same one, as two runs at once would write them, are no chain, whichever comes last."""
    path = record / "journal.jsonl"
    lines = path.read_text("utf-8").splitlines()
    other = canonical({**json.loads(lines[2]), "detail": "of another run"})
    for forked in ([*lines[:3], other, *lines[3:]], [*lines[:2], other, *lines[2:]]):
        path.write_text("\n".join(forked) + "\n", "utf-8")
        records.restate(record)
        assert [each for each in records.flaws(record) if "journal.jsonl:4: does not follow from the line before" in each]


def test_the_approval_of_another_record_is_told(tmp_path: Path) -> None:
    """Approval and approved plan of another run agree with each other, and not with what was done."""
    house = records.house(tmp_path / "house", signs=False)
    first = house.applied()
    house.run("destroy", approve=house.run("destroy").plan.digest)
    undone = max(each for each in first.parent.iterdir() if "-destroy-" in each.name and (each / "approval.json").exists())
    for name in ("approval.json", "approved.json"):
        shutil.copyfile(undone / name, first / name)
    records.restate(first)

    found = records.flaws(first)

    assert [each for each in found if "under another approval" in each], found
    assert [each for each in found if "in a way that the approved plan does not hold" in each or "lacks a change" in each], found


def test_a_missing_or_exchanged_record_before_shows(tmp_path: Path) -> None:
    """Among the environment's records, the one before must be there and be what it was; alone, a record only says which it was."""
    house = records.house(tmp_path / "house", signs=False)
    house.run("plan")
    after = house.run("plan").record.folder
    before = after.parent / records.said(after)["predicate"]["previous"]["record"]
    house.run("plan")
    assert [] == records.flaws(after)

    (before / "end.json").unlink()
    records.restate(before)
    assert [each for each in records.flaws(after) if f"another digest of {before.name}" in each]

    shutil.rmtree(before)
    assert [each for each in records.flaws(after) if f"names {before.name}" in each and "is not here" in each]
    assert [] == records.flaws(records.copied(after, tmp_path / "alone"))


def test_a_record_of_another_environment_shows(tmp_path: Path) -> None:
    """A record that was put among those of another environment, or under another name, is told."""
    house = records.house(tmp_path / "house", signs=False)
    record = house.run("plan").record.folder
    house.run("plan")
    moved = record.parent.parent / "production"
    shutil.copytree(record.parent, moved)
    shutil.copytree(record, record.parent / "renamed")

    assert [each for each in records.flaws(moved / record.name) if "lies among those of production" in each]
    assert [each for each in records.flaws(record.parent / "renamed") if "which lies here as renamed" in each]


def test_a_signature_is_checked_by_its_key_alone(tmp_path: Path, record: Path) -> None:
    """Signed: nothing is found with the key, it is not known without, broken with another one; unsigned with a key is broken."""
    house = records.house(tmp_path / "house")
    signed = house.run("plan").record.folder
    other = tmp_path / "other.pem"
    public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
    other.write_text(public, "utf-8")

    assert [] == records.flaws(signed, house.public)
    assert ["unknown"] == [each.split(":")[0] for each in records.flaws(signed)]
    assert [each for each in records.flaws(signed, other) if "is not signed by the key that was given" in each]
    assert [each for each in records.flaws(record, house.public) if "is not signed, though a key was given" in each]
    assert PublicKey(house.public).name == audit.verify(signed).facts["signer"]


@pytest.mark.parametrize("content", ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "private"])
def test_what_is_no_public_key_is_refused(tmp_path: Path, content: str) -> None:
    """A file without a public key is bad usage, and a private key by mistake too; nothing of it is quoted."""
    path = tmp_path / "house" / "audit.pem"
    records.house(tmp_path / "house")
    if content != "private":
        path.write_text(content, "utf-8")

    with pytest.raises(InvalidParameters, match=r"holds no public key; name a PEM file: openssl pkey") as refusal:
        PublicKey(path)
    assert "PRIVATE" not in str(refusal.value)


def test_digests_from_json_are_those_of_the_model(made: Path) -> None:
    """An audit hashes what is written; that gives what was approved."""
    text = (made / "approved.json").read_text("utf-8")
    whole, raw = EnvironmentPlan.model_validate_json(text), json.loads(text)

    assert whole.digest == whole_digest(raw)
    assert [each.digest for each in whole.plans] == [plan_digest(each) for each in raw["plans"]]


@pytest.mark.parametrize("error", [Unreachable("s3", "went away"), Denied("s3:CreateBucket", "is denied")])
def test_a_run_that_failed_or_was_denied_leaves_a_whole_record(tmp_path: Path, error: RunbookError) -> None:
    """What was lost, withheld or owed agrees in journal and receipts, and so does the run that goes on after it."""
    house = records.house(tmp_path / "house")
    digest = house.run("plan").plan.digest

    def fail(number: int) -> None:
        if number == 2:
            raise error

    house.target.before_write = fail
    stopped = house.run("apply", approve=digest)
    house.target.before_write = lambda _number: None
    goes_on = house.run("apply", approve=digest)
    back = house.run("destroy", approve=house.run("destroy").plan.digest)

    for run in (stopped, goes_on, back):
        assert [] == records.flaws(run.record.folder, house.public)
    assert (goes_on.record.folder / "approval.json").exists()

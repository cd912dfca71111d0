"""Records in a store of objects: whole or not there, never overwritten, and found by every machine."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.errors import Conflict, Rejected, RunbookError, Unreachable
from runbook_lib.evidence import fetched, parts
from runbook_lib.evidence.approved import find_plan
from runbook_lib.evidence.archive import Archive, Retention
from runbook_lib.evidence.journal import history
from runbook_lib.evidence.record import Record, RunFacts, records
from runbook_lib.evidence.use import create
from runbook_lib.model import Change, Entry, EnvironmentPlan
from runbook_lib.ports import Hold
from runbook_lib.resources.s3 import Bucket
from tests.objects import FakeObjects
from tests.stages.worlds import environment

ROOT = "records/staging"
FILES = 5
"""How many files `Machine.record` and an apply leave."""
FACTS = RunFacts(environment="staging", verb="apply", started="2026-01-02T03:04:05.678Z")
PLAN = EnvironmentPlan(environment="staging", plans=())
CHANGES = tuple(Change(before=None, after=Bucket(name=name, region="us-east-1")) for name in ("tonic-a", "tonic-b", "tonic-c"))


class Machine:
    """Be a machine: a folder of its own before the one store."""

    def __init__(self, folder: Path, objects: FakeObjects, retention: Retention | None = None) -> None:
        self.store, self.folder, self.objects = folder, folder / "staging", objects
        self.archive = Archive(objects, ROOT, retention)

    def record(self) -> Record:
        """Make a record with a plan, a page and a notebook."""
        record, held = create(self.store, FACTS)
        held.let_go()
        record.write("plan.json", PLAN.model_dump_json())
        record.write("index.html", "<p>")
        record.write("notebooks/a.ipynb", "{}")
        return record

    def written(self, record: Record, *changes: Change, announced: tuple[Change, ...] = ()) -> None:
        """Journal changes of a stage as an apply does; more may be announced than are sent."""
        journal = self.archive.journalled(record, record.journal(is_undo=False, now=lambda: FACTS.started, scope=()))
        journal.announce("storage", announced or changes)
        for change in changes:
            journal.begin("storage", change)
            journal.end("storage", Entry(change=change, outcome="applied"))

    def fetch(self) -> None:
        """Learn what others recorded."""
        fetched.fetch(self.archive, self.folder)


@pytest.fixture
def objects() -> FakeObjects:
    """Make a store."""
    return FakeObjects()


@pytest.fixture
def here(tmp_path: Path, objects: FakeObjects) -> Machine:
    """Be the machine that records."""
    return Machine(tmp_path / "here", objects)


@pytest.fixture
def there(tmp_path: Path, objects: FakeObjects) -> Machine:
    """Be another machine."""
    return Machine(tmp_path / "there", objects)


def test_another_machine_finds_a_kept_record(here: Machine, there: Machine) -> None:
    """It reads facts, plan and history from its own folder; what is for people stays in the bucket."""
    record = here.record()
    here.written(record, *CHANGES)
    here.archive.keep(record)
    there.fetch()

    assert [record.folder.name] == [each.folder.name for each in records(there.store, "staging")]
    assert PLAN == find_plan(there.store, environment(), PLAN.digest)
    assert history(here.folder) == history(there.folder)
    found = {path.relative_to(there.folder / record.folder.name).as_posix() for path in there.folder.rglob("*.*") if path.is_file()}
    assert {"run.json", "plan.json", "journal.jsonl"} == {name for name in found if not name.startswith("..")}


def test_what_was_fetched_is_not_asked_for_again(
    here: Machine, there: Machine, objects: FakeObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look lists, and reads nothing."""
    here.archive.keep(here.record())
    there.fetch()
    read: list[str] = []
    monkeypatch.setattr(FakeObjects, "read", lambda _self, key: read.append(key))
    there.fetch()
    assert [] == read


@pytest.mark.parametrize("takes_effect", [False, True])
@pytest.mark.parametrize("left", range(6))
def test_a_broken_upload_looks_whole_to_nobody_and_is_resumed(
    left: int, here: Machine, there: Machine, objects: FakeObjects, *, takes_effect: bool
) -> None:
    """Whenever the connection is lost, there is no seal over less than everything; the next try stores the rest, and nothing twice."""
    record = here.record()
    here.written(record, *CHANGES)
    before = len(objects.puts)
    objects.left, objects.takes_effect = left, takes_effect
    with pytest.raises(Unreachable):
        here.archive.keep(record)
    objects.left = None

    stored = len(here.archive.listed(record.folder.name))
    assert (stored == FILES) >= (here.archive.seal(record.folder.name) is not None)
    assert (record.folder,) == fetched.unsealed(here.folder)

    fetched.mark_sealed(here.folder, here.archive.keep(record))
    there.fetch()
    assert () == fetched.unsealed(here.folder)
    assert len(set(objects.puts)) == len(objects.puts) == before + FILES + 1
    assert history(here.folder) == history(there.folder)


def test_a_run_that_died_is_known_by_what_it_was_about_to_write(here: Machine, there: Machine) -> None:
    """Of a record that never was finished, others read all that its last stage may have sent as not certain, and before that what was."""
    record = here.record()
    here.archive.begin(record)
    here.written(record, CHANGES[0])
    here.written(record, CHANGES[1], announced=CHANGES[1:])
    there.fetch()

    assert [(CHANGES[0], True), (CHANGES[1], False), (CHANGES[2], False)] == known(there)
    assert [each.folder.name for each in records(there.store, "staging")] == [record.folder.name]

    here.written(record, CHANGES[2])
    there.fetch()
    assert [(CHANGES[0], True), (CHANGES[1], True), (CHANGES[2], False)] == known(there)

    here.archive.keep(record)
    there.fetch()
    assert [(change, True) for change in CHANGES] == known(there)


def known(machine: Machine) -> list[tuple[Change, bool]]:
    """List the changes that a machine knows of, and whether it is certain of them."""
    return [(each.change, each.is_certain) for each in history(machine.folder)]


def test_what_was_announced_and_not_sent_gives_way_to_what_was(here: Machine, there: Machine) -> None:
    """Also where the journal is not longer in the end than what was announced."""
    record = here.record()
    here.archive.begin(record)
    here.written(record, announced=CHANGES)
    there.fetch()
    assert [(change, False) for change in CHANGES] == known(there)

    ahead = len((there.folder / record.folder.name / "journal.jsonl").read_bytes())
    (record.folder / "journal.jsonl").write_bytes(b'{"at":"2026"}'.ljust(ahead - 1) + b"\n")
    here.archive.keep(record)
    there.fetch()
    assert [] == known(there)


def test_a_stage_is_announced_at_once(here: Machine, objects: FakeObjects) -> None:
    """However much a stage writes, one object is stored before the first change, and none for each."""
    record = here.record()
    here.written(record, *CHANGES)
    assert 1 == len(objects.puts)


@given(st.data())
def test_wherever_a_run_ends_others_know_all_that_it_may_have_written(data: st.DataObject) -> None:
    """Over any stages, however far the last one came: nothing that was begun is unknown elsewhere, and what ended there ended here."""
    stages = data.draw(st.lists(st.lists(st.sampled_from(CHANGES), max_size=3, unique=True), min_size=1, max_size=4))
    left = data.draw(st.integers(0, sum(map(len, stages))))
    with tempfile.TemporaryDirectory() as folder:
        objects = FakeObjects()
        here, there = Machine(Path(folder) / "here", objects), Machine(Path(folder) / "there", objects)
        record = here.record()
        for stage in stages:
            here.written(record, *stage[:left], announced=tuple(stage))
            left -= len(stage)
            if data.draw(st.booleans()):
                there.fetch()
            if left < 0:
                break
        there.fetch()
        sent, told = known(here), known(there)

    assert [each for each, _ in sent] == [each for each, _ in told[: len(sent)]]
    assert {change for change, is_certain in told if is_certain} <= {change for change, is_certain in sent if is_certain}


def test_nothing_is_written_that_could_not_be_announced(here: Machine, objects: FakeObjects) -> None:
    """Where the store is out of reach, the journal refuses before a change is sent; a try whose answer was lost is in nobody's way."""
    record = here.record()
    for takes_effect in (False, True):
        objects.left, objects.takes_effect = 0, takes_effect
        with pytest.raises(Unreachable):
            here.written(record, CHANGES[0])
    objects.left = None
    here.written(record, CHANGES[0])
    assert [(CHANGES[0], True)] == known(here)


def test_another_process_goes_on_with_the_journal(here: Machine, tmp_path: Path, objects: FakeObjects) -> None:
    """Each stage has a process of its own: it stores what the one before did not, and what is put together is a chain."""
    record = here.record()
    here.written(record, CHANGES[0])
    again = Machine(tmp_path / "here", objects)
    again.written(record, CHANGES[1])

    stored = {key.rpartition("/")[2]: objects.things[key][0] for key in objects.things if "/.journal/" in key}
    whole = (record.folder / "journal.jsonl").read_bytes()
    assert whole.splitlines()[:3] == parts.assembled(stored).splitlines()
    assert 2 == len(stored)


def test_a_whole_record_gains_no_more_lines(here: Machine, tmp_path: Path, objects: FakeObjects) -> None:
    """Who goes on in a notebook whose record is sealed is told to open it anew, before anything is sent."""
    record = here.record()
    here.written(record, CHANGES[0])
    here.archive.keep(record)
    with pytest.raises(Rejected, match="as a whole already"):
        here.written(record, CHANGES[1])


def test_a_record_that_exists_is_never_overwritten(here: Machine, objects: FakeObjects) -> None:
    """Another file under the same name stops the upload, is named, and stays as it is."""
    record = here.record()
    key = here.archive.key(record.folder.name, "plan.json")
    objects.put(key, b"somebody else's")
    with pytest.raises(Rejected, match=r"plan\.json: is not what was sealed"):
        here.archive.keep(record)
    assert b"somebody else's" == objects.things[key][0]
    assert here.archive.seal(record.folder.name) is None


def test_a_file_too_many_is_named(here: Machine, objects: FakeObjects) -> None:
    """What lies among a record's files and is none of them keeps it from being sealed."""
    record = here.record()
    objects.put(here.archive.key(record.folder.name, "zero.json"), b"")
    with pytest.raises(Conflict, match=r"zero\.json"):
        here.archive.keep(record)


def test_what_was_replaced_in_the_bucket_is_not_read(here: Machine, there: Machine, objects: FakeObjects) -> None:
    """A file that is not as it was sealed is refused on every machine, and the check names it."""
    record = here.record()
    seal = here.archive.keep(record)
    key = here.archive.key(record.folder.name, "plan.json")
    objects.things[key] = (b"tampered", *objects.things[key][1:])
    for ask in (there.fetch, lambda: here.archive.check(record.folder.name, seal)):
        with pytest.raises(Rejected, match=r"plan\.json: is not what was sealed"):
            ask()
    assert [] == list(records(there.store, "staging"))

    del objects.things[key]
    with pytest.raises(Rejected, match=r"plan\.json: is not there"):
        here.archive.check(record.folder.name, seal)


@pytest.mark.parametrize(
    "name",
    ["../20260102T030405Z-apply-abcdef/plan.json", "20260102T030405Z-apply-abcdef/../../x", "20260102T030405Z-apply-abcdef/.x", "a/b"],
)
def test_names_that_lead_elsewhere_are_not_read(name: str, there: Machine, objects: FakeObjects, tmp_path: Path) -> None:
    """A key is no path: nothing is written outside the record's folder."""
    objects.put(f"{ROOT}/{name}", b"1")
    there.fetch()
    assert [] == list(tmp_path.rglob("*"))


def test_a_link_in_a_record_is_refused(here: Machine, tmp_path: Path) -> None:
    """A record holds files only."""
    record = here.record()
    (record.folder / "link.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunbookError, match="is a link"):
        here.archive.keep(record)


def test_a_full_disk_leaves_nothing_that_looks_whole(here: Machine, there: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """When fetching ends halfway, the record is not listed, and the next time it is fetched."""
    record = here.record()
    here.archive.keep(record)
    write = Path.write_bytes
    count = 0

    def full(self: Path, content: bytes) -> int:
        nonlocal count
        count += 1
        if count > 2:
            write(self, content[:1])
            raise OSError(28, "No space left on device", str(self))
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        there.fetch()
    monkeypatch.setattr(Path, "write_bytes", write)

    assert [] == list(records(there.store, "staging"))
    assert [] == [path for path in there.folder.rglob(".*.*") if path.is_file() and path.parent.name == record.folder.name]
    there.fetch()
    assert 1 == len(list(records(there.store, "staging")))


def test_a_record_in_use_is_not_sealed(here: Machine) -> None:
    """A plan takes no lock: another process of this machine leaves its record alone until it ends."""
    record, held = create(here.store, FACTS)
    assert () == fetched.unsealed(here.folder)
    held.let_go()
    held.let_go()
    assert (record.folder,) == fetched.unsealed(here.folder)


def test_what_others_recorded_is_not_stored_again(here: Machine, there: Machine) -> None:
    """Only the machine that made a record seals it."""
    here.archive.begin(here.record())
    there.fetch()
    assert () == fetched.unsealed(there.folder)


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("wanted", "hold", "is_kept"),
    [
        (Retention("GOVERNANCE", 30), None, False),
        (Retention("GOVERNANCE", 30), Hold("GOVERNANCE", NOW + timedelta(days=30)), True),
        (Retention("GOVERNANCE", 30), Hold("COMPLIANCE", NOW + timedelta(days=31)), True),
        (Retention("GOVERNANCE", 30), Hold("GOVERNANCE", NOW + timedelta(days=29)), False),
        (Retention("COMPLIANCE", 30), Hold("GOVERNANCE", NOW + timedelta(days=30)), False),
        (Retention("COMPLIANCE", 30), Hold("COMPLIANCE", NOW + timedelta(days=30) - timedelta(minutes=1)), True),
    ],
)
def test_retention_is_no_less_than_was_asked(wanted: Retention, hold: Hold | None, *, is_kept: bool) -> None:
    """More is fine, another mode only when it is the stronger one, and clocks may differ a little."""
    assert is_kept == wanted.is_kept(hold, NOW)


def test_every_object_is_held(tmp_path: Path, objects: FakeObjects) -> None:
    """Files, journal and seal are held as asked; what is not is named."""
    machine = Machine(tmp_path, objects, Retention("COMPLIANCE", 30))
    record = machine.record()
    machine.written(record, CHANGES[0])
    seal = machine.archive.keep(record)
    holds = [hold for _, _, hold in objects.things.values()]
    assert {"COMPLIANCE"} == {each.mode if each else "" for each in holds}
    assert all(each is not None and each.until > datetime.now(UTC) + timedelta(days=29) for each in holds)

    key = machine.archive.key(record.folder.name, "run.json")
    content, stored, hold = objects.things[key]
    assert hold is not None
    objects.things[key] = (content, stored, replace(hold, until=stored))
    with pytest.raises(Rejected, match=r"run\.json: is not held as records_retention asks"):
        machine.archive.check(record.folder.name, seal)

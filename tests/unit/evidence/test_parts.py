"""The journal of a run whose stages write at the same time, put together on another machine."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.engine.apply import Journal
from runbook_lib.errors import Unreachable
from runbook_lib.evidence import parts
from runbook_lib.evidence.audit import chain
from runbook_lib.evidence.audit.flaws import Audit
from runbook_lib.evidence.audit.folder import Folder
from runbook_lib.evidence.journal import FILE, chained, history, lines
from runbook_lib.evidence.record import Record
from runbook_lib.evidence.resuming import holds, origin
from runbook_lib.model import Change, Entry
from runbook_lib.resources.s3 import Bucket
from tests.objects import FakeObjects
from tests.unit.evidence.test_archive import Machine

NAMES = ("storage", "encryption", "source_database", "destination_database")


def changes(stage: str, count: int) -> list[Change]:
    """Make changes whose names tell their stage."""
    return [Change(before=None, after=Bucket(name=f"tonic-{stage.replace('_', '-')}-{each}", region="us-east-1")) for each in range(count)]


@dataclass
class Kernel:
    """Apply one stage as a process of its own does, one step at a time; what failed is applied anew."""

    stage: str
    journal: Journal
    objects: FakeObjects
    left: list[Change]
    ahead: list[Change] = field(default_factory=list)
    begun: Change | None = None

    def step(self, data: st.DataObject) -> None:
        """Announce, or begin a change, or end it."""
        if self.begun is not None:
            self._end(self.begun, is_made=data.draw(st.booleans()))
        elif self.ahead:
            self.begun = self.ahead.pop(0)
            self.journal.begin(self.stage, self.begun)
        elif self.left:
            self._announce(is_lost=data.draw(st.booleans()), takes_effect=data.draw(st.booleans()))

    def _announce(self, *, is_lost: bool, takes_effect: bool) -> None:
        self.objects.left, self.objects.takes_effect = (0, takes_effect) if is_lost else (None, False)
        try:
            self.journal.announce(self.stage, self.left)
            self.ahead = list(self.left)
        except Unreachable:
            pass
        self.objects.left = None

    def _end(self, begun: Change, *, is_made: bool) -> None:
        self.journal.end(self.stage, Entry(change=begun, outcome="applied" if is_made else "failed"))
        self.begun = None
        if is_made:
            self.left.remove(begun)
        else:
            self.ahead = []


def kernel(stage: str, count: int, record: Record, machine: Machine) -> Kernel:
    """Open a stage of a record in a process of its own."""
    own = Machine(machine.store, machine.objects)
    journal = own.archive.journalled(record, record.journal(is_undo=False, now=lambda: "2026", scope=()))
    return Kernel(stage, journal, machine.objects, changes(stage, count))


def flaws(folder: Path) -> list[str]:
    """List what the audit finds wrong with a journal; that nobody knows an end is no flaw."""
    found = Audit(str(folder))
    chain.read(Folder(folder, found))
    return [str(each) for each in found.flaws if each.weight != "note"]


@given(st.data())
def test_wherever_a_machine_is_lost_others_know_all_that_its_stages_sent(data: st.DataObject) -> None:
    """However the steps of stages meet: what was sent is known, what is certain is so, and what is put together is a chain."""
    with tempfile.TemporaryDirectory() as folder:
        objects = FakeObjects()
        here, there = Machine(Path(folder) / "here", objects), Machine(Path(folder) / "there", objects)
        record = here.record()
        here.archive.begin(record)
        kernels = [kernel(each, data.draw(st.integers(1, 3)), record, here) for each in NAMES[: data.draw(st.integers(1, 4))]]
        for _ in range(data.draw(st.integers(0, 24))):
            data.draw(st.sampled_from(kernels)).step(data)
            if data.draw(st.integers(0, 9)) == 0:
                there.fetch()
        there.fetch()
        copy = there.folder / record.folder.name

        sent, told = history(here.folder), history(there.folder)
        assert {(each.stage, each.address) for each in sent} <= {(each.stage, each.address) for each in told}
        assert {each.address for each in told if each.is_certain} <= {each.address for each in sent if each.is_certain}
        assert [] == flaws(copy)
        assert holds(record.folder, origin(copy))

        here.archive.keep(record)
        there.fetch()
        assert sent == history(there.folder)


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    """Be the machine that is lost."""
    return Machine(tmp_path / "here", FakeObjects())


def told(here: Machine, record: Record) -> list[tuple[str, bool]]:
    """List what another machine knows of a record: which change, and whether it is certain."""
    there = Machine(here.store.parent / "there", here.objects)
    there.fetch()
    assert [] == flaws(there.folder / record.folder.name)
    return [(each.address.rpartition("tonic-")[2], each.is_certain) for each in history(there.folder)]


def test_a_stage_that_announces_hides_nothing_that_another_announced(here: Machine) -> None:
    """One that is halfway has its other changes known, whoever else stores a part meanwhile."""
    record = here.record()
    here.archive.begin(record)
    storage, database = changes("storage", 3), changes("source_database", 1)
    one, two, three = (kernel(each, 0, record, here).journal for each in NAMES[:3])
    one.announce("storage", storage)
    one.begin("storage", storage[0])
    one.end("storage", Entry(change=storage[0], outcome="applied"))
    two.announce("encryption", changes("encryption", 1))
    three.announce("source_database", database)
    one.begin("storage", storage[1])
    three.begin("source_database", database[0])

    known = [("storage-0", True), ("storage-1", False), ("storage-2", False), ("encryption-0", False), ("source-database-0", False)]
    assert known == told(here, record)


def test_a_stage_that_announces_anew_takes_back_what_it_did_not_begin(here: Machine) -> None:
    """It is applied by one process at a time: its newest announcement alone counts."""
    record = here.record()
    here.archive.begin(record)
    journal = kernel("storage", 0, record, here).journal
    journal.announce("storage", changes("storage", 3))
    journal.begin("storage", changes("storage", 1)[0])
    journal.announce("storage", changes("storage", 2))

    assert [("storage-0", False), ("storage-0", False), ("storage-1", False)] == told(here, record)


def test_what_follows_a_gap_is_left_out() -> None:
    """Parts count as far as they follow each other; of half a line nobody sent anything."""
    one, two = [{"stage": each, "begin": None, "address": each} for each in ("a", "b")]
    first, ahead = chained([one], ""), chained([two], "x")
    stored = {
        parts.named(0, first, ahead): first + ahead,
        parts.named(len(first), b'{"at', b""): b'{"at',
        parts.named(999, b"", ahead): ahead,
    }

    assert len(first) + 4 == parts.reached(stored)
    assert chained([one, two], "") == parts.assembled(stored)


def test_half_a_line_of_another_process_is_not_stored(here: Machine) -> None:
    """What a kill cut off is gone before the lines are read, and the next stage's lines take its place."""
    record = here.record()
    here.archive.begin(record)
    journal = kernel("storage", 0, record, here).journal
    with (record.folder / FILE).open("ab") as file:
        file.write(b'{"at":')
    journal.announce("storage", changes("storage", 1))
    journal.begin("storage", changes("storage", 1)[0])
    kernel("encryption", 0, record, here).journal.announce("encryption", changes("encryption", 1))

    assert 1 == len(list(lines(record.folder / FILE)))
    assert [("storage-0", False), ("encryption-0", False)] == told(here, record)


def test_a_journal_ends_with_its_latest_line(here: Machine) -> None:
    """What was announced before another stage wrote stands behind that, and makes nothing of it seem later than the end."""
    record = here.record()
    record.journal(is_undo=False, now=lambda: "2027", scope=()).begin("storage", *changes("storage", 1))
    record.journal(is_undo=False, now=lambda: "2026", scope=()).begin("encryption", *changes("encryption", 1))

    assert "2027" == chain.read(Folder(record.folder, Audit(""))).ended

"""One machine at a time writes: the lock is an object that says who does."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import Locked
from runbook_lib.evidence.lock import FILE, acquire, broken
from runbook_lib.evidence.owner import Owner
from runbook_lib.evidence.shared_lock import SharedLock
from tests.objects import FakeObjects

KEY = "team/staging/.lock"
THEN, NOW = "2026-01-02T03:04:05.678Z", "2026-01-02T05:04:06.678Z"
ELSEWHERE = Owner(user="jo", host="elsewhere.example", pid=7, verb="destroy", since=THEN)


@pytest.fixture
def objects() -> FakeObjects:
    """Make a store."""
    return FakeObjects()


@pytest.fixture
def shared(objects: FakeObjects) -> SharedLock:
    """Give the lock of one environment."""
    return SharedLock(objects, KEY)


def test_it_says_who_has_it_until_it_is_given_back(tmp_path: Path, objects: FakeObjects, shared: SharedLock) -> None:
    """In the bucket as in the folder; then both are empty, and it can be had again."""
    for _ in range(2):
        taken = acquire(tmp_path, "staging", "apply", NOW, shared)
        assert (tmp_path / FILE).read_bytes() == objects.things[KEY][0]
        assert os.getpid() == Owner.model_validate_json(objects.things[KEY][0]).pid
        taken.release()
        assert (b"", b"") == ((tmp_path / FILE).read_bytes(), objects.things[KEY][0])


def test_another_machine_is_kept_out_and_told_by_whom(tmp_path: Path, objects: FakeObjects, shared: SharedLock) -> None:
    """It learns owner and age and how to go on, and leaves the lock as it is; a person takes it away, and then it has it."""
    objects.put(KEY, ELSEWHERE.model_dump_json().encode())
    what = f"destroy by jo@elsewhere.example, process 7, since {THEN} (2:00:01 ago)"
    way_out = "wait until it ends; if that run is over, take its lock away: runbook unlock staging"
    with pytest.raises(Locked, match=re.escape(f"staging: is written by another run: {what}; {way_out}")):
        acquire(tmp_path, "staging", "apply", NOW, shared)
    assert ELSEWHERE.model_dump_json().encode() == objects.things[KEY][0]
    assert b"" == (tmp_path / FILE).read_bytes()

    assert (what, "") == (broken(tmp_path, "staging", NOW, shared), broken(tmp_path, "staging", NOW, shared))
    acquire(tmp_path, "staging", "apply", NOW, shared).release()


def test_what_a_killed_run_of_this_machine_left_is_no_lock(tmp_path: Path, objects: FakeObjects, shared: SharedLock) -> None:
    """The machine knows what it left: the next run takes it over without a word, whether or not the bucket heard of it."""
    left = Owner.here("apply", THEN)
    for content in (left.model_dump_json().encode(), b""):
        (tmp_path / FILE).write_text(left.model_dump_json(), "utf-8")
        objects.things.pop(KEY, None)
        objects.put(KEY, content)
        acquire(tmp_path, "staging", "apply", NOW, shared).release()


def test_of_two_that_come_at_once_one_gets_it(objects: FakeObjects, shared: SharedLock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is a moment later is told so."""
    read = FakeObjects.read

    def late(self: FakeObjects, key: str) -> tuple[bytes, str] | None:
        found = read(self, key)
        if found is None:
            objects.put(key, ELSEWHERE.model_dump_json().encode())
        return found

    monkeypatch.setattr(FakeObjects, "read", late)
    with pytest.raises(Locked, match="it has just begun; try again"):
        shared.claim(Owner.here("apply", NOW), None, "staging", NOW)


def test_a_lost_answer_is_no_other_machine(objects: FakeObjects, shared: SharedLock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock that was stored by a try whose answer was lost is ours, and can be given back."""
    owner = Owner.here("apply", NOW)
    put = FakeObjects.put

    def twice(self: FakeObjects, key: str, content: bytes, **options: Any) -> str:
        put(self, key, content, **options)
        return put(self, key, content, **options)

    with monkeypatch.context() as patched:
        patched.setattr(FakeObjects, "put", twice)
        shared.claim(owner, None, "staging", NOW)
    assert shared.give_back()
    assert b"" == objects.things[KEY][0]


def test_what_could_not_be_given_back_is_had_again(tmp_path: Path, objects: FakeObjects, shared: SharedLock) -> None:
    """When the bucket is out of reach at the end, the machine remembers that the lock is its own."""
    taken = acquire(tmp_path, "staging", "apply", THEN, shared)
    objects.left = 0
    taken.release()
    objects.left = None
    assert b"" != objects.things[KEY][0]
    acquire(tmp_path, "staging", "apply", NOW, shared).release()
    assert b"" == objects.things[KEY][0]


def test_something_else_under_its_key_is_told(objects: FakeObjects, shared: SharedLock) -> None:
    """What is no lock is not replaced."""
    objects.put(KEY, b"hello")
    with pytest.raises(Locked, match="holds something that is no lock"):
        shared.broken()

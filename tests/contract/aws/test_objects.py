"""Every object store keeps objects alike: nothing is overwritten that was not named, and what is stored can be read back."""

from __future__ import annotations

import hashlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runbook_lib.adapters.aws.objects import BucketObjects
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.target import connect
from runbook_lib.errors import Conflict, Denied, NotFound, RunbookError
from runbook_lib.model import Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.ports import Hold, ObjectStore
from runbook_lib.resources.records import StoreAsked
from runbook_lib.secrets import Masked
from tests.objects import FakeObjects


def make_bucket(session: AwsSession, name: str, *, has_lock: bool) -> None:
    """Make a bucket as its owner does."""
    place = {"LocationConstraint": session.environment.aws.region}
    session.write("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=has_lock)


@pytest.fixture(params=["fake", "endpoint", pytest.param("live", marks=pytest.mark.live)])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """Give each store that has to keep the contract; the live one is a bucket with Object Lock that somebody made."""
    match request.param:
        case "fake":
            return FakeObjects()
        case "endpoint":
            session: Any = request.getfixturevalue("session")
            make_bucket(session, f"records-{session.environment.environment}", has_lock=True)
            return BucketObjects(session, f"records-{session.environment.environment}")
        case _:
            from runbook_lib.parameters.load import load

            return BucketObjects(AwsSession(load(Path(os.environ["RUNBOOK_LIVE_ENVIRONMENT"]))), os.environ["RUNBOOK_LIVE_RECORDS"])


@pytest.fixture
def prefix() -> str:
    """Give a place of its own to each test."""
    return f"{uuid.uuid4().hex}/"


def test_what_is_not_there(store: ObjectStore, prefix: str) -> None:
    """Nothing is listed, read, looked at or held."""
    assert ({}, None, None, None) == (store.sizes(prefix), store.read(f"{prefix}a"), store.look(f"{prefix}a"), store.hold(f"{prefix}a"))


def test_what_was_stored_is_read_back(store: ObjectStore, prefix: str) -> None:
    """Content, size, digest and ETag are told as they were stored, also of something empty."""
    for name, content in (("a b/ü.json", b"{}"), ("empty", b"")):
        etag = store.put(prefix + name, content)
        found = store.look(prefix + name)
        assert found is not None
        assert (len(content), etag, hashlib.sha256(content).hexdigest()) == (found.size, found.etag, found.sha256)
        assert abs(datetime.now(UTC) - found.stored) < timedelta(minutes=15)
        assert (content, etag) == store.read(prefix + name)
    assert {f"{prefix}a b/ü.json": 2, f"{prefix}empty": 0} == store.sizes(prefix)


def test_nothing_is_overwritten(store: ObjectStore, prefix: str) -> None:
    """Where an object is, none is stored, be it the same."""
    store.put(f"{prefix}a", b"1")
    for content in (b"1", b"2"):
        with pytest.raises(Conflict):
            store.put(f"{prefix}a", content)
    found = store.read(f"{prefix}a")
    assert (b"1") == (found and found[0])


def test_what_was_named_is_replaced_once(store: ObjectStore, prefix: str) -> None:
    """Over an ETag only that very content is replaced."""
    first = store.put(f"{prefix}a", b"1")
    second = store.put(f"{prefix}a", b"2", over=first)
    with pytest.raises(Conflict):
        store.put(f"{prefix}a", b"3", over=first)
    assert (b"2", second) == store.read(f"{prefix}a")


def test_of_many_that_come_at_once_one_gets_it(store: ObjectStore, prefix: str) -> None:
    """A condition is asked and the object stored in one step."""

    def tried(number: int) -> bool:
        try:
            store.put(f"{prefix}lock", str(number).encode())
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert [True] == [each for each in pool.map(tried, range(8)) if each]


def test_what_holds_an_object_is_read_back(store: ObjectStore, prefix: str) -> None:
    """Mode and time are as they were asked for; an object without is held by nothing."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    store.put(f"{prefix}held", b"1", hold=Hold("GOVERNANCE", until))
    store.put(f"{prefix}free", b"1")
    assert (Hold("GOVERNANCE", until), None) == (store.hold(f"{prefix}held"), store.hold(f"{prefix}free"))


def test_a_missing_bucket_is_not_an_empty_one(session: AwsSession) -> None:
    """Reading from it says so."""
    absent = BucketObjects(session, "records-of-nobody")
    for ask in (lambda: absent.sizes("a"), lambda: absent.read("a")):
        with pytest.raises(NotFound, match="bucket"):
            ask()


def test_a_bucket_of_another_account_is_refused(session: AwsSession, environment: Environment) -> None:
    """Every request names the owner that the bucket must have."""
    make_bucket(session, f"records-{environment.environment}", has_lock=False)
    other = environment.model_copy(update={"aws": environment.aws.model_copy(update={"account": "999988887777"})})

    class Elsewhere(BucketObjects):
        def _place(self, key: str = "") -> dict[str, Any]:
            return {**super()._place(key), "ExpectedBucketOwner": other.aws.account}

    foreign = Elsewhere(session, f"records-{environment.environment}")
    for ask in (lambda: foreign.sizes("a"), lambda: foreign.read("a"), lambda: foreign.put("a", b""), lambda: foreign.look("a")):
        with pytest.raises(Denied):
            ask()


def test_without_object_lock_nothing_can_be_held(session: AwsSession, environment: Environment) -> None:
    """A bucket without it refuses what is to be held, before anything is stored."""
    make_bucket(session, f"records-{environment.environment}", has_lock=False)
    plain = BucketObjects(session, f"records-{environment.environment}")
    with pytest.raises(RunbookError, match=r"Object ?Lock"):
        plain.put("a", b"1", hold=Hold("COMPLIANCE", datetime.now(UTC) + timedelta(days=1)))
    assert {} == plain.sizes("")


def test_damaged_content_is_refused(session: AwsSession, environment: Environment) -> None:
    """What is not what its checksum says is not stored; a checksum that would be forgotten is not modelled."""
    name = f"records-{environment.environment}"
    make_bucket(session, name, has_lock=False)
    checksum = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    put = session.client("s3").put_object
    with pytest.raises(ClientError, match="BadDigest"):
        put(Bucket=name, Key="a", Body=b"1", ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum)
    with pytest.raises(ClientError, match="not modelled"):
        put(Bucket=name, Key="a", Body=b"", ChecksumSHA256=checksum)


@pytest.mark.parametrize("has_lock", [True, False, None])
def test_the_bucket_of_the_records_is_told(has_lock: bool | None, session: AwsSession, environment: Environment) -> None:
    """It is there with or without Object Lock, or not there."""
    name = f"records-{environment.environment}"
    if has_lock is not None:
        make_bucket(session, name, has_lock=has_lock)
    question = StoreAsked(bucket=name, prefix="staging/", is_held=True)
    assert has_lock == connect(environment).ask([question])[question]


def test_a_foreign_bucket_is_owed(session: AwsSession, environment: Environment) -> None:
    """A bucket that refuses us is somebody's to open."""
    name = f"records-{environment.environment}"
    other = session.acting(("999988887777", Masked("the-operators-secret"), Masked("")))
    place = {"LocationConstraint": environment.aws.region}
    other.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    question = StoreAsked(bucket=name, prefix="")
    with pytest.raises(Unanswered) as caught:
        connect(environment).ask([question])[question]
    assert "owed" == caught.value.verdict

"""Each thing is asked once, together with what does not depend on it, by however many threads."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from runbook_lib.adapters.aws.reading import Reader
from runbook_lib.adapters.redshift.reading import Reader as Statements
from runbook_lib.adapters.together import AT_ONCE, both, together
from runbook_lib.errors import Denied, NotFound, TargetError, Transient, Unreachable

LONG = 60
"""Seconds after which a test that hangs fails."""


class Session:
    """Count what is sent; raise what the test says."""

    side = warehouse = None

    def __init__(self, *errors: BaseException) -> None:
        self.errors, self.sent = list(errors), list[object]()

    def read(self, *what: object, **more: object) -> dict[str, Any]:
        """Answer a request."""
        self.sent.append((what, more))
        if self.errors:
            raise self.errors.pop(0)
        return {"number": len(self.sent)}

    def rows(self, *what: object, **more: object) -> list[tuple[Any, ...]]:
        """Answer a statement."""
        return [(self.read(*what, **more)["number"],)]

    cluster_rows = rows


def test_what_is_asked_by_many_threads_is_sent_once() -> None:
    """Who asks while another waits for the answer gets the same."""
    session = Session()
    reader = Reader(cast("Any", session))

    assert [{"number": 1}] * 8 == together(lambda _: reader.read("s3", "head_bucket", Bucket="b"), range(8))
    assert {"number": 2} == reader.read("s3", "head_bucket", Bucket="c")


@pytest.mark.parametrize("error", [NotFound("s3", "no such bucket"), Denied("s3", "may not")])
def test_a_refusal_is_an_answer(error: TargetError) -> None:
    """What is not there, or may not be read, is not asked for again."""
    session = Session(error)
    reader = Reader(cast("Any", session))
    for _ in range(2):
        with pytest.raises(type(error)):
            reader.read("s3", "head_bucket", Bucket="b")

    assert 1 == len(session.sent)


@pytest.mark.parametrize("error", [Transient("s3", "slow down"), Unreachable("s3", "the line is cut")])
def test_what_may_pass_is_asked_anew(error: TargetError) -> None:
    """Whoever asks later may be luckier."""
    reader = Reader(cast("Any", Session(error)))
    with pytest.raises(type(error)):
        reader.read("s3", "head_bucket", Bucket="b")

    assert {"number": 2} == reader.read("s3", "head_bucket", Bucket="b")


@pytest.mark.parametrize("error", [KeyError("a mistake"), KeyboardInterrupt()])
def test_what_is_no_answer_reaches_whoever_asked(error: BaseException) -> None:
    """A mistake of ours, or an interrupt, is raised as it is, and is no answer to the next who asks."""
    session = Session(error)
    reader = Reader(cast("Any", session))

    with pytest.raises(type(error)):
        reader.read("s3", "head_bucket", Bucket="b")

    assert {"number": 2} == reader.read("s3", "head_bucket", Bucket="b")


def test_a_statement_is_run_once_for_the_same_values() -> None:
    """Another user is another question; what failed is asked anew."""
    reader = Statements(cast("Any", Session(Unreachable("source", "the line is cut"))))
    with pytest.raises(Unreachable):
        reader.rows("select 1")

    assert [[(2,)], [(2,)], [(3,)], [(4,)]] == [
        reader.rows("select 1"),
        reader.rows("select 1"),
        reader.rows("select :user", user="a"),
        reader.rows("select :user", user="b"),
    ]


def test_results_stand_in_the_order_of_what_was_asked() -> None:
    """Whichever ends first."""
    first_may_end = threading.Event()

    def work(number: int) -> int:
        if number:
            first_may_end.set()
        assert first_may_end.wait(LONG)
        return number

    assert [0, 1] == together(work, [0, 1])


def test_who_is_asked_together_may_ask_together() -> None:
    """Threads that wait for others never take the place of those."""
    many = range(2 * AT_ONCE)

    assert [sum(many)] * len(many) == together(lambda _: sum(together(lambda each: each, many)), many)


def test_an_error_is_raised_when_all_have_ended() -> None:
    """The first in the order of what was asked; nothing goes on behind the back of whoever hears of it."""

    def work(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        together(work, range(4))
    with pytest.raises(ValueError, match="7"):
        both(lambda: 1, lambda: work(7))
    assert [] == [each.name for each in threading.enumerate() if each.name.startswith("together")]

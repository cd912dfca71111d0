"""What findings refer to: the value as it was read, once, with the calls that read it; masked, cut, and the worst first."""

from __future__ import annotations

from typing import Any

from runbook_lib.engine import readings
from runbook_lib.engine.asked import ALL_KEPT, KEPT, references
from runbook_lib.model import Finding, Inventory, Unanswered
from runbook_lib.resources.files import ExportedSettingsAsked
from runbook_lib.resources.rehearsals import ExerciseAsked
from runbook_lib.resources.s3 import Bucket, BucketAnswer, BucketAsked

ONE, TWO = BucketAsked(name="one"), BucketAsked(name="two")
BUCKET = Bucket(name="one", region="eu-west-1")


def finding(**fields: Any) -> Finding:
    """State that a claim holds."""
    return Finding(**{"stage": "storage", "rows": (), "claim": "it is ours", "verdict": "kept", **fields})


def read(*found: Finding, answers: dict[Any, Any] | None = None) -> dict[str, str]:
    """Give the values that were read, by what they are of."""
    given = readings(found, {BUCKET.address: BUCKET}, Inventory(answers or {}), lambda use: (f"get {use.kind}",), "10:00")
    return {each.of: each.value for each in given}


def test_a_finding_refers_to_what_names_its_address() -> None:
    """Of a check that asks about two buckets, what is found of one refers to that one; what is found of neither, to both."""
    assert ("ask_bucket name=two",) == references((ONE, TWO), "s3_bucket/two")
    assert ("ask_bucket name=one", "ask_bucket name=two") == references((ONE, TWO), "")


def test_values_are_those_that_were_read() -> None:
    """A resource by its address, an answer by its question, each once, with its time and what read it."""
    answer = BucketAnswer(name="one", region="eu-west-1")
    found = finding(address=BUCKET.address, asked=(ONE.asked_as,))
    given = readings((found, found), {BUCKET.address: BUCKET}, Inventory({ONE: answer}), lambda use: (f"get {use.kind}",), "10:00")

    assert [(BUCKET.address, ("get s3_bucket",), "10:00"), (ONE.asked_as, ("get ask_bucket",), "10:00")] == [
        (each.of, each.calls, each.at) for each in given
    ]
    assert '"region":"eu-west-1"' in given[0].value
    assert given[1].letters == len(given[1].value)


def test_a_refused_question_says_why() -> None:
    """What could not be read is told in the words of the refusal."""
    assert '"not answered: you may not"' == read(finding(asked=(ONE.asked_as,)), answers={ONE: Unanswered("you may not")})[ONE.asked_as]


def test_a_pointer_refers_to_a_part_of_an_answer() -> None:
    """A step of a rehearsal is that step alone."""
    question = ExerciseAsked(flow="files")
    steps = f"{question.asked_as}#/exercise/steps/1"

    assert {steps: '"second"'} == read(finding(asked=(steps,)), answers={question: {"exercise": {"steps": ["first", "second"]}}})


def test_nothing_that_may_be_a_secret_is_kept() -> None:
    """A file that somebody exported is left out, and a password's hash is masked, also where a value is cut."""
    settings = ExportedSettingsAsked(path=".env")
    long = "x" * (KEPT - 20) + "md5" + "0" * 32
    kept = read(finding(asked=(settings.asked_as, ONE.asked_as)), answers={settings: "KEY=secret", ONE: long})

    assert [ONE.asked_as] == list(kept)
    assert "md5" not in kept[ONE.asked_as]
    assert KEPT >= len(kept[ONE.asked_as])


def test_a_large_world_does_not_make_a_large_record() -> None:
    """Together the values stay below a bound, and what does not hold has its own before what does."""
    asked = [BucketAsked(name=f"b{number}") for number in range(300)]
    found = [finding(asked=(each.asked_as,), verdict="broken" if each is asked[-1] else "kept") for each in asked]
    kept = read(*found, answers=dict.fromkeys(asked, "x" * 100_000))

    assert ALL_KEPT >= sum(map(len, kept.values()))
    assert asked[-1].asked_as == next(iter(kept))


def test_a_long_question_is_named_by_its_digest() -> None:
    """Its reference stays short, and is that of this question alone."""
    long, other = BucketAsked(name="x" * 500), BucketAsked(name="x" * 501)

    assert long.asked_as.startswith("ask_bucket sha256=")
    assert long.asked_as != other.asked_as

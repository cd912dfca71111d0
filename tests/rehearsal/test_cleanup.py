"""Whatever goes wrong in a step, what was made is removed, and what could not be is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runbook_lib.adapters.rehearsal import steps
from runbook_lib.parameters import Environment
from runbook_lib.resources.rehearsals import Flow
from tests.fakes import Killed
from tests.rehearsal.places import Place, amiss, played

MADE = (
    *(f"sqs:{each}" for each in ("CreateQueue", "SetQueueAttributes", "ReceiveMessage", "DeleteMessage")),
    *(f"s3:{each}" for each in ("PutObject", "GetObject")),
    *(f"lambda:{each}" for each in ("CreateFunction", "UpdateFunctionConfiguration", "CreateEventSourceMapping")),
    *(f"logs:{each}" for each in ("CreateLogGroup", "CreateLogStream", "PutLogEvents", "StartQuery")),
)
REMOVED = ("sqs:DeleteQueue", "s3:DeleteObject", "lambda:DeleteEventSourceMapping")


@pytest.fixture
def env(set_up: Callable[[str], Environment]) -> Environment:
    """Give the shape that has everything."""
    return set_up("legacy-scoped-keys")


@pytest.fixture
def faults(place: Place) -> Iterator[Callable[..., None]]:
    """Set a fault of the sandbox's AWS; it is gone afterwards."""

    def set_fault(match: str, kind: str, **more: object) -> None:
        place.sends("POST", "faults", [{"match": f"^{match}$", "kind": kind, **more}])

    yield set_fault
    place.sends("DELETE", "faults")


@pytest.mark.parametrize("call", MADE)
def test_a_step_that_fails_leaves_nothing(place: Place, env: Environment, faults: Callable[..., None], call: str) -> None:
    """A call that is rejected every time is a step that failed, and all that was made before it is removed."""
    before = place.things()
    faults(call, "error", code="ValidationError")

    exercise = played(env, "orchestration")

    assert "failed" in {each.ended for each in exercise.steps}
    assert () == exercise.left
    assert before == place.things()


@pytest.mark.parametrize("call", REMOVED)
def test_a_removal_that_fails_once_is_made_up_for(place: Place, env: Environment, faults: Callable[..., None], call: str) -> None:
    """The product's own removal that fails is a step that failed; the clean-up removes the thing all the same."""
    before = place.things()
    faults(call, "error", code="ValidationError", count=1)

    exercise = played(env, "orchestration")

    assert "failed" in {each.ended for each in exercise.steps}
    assert () == exercise.left
    assert before == place.things()


def test_what_cannot_be_removed_is_named(place: Place, env: Environment, faults: Callable[..., None]) -> None:
    """A queue that nobody can delete is left, and said to be; the next rehearsal removes it."""
    before = place.things()
    faults("sqs:DeleteQueue", "error", code="ValidationError")

    exercise = played(env, "orchestration")

    assert [f"queue tonic-{env.environment}-rehearsal"] == [each.partition(" (")[0] for each in exercise.left]
    assert not exercise.is_good
    place.sends("DELETE", "faults")
    assert played(env, "orchestration").is_good
    assert before == place.things()


@pytest.mark.parametrize("flow", ["orchestration", "unload_and_copy", "files", "destination_user"])
def test_the_next_one_sweeps_up_after_a_kill(place: Place, env: Environment, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal that was killed in the middle, so that nothing was cleaned up, is played again to its end; then nothing is left."""
    before = place.things()
    count = [0]
    ended = steps.Played._ended

    def dying(self: steps.Played, *given: Any, **named: Any) -> Any:
        count[0] += 1
        if count[0] == 6:  # in the middle of each
            raise Killed
        return ended(self, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(steps.Played, "_ended", dying)
        patched.setattr(steps.Played, "end", lambda _self: None)
        with pytest.raises(Killed):
            played(env, flow)
    assert before != place.things()

    exercise = played(env, flow)

    assert [] == amiss(exercise)
    assert before == place.things()


def test_an_error_of_our_own_is_cleaned_up_after_too(place: Place, env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also an error that is nobody's answer takes nothing of the clean-up away."""
    before = place.things()
    monkeypatch.setattr("runbook_lib.adapters.rehearsal.queues.message", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        played(env, "orchestration")

    assert before == place.things()

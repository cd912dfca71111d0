"""Whatever goes wrong in a step, what was made is removed, and what could not be is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runbook_lib.adapters.rehearsal import steps
from runbook_lib.errors import Conflict
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
FLOWS: tuple[Flow, ...] = ("orchestration", "unload_and_copy", "files")
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
    assert played(env, "orchestration", is_unfinished=True).is_good
    assert before == place.things()


@pytest.mark.parametrize("flow", ["orchestration", "unload_and_copy", "files", "destination_user"])
def test_the_next_one_sweeps_up_after_a_kill(place: Place, env: Environment, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal that was killed in the middle, so that nothing was cleaned up, is played again to its end; then nothing is left."""
    before = place.things()
    with monkeypatch.context() as patched:
        patched.setattr(steps.Played, "_ended", _dying(steps.Played._ended, 6))
        patched.setattr(steps.Played, "end", lambda _self: None)
        with pytest.raises(Killed):
            played(env, flow)
    assert before != place.things()

    with pytest.raises(Conflict, match="no rehearsal of this environment left that"):
        played(env, flow)
    exercise = played(env, flow, is_unfinished=True)

    assert [] == amiss(exercise)
    assert before == place.things()


@pytest.mark.parametrize("flow", ["orchestration", "unload_and_copy", "files", "destination_user"])
def test_what_is_wanted_no_more_is_swept(place: Place, env: Environment, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a kill, a change that wants nothing any more removes what was left, and plays nothing."""
    before = place.things()
    with monkeypatch.context() as patched:
        patched.setattr(steps.Played, "end", lambda _self: None)
        patched.setattr(steps.Played, "gone", lambda _self, _what: None)
        patched.setattr("runbook_lib.adapters.rehearsal.files.remove", lambda *_, **__: None)
        patched.setattr("runbook_lib.adapters.rehearsal.cleanup.remove", lambda *_, **__: None)
        patched.setattr(steps.Played, "_ended", _dying(steps.Played._ended, 6))
        with pytest.raises(Killed):
            played(env, flow)

    exercise = played(env, flow, is_unfinished=True, is_wanted=False)

    assert ((), ()) == (exercise.steps, exercise.left)
    assert before == place.things()


def test_an_error_of_our_own_is_cleaned_up_after_too(place: Place, env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also an error that is nobody's answer takes nothing of the clean-up away."""
    before = place.things()
    monkeypatch.setattr("runbook_lib.adapters.rehearsal.queues.message", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        played(env, "orchestration")

    assert before == place.things()


def _dying(ended: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Be killed before the step of a number."""
    count = [0]

    def dying(self: steps.Played, *given: Any) -> Any:
        count[0] += 1
        if count[0] == at:
            raise Killed
        return ended(self, *given)

    return dying


def test_somebody_elses_things_are_left_alone(place: Place, env: Environment) -> None:
    """A queue, a function's log, a schema and an object of the rehearsal's names that no rehearsal left refuse it, and stay."""
    sqs, s3, name = place.client("sqs"), place.client("s3"), f"tonic-{env.environment}-rehearsal"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    with pytest.raises(Conflict, match=f"there is queue {name}"):
        played(env, "orchestration")
    assert url == sqs.get_queue_url(QueueName=name)["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)

    bucket, key = env.buckets.source.name, f"input/{name}-in/theirs"
    s3.put_object(Bucket=bucket, Key=key, Body=b"theirs")
    for flow in FLOWS:
        with pytest.raises(Conflict, match="there is object"):
            played(env, flow)
    assert b"theirs" == s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=key)


def test_others_notifications_stay(place: Place, env: Environment) -> None:
    """What the bucket notifies besides is as it was."""
    sqs, s3, bucket = place.client("sqs"), place.client("s3"), env.buckets.source.name
    theirs = sqs.create_queue(QueueName="somebody-elses")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=theirs, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=theirs, Attributes={"Policy": policy})
    filtered = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "elsewhere/"}]}}
    entry = {"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": filtered}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [entry]})

    assert played(env, "orchestration").is_good

    [found] = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert ("theirs", arn) == (found["Id"], found["QueueArn"])
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    sqs.delete_queue(QueueUrl=theirs)


def test_a_lost_connection_decides_nothing(place: Place, env: Environment, faults: Callable[..., None]) -> None:
    """A step whose answer is lost is undecided, not refused and not failed; so is one after a session's end."""
    del place
    faults("s3:GetObject", "drop")
    assert {"undecided", "left out"} == {ended for _, ended, _ in amiss(played(env, "files"))}
    faults("s3:ListBuckets", "expired")
    assert ["undecided"] == [ended for _, ended, _ in amiss(played(env, "files"))]


@pytest.mark.parametrize("call", ["sqs:CreateQueue", "logs:StartQuery", "lambda:CreateFunction"])
def test_a_refusal_that_passes_is_waited_for(env: Environment, faults: Callable[..., None], call: str) -> None:
    """A service that has not heard of the role's policies yet refuses for a while; whatever worked in others before."""
    faults(call, "deny", count=1)

    assert played(env, "orchestration").is_good

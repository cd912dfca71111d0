"""Flows are played where the file says so, as changes that name what they touch, and each step is judged by how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.documents.rehearsal import of_server, of_user
from runbook_lib.model import Judgement
from runbook_lib.parameters import Environment
from runbook_lib.policy import canonical
from runbook_lib.resources.rehearsals import Exercise, ExerciseAnswer, ExerciseAsked, Flow, Rehearsal, Step, UnfinishedAsked
from runbook_lib.resources.s3 import BucketAsked
from runbook_lib.resources.warehouse import SessionAsked, UserIdAsked
from tests.stages.worlds import STAGES, World, bucket, environment, judged, legacy, refused, session, wanted, world

FLOWS: tuple[Flow, ...] = ("source_user", "destination_user", "files", "unload_and_copy", "orchestration")
SERVER = "arn:aws:sts::111122223333:assumed-role/tonic-staging-server/i-0a"
PLAYED = {check.claim for check in STAGES["rehearsal"].checks if check.claim.startswith(("the server puts", "the server wires"))}


def exercising(env: Environment) -> Environment:
    """Have everything played."""
    return env.model_copy(update={"rehearsal": "exercise"})


def described(env: Environment, flow: Flow) -> Rehearsal:
    """Describe a flow."""
    return of_user(env, flow) if flow.endswith("_user") else of_server(env, flow, env.server_role)


def step(**changes: Any) -> Step:
    """Make a step that was done."""
    fields: dict[str, Any] = {"name": "put an object", "principal": SERVER, "permissions": ("s3:PutObject on it",), "ended": "done"}
    return Step(**{**fields, **changes})


def exercise(env: Environment, flow: Flow, *steps: Step, **changes: Any) -> ExerciseAnswer:
    """Make what a record holds of a flow that was played in June."""
    wanted = described(env, flow)
    fields: dict[str, Any] = {"rehearsal": wanted, "at": "2026-06-28T10:00:00Z", "steps": steps or (step(),)}
    fields["subjects"] = tuple((name, "1" if "/" in name else "") for name in wanted.acts_as)
    return ExerciseAnswer(exercise=Exercise(**{**fields, **changes}), record="20260628T100000Z-apply-abc")


def records(env: Environment, **changes: ExerciseAnswer | None) -> World:
    """Give a world whose records hold every flow, played well, but for what is changed."""
    held: dict[str, ExerciseAnswer | None] = {flow: exercise(env, flow) for flow in FLOWS}
    users: World = {UserIdAsked(side="source", user="tonic_user"): "1", UserIdAsked(side="destination", user="tonic_destination_user"): "1"}
    users |= {UnfinishedAsked(flow=flow): False for flow in FLOWS}
    return world(env, {**users, **{ExerciseAsked(flow=flow): answer for flow, answer in (held | changes).items()}})


def of_files(env: Environment, answer: ExerciseAnswer | None) -> list[Judgement]:
    """Judge the flow of the files."""
    return [each for _, each in judged("rehearsal", env, records(env, files=answer), {"the server puts, reads and removes files"})]


@pytest.mark.parametrize(
    ("permissions", "rows"),
    [
        (("s3:ListBucket on a bucket",), ("B1",)),
        (("s3:PutObject on it", "s3:DeleteObject on it"), ("B2",)),
        (("kms:Decrypt on a key (S3)",), ("E3",)),
        (("something nobody lists",), ("B1", "B2", "C2", "C4", "E3")),
    ],
)
def test_step_proves_the_rows_of_what_it_took(permissions: tuple[str, ...], rows: tuple[str, ...]) -> None:
    """A step names the rows for whose sake the call ledger has its calls; one that the ledger does not know, those of the whole flow."""
    env = exercising(environment())
    found = of_files(env, exercise(env, "files", step(permissions=permissions)))

    assert rows == found[0].rows


def test_evaluate_plays_nothing() -> None:
    """Without the file's word nothing is wanted, and every check says that nothing is played."""
    env = environment()

    assert [] == wanted("rehearsal", env)
    assert 5 == sum("nothing is played" in each.detail for _, each in judged("rehearsal", env))


@pytest.mark.parametrize(("env", "flows"), [(environment(), FLOWS[:4]), (legacy(), FLOWS)], ids=["V2", "legacy"])
def test_exercise_wants_the_flows_of_the_pipeline(env: Environment, flows: tuple[Flow, ...]) -> None:
    """Each flow is a change of its own; queue and function are the legacy process's."""
    assert set(flows) == {each.flow for each in wanted("rehearsal", exercising(env))}


def test_a_plan_names_what_is_touched() -> None:
    """The reviewer reads which objects, schemas, queue, function and twins are made and removed."""
    env = exercising(legacy(roles={"twins": True}))
    touched = {each.flow: set(each.touches) for each in wanted("rehearsal", env)}

    assert {"s3://tonic-src/tonic-staging-rehearsal-in/", "role tonic-staging-server-twin"} <= touched["files"]
    assert {"queue tonic-staging-rehearsal", "function tonic-staging-rehearsal", "role tonic-staging-lambda-twin"} <= touched[
        "orchestration"
    ]
    assert {"schema tonic_staging_rehearsal (destination)"} <= touched["unload_and_copy"]


def test_the_instance_itself_needs_no_twin() -> None:
    """Where its metadata service is named, no twin of the server's role is among what is touched."""
    env = exercising(environment(roles={"twins": True}, server={"metadata": "http://169.254.169.254"}))

    assert not any("twin" in each for resource in wanted("rehearsal", env) for each in resource.touches)


def test_one_database_is_not_played_with() -> None:
    """While source and destination are one database, nothing is made in the destination."""
    env = exercising(environment())
    one = world(env, {SessionAsked(side="destination"): session("source", databases=("dev", "masked"))})

    assert {"destination user", "unload and copy"} == set(refused("rehearsal", env, one))


def test_other_policies_are_due_again() -> None:
    """A rehearsal of other policies, buckets or users is another one; what it does not hang on leaves it the same."""
    env = exercising(environment())
    files, user = described(env, "files"), described(env, "destination_user")

    changed = (
        {"policy_style": "scoped"},
        {"buckets": {"source": {"name": "tonic-new"}, "destination": {"name": "tonic-dst"}, "create": True}},
    )
    assert all(described(exercising(environment(**each)), "files") != files for each in changed)
    assert described(exercising(environment(policy_style="scoped")), "destination_user") == user
    assert described(exercising(environment(records="elsewhere")), "files") == files


def test_a_good_exercise_is_kept_step_by_step() -> None:
    """Each step is kept with what it took, as exercised live, and the sum names age and record."""
    env = exercising(environment())
    found = of_files(env, exercise(env, "files"))

    assert [("kept", "exercised live")] * 2 == [(each.verdict, each.grade) for each in found]
    assert ("tonic-staging-server: put an object", "s3:PutObject on it") == (found[0].claim, found[0].detail)
    assert "1 of 1 steps, 2 days ago (2026-06-28T10:00:00Z), record 20260628T100000Z-apply-abc" == found[1].detail


def test_the_sandbox_is_a_grade_of_its_own() -> None:
    """Against an endpoint of its own the grade says sandbox."""
    env = exercising(environment(aws={"endpoint": "http://127.0.0.1:4566"}))

    assert {"exercised in the sandbox"} == {each.grade for each in of_files(env, exercise(env, "files"))}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        pytest.param({"ended": "refused", "detail": "not authorized"}, "broken", id="refused"),
        pytest.param({"ended": "failed", "detail": "no image"}, "broken", id="failed"),
        pytest.param({"ended": "left out"}, "unknown", id="left out"),
        pytest.param({"ended": "undecided", "detail": "the connection was lost"}, "unknown", id="undecided"),
        pytest.param({"ended": "undecided", "has_to_fail": True}, "unknown", id="undecided where it has to be refused"),
        pytest.param({"ended": "done", "has_to_fail": True}, "broken", id="allowed what has to be refused"),
        pytest.param({"ended": "failed", "has_to_fail": True}, "broken", id="failed where it has to be refused"),
        pytest.param({"ended": "refused", "has_to_fail": True}, "kept", id="refused what has to be refused"),
    ],
)
def test_a_step_is_judged_by_how_it_ended(changes: dict[str, Any], verdict: str) -> None:
    """What is not as it should be is broken, what was not tried is unknown, with a way out; nothing of it is called kept."""
    env = exercising(environment())
    found = of_files(env, exercise(env, "files", step(**changes)))[0]

    assert verdict == found.verdict
    assert (verdict != "kept") == bool(found.way_out)


def test_a_known_gap_is_a_warning() -> None:
    """Under the documented style what the vendor's documents lack is a warning, and the rehearsal counts as played."""
    env = exercising(legacy())
    answer = exercise(env, "orchestration", step(permissions=("logs:StopQuery on *",), ended="refused", detail="no"))
    found = [each for _, each in judged("rehearsal", env, records(env, orchestration=answer), PLAYED) if "gap" in each.claim]

    assert [("kept", True)] == [(each.verdict, each.warning) for each in found]
    assert answer.exercise.is_good


def test_the_same_refusal_is_no_gap_of_the_scoped_style() -> None:
    """The scoped style has no gaps."""
    env = exercising(legacy(policy_style="scoped"))
    answer = exercise(env, "orchestration", step(permissions=("logs:StopQuery on *",), ended="refused", detail="no"))

    assert not answer.exercise.is_good


def test_what_is_left_is_broken() -> None:
    """What could not be removed is named."""
    env = exercising(environment())
    found = of_files(env, exercise(env, "files", left=("object s3://tonic-src/x",)))

    assert ["object s3://tonic-src/x"] == [each.detail for each in found if each.verdict == "broken"]


@pytest.mark.parametrize(
    "answer", [None, exercise(exercising(environment(policy_style="scoped")), "files")], ids=["never", "other policies"]
)
def test_what_was_not_played_is_broken_by_its_address(answer: ExerciseAnswer | None) -> None:
    """A flow that is due is broken under its address, so that drift and check say it once."""
    [found] = of_files(exercising(environment()), answer)

    assert ("broken", "rehearsal/files") == (found.verdict, found.address)


def test_another_role_of_the_name_was_not_played() -> None:
    """What an earlier role of the name did says nothing about the one that is there."""
    env = exercising(environment())
    [found] = of_files(env, exercise(env, "files", subjects=(("tonic-staging-server", "AROA0"),)))

    assert ("broken", "rehearsal/files") == (found.verdict, found.address)
    assert "made anew since" in found.detail


@pytest.mark.parametrize("statement", [
    {"Effect": "Deny", "Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}},
    {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/tonic-staging-server"}},
], ids=["by condition", "by name"])  # fmt: skip
def test_a_twin_tells_nothing_where_the_role_is_named(statement: dict[str, Any]) -> None:
    """Where a bucket's policy names the role itself, what its twin may is unknown of the role."""
    env = exercising(environment(roles={"twins": True}))
    policy = canonical({"Version": "2012-10-17", "Statement": [{**statement, "Action": "s3:*", "Resource": "*"}]})
    answers = {**records(env), BucketAsked(name="tonic-src"): bucket(env, "tonic-src", policy=policy)}
    found = [each for _, each in judged("rehearsal", env, answers, {"the server puts, reads and removes files"})]

    assert ["unknown", "kept"] == [each.verdict for each in found]
    assert "through a twin" in found[0].detail


def test_a_bucket_with_versions_keeps_what_was_removed() -> None:
    """What a rehearsal removed is still there in a bucket that keeps versions."""
    env = exercising(environment())
    answers = {**records(env), BucketAsked(name="tonic-src"): bucket(env, "tonic-src", versioning="Enabled")}
    found = [each for _, each in judged("rehearsal", env, answers, {"the server puts, reads and removes files"})]

    assert ["versions of what was removed from tonic-src"] == [each.detail for each in found if each.verdict == "broken"]


def test_an_unfinished_flow_names_what_it_touches() -> None:
    """What was stopped is broken under its address, with what it may have left."""
    env = exercising(environment())
    answers = {**records(env), UnfinishedAsked(flow="files"): True}
    [found] = [each for _, each in judged("rehearsal", env, answers, {"the server puts, reads and removes files"})]

    assert ("broken", "rehearsal/files") == (found.verdict, found.address)
    assert "s3://tonic-src/tonic-staging-rehearsal-in/" in found.detail

"""A rehearsal is there once it was played to its end, as it is wanted, by the very roles and users that are there now."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import evidence
from runbook_lib.engine.history import standing
from runbook_lib.engine.plan import Scope
from runbook_lib.evidence import exercises
from runbook_lib.model import Change, Entry, Unanswered, Written
from runbook_lib.resources.iam import RoleAnswer, RoleAsked
from runbook_lib.resources.rehearsals import Exercise, ExerciseAsked, Flow, Rehearsal, Step
from runbook_lib.resources.warehouse import UserIdAsked
from runbook_lib.runbook.world import World
from tests.fakes import FakeTarget
from tests.stages.worlds import environment

USER = UserIdAsked(side="source", user="reader")
ROLE = RoleAsked(name="server")
WANTED = Rehearsal(flow="unload_and_copy", acts_as=("server", "source/reader"), touches=("s3://b/",), proves="1")

SECONDS = count()
CHANGE = Change(before=None, after=WANTED)


def role(number: str) -> RoleAnswer:
    """Describe a role of an id."""
    return RoleAnswer(
        name="server", arn="a", path="/", trust="{}", permissions_boundary="", tags=(), inline=(), attached=(), id=number
    )  # fmt: skip


def facts() -> evidence.RunFacts:
    """Say what a run is."""
    return evidence.RunFacts(environment="staging", verb="apply", started="2026-01-31T12:00:00.000Z")


@pytest.fixture
def target() -> FakeTarget:
    """Know one role and one user."""
    return FakeTarget(answers={ROLE: role("AROA1"), USER: "namespace/100"})


@pytest.fixture
def world(target: FakeTarget, tmp_path: Path) -> World:
    """Give the world of a run with a record of its own."""
    return run(target, tmp_path)


def run(target: FakeTarget, store: Path, scope: Scope = ()) -> World:
    """Begin a run over a record store."""
    return World(target, evidence.Record.create(store, facts()), environment(), store, scope)


def is_there(world: World, wanted: Rehearsal = WANTED) -> bool:
    """Tell whether a rehearsal counts."""
    seen = world.observe([wanted])[wanted.address]
    return seen.value == wanted and seen.refusal is None


def play(world: World, change: Change = CHANGE, *, dies: bool = False) -> None:
    """Apply the change that a plan holds, journalled as the engine does."""
    journal = world._record.journal(is_undo=False, now=lambda: f"2026-01-31T12:00:{next(SECONDS):02}Z", scope=world._scope)
    journal.begin("rehearsal", change)
    if not dies:
        world.write([change])
        journal.end("rehearsal", Entry(change=change, outcome="applied"))


def test_what_was_played_is_there(world: World, target: FakeTarget, tmp_path: Path) -> None:
    """Nothing is there at first; once it is played it counts, in this run and in the next."""
    assert not is_there(world)

    play(world)

    assert (True, True) == (is_there(world), is_there(run(target, tmp_path)))
    assert ["unload_and_copy"] == target.played


@pytest.mark.parametrize(
    "now",
    [
        pytest.param({ROLE: role("AROA2")}, id="another role of the name"),
        pytest.param({ROLE: None}, id="no role any more"),
        pytest.param({USER: "namespace/101"}, id="another user of the name"),
        pytest.param({USER: "other/100"}, id="another cluster"),
    ],
)
def test_other_roles_and_users_play_it_again(world: World, target: FakeTarget, now: dict[Any, Any]) -> None:
    """A rehearsal says nothing about a role or a user that was made anew since."""
    play(world)
    target.answers |= now

    assert not is_there(world)


def test_what_may_not_be_read_is_not_known(world: World, target: FakeTarget) -> None:
    """Who may not look at the role learns why instead."""
    play(world)
    target.answers[ROLE] = Unanswered("no right", verdict="owed")

    refusal = world.observe([WANTED])[WANTED.address].refusal
    assert refusal is not None
    assert "owed" == refusal.verdict


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"steps": (Step(name="n", principal="p", permissions=("s3:PutObject on b",), ended="refused"),)}, id="a step was refused"
        ),
        pytest.param({"steps": (Step(name="n", principal="p", permissions=(), ended="left out"),)}, id="a step was left out"),
    ],
)
def test_what_did_not_go_well_is_due_again(world: World, target: FakeTarget, changes: dict[str, Any]) -> None:
    """It is kept as it was, and does not count."""
    target.exercises["unload_and_copy"] = Exercise(**{"rehearsal": WANTED, "at": "2026-01-31T12:00:00Z", "steps": (), **changes})

    play(world)

    assert not is_there(world)
    answer = world.ask((ExerciseAsked(flow="unload_and_copy"),))[ExerciseAsked(flow="unload_and_copy")]
    assert target.exercises["unload_and_copy"].steps == answer.exercise.steps


@pytest.mark.parametrize("how", ["killed", "something is left"])
def test_an_unfinished_one_is_swept_or_played_again(world: World, target: FakeTarget, tmp_path: Path, how: str) -> None:
    """One that was killed, or could not remove all, is there as unfinished in every later run until it is played to its end, or swept."""
    if how == "something is left":
        target.exercises["unload_and_copy"] = Exercise(rehearsal=WANTED, at="2026-01-31T12:00:00Z", steps=(), left=("a queue",))
    play(world, dies=how == "killed")
    target.exercises.clear()
    later = run(target, tmp_path)
    seen = later.observe([WANTED])[WANTED.address].value

    assert seen == WANTED.model_copy(update={"is_unfinished": True})
    play(later, Change(before=seen, after=None))
    assert ["swept unload_and_copy"] == target.played[-1:]
    assert later.observe([WANTED])[WANTED.address].value != seen


@pytest.mark.parametrize("spoilt", ["{", '{"at": "2026-01-31"}', ""])
def test_what_cannot_be_read_was_not_played(world: World, target: FakeTarget, tmp_path: Path, spoilt: str) -> None:
    """A file that was cut off, or is none of ours, counts for nothing and stops nothing."""
    play(world)
    [file] = tmp_path.rglob("unload_and_copy.json")
    file.write_text(spoilt, "utf-8")

    assert not is_there(run(target, tmp_path))


def test_what_no_journal_names_was_not_played(world: World, target: FakeTarget, tmp_path: Path) -> None:
    """A file that somebody put beside a record that did not play it counts for nothing."""
    play(world)
    [file] = tmp_path.rglob("unload_and_copy.json")
    other = run(target, tmp_path)
    (other._record.folder / "exercises").mkdir()
    file.rename(other._record.folder / "exercises" / file.name)

    assert not is_there(other)


@pytest.mark.parametrize("part", ["account", "endpoint", "region", "source"])
def test_elsewhere_it_was_not_played(target: FakeTarget, tmp_path: Path, part: str) -> None:
    """In another account, at another endpoint or in another database it is due."""
    play(run(target, tmp_path, ((part, "one"),)))

    assert is_there(run(target, tmp_path, ((part, "one"),)))
    assert not is_there(run(target, tmp_path, ((part, "other"),)))


def test_another_rehearsal_of_the_flow_is_due(world: World) -> None:
    """With other policies it is another one."""
    play(world)

    assert not is_there(world, WANTED.model_copy(update={"proves": "2"}))


def test_the_newest_counts(world: World, target: FakeTarget, tmp_path: Path) -> None:
    """What went wrong after a good rehearsal counts more, whichever record holds it."""
    play(world)
    later = {"rehearsal": WANTED, "at": "2026-02-01T12:00:00Z", "steps": (), "left": ("a queue",)}
    target.exercises["unload_and_copy"] = Exercise(**later)
    play(run(target, tmp_path))

    assert not is_there(world)


def test_each_exercise_of_a_record_is_kept(tmp_path: Path) -> None:
    """A cell that is run again adds a file; none is overwritten."""
    record = evidence.Record.create(tmp_path, facts())
    flow: Flow = "unload_and_copy"
    for day in ("1", "2"):
        exercises.keep(record, Exercise(rehearsal=WANTED, at=f"2026-01-0{day}T00:00:00Z", steps=()))

    found = {path.name: json.loads(path.read_text("utf-8"))["at"][:10] for path in (record.folder / exercises.FOLDER).iterdir()}
    assert {f"{flow}.json": "2026-01-01", f"{flow}.1.json": "2026-01-02"} == found


def test_there_is_nothing_to_undo() -> None:
    """A destroy finds no rehearsal among what the receipts made."""
    assert {} == standing((Written(stage="rehearsal", change=Change(before=None, after=WANTED)),))

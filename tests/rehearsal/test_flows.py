"""Each flow is played to its end in every shape of environment, says what it took, and leaves nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from runbook_lib.adapters.rehearsal import principals
from runbook_lib.adapters.rehearsal.principals import Actor
from runbook_lib.documents.played import SENT
from runbook_lib.parameters import Environment
from runbook_lib.resources.rehearsals import Exercise, Flow
from runbook_lib.secrets import Known
from tests.rehearsal.places import Place, amiss, flows_of, played
from tests.secrecy import octets


@dataclass(frozen=True)
class Whole:
    """Hold what playing all flows of an environment came to, what the sandbox decided meanwhile, and what was there before and after."""

    exercises: dict[Flow, Exercise]
    decisions: list[dict[str, Any]]
    before: dict[str, list[str]]
    after: dict[str, list[str]]


@pytest.fixture(scope="module")
def known() -> dict[str, Whole]:
    """Keep what was played: all that is asked here is asked of the same."""
    return {}


@pytest.fixture
def whole(place: Place, env: Environment, known: dict[str, Whole]) -> Whole:
    """Play all flows of an environment, once."""
    if env.environment not in known:
        before = place.things()
        place.sends("DELETE", "decisions")
        exercises = {flow: played(env, flow) for flow in flows_of(env)}
        known[env.environment] = Whole(exercises, place.asked("decisions"), before, place.things())
    return known[env.environment]


def test_every_step_ends_as_it_should(whole: Whole) -> None:
    """Steps that the policies and grants allow are done, the others refused; nothing is there afterwards that was not before."""
    assert {flow: [] for flow in whole.exercises} == {flow: amiss(each) for flow, each in whole.exercises.items()}
    assert dict.fromkeys(whole.exercises, ()) == {flow: each.left for flow, each in whole.exercises.items()}
    assert whole.before == whole.after


def test_only_the_documented_style_has_gaps(env: Environment, whole: Whole) -> None:
    """What is refused under the vendor's own documents is stopping a query; under the scoped ones nothing is."""
    exercises = [each for flow, each in whole.exercises.items() if flow in {"files", "orchestration"}]

    refused = {action for each in exercises for step in each.steps if each.is_gap(step) for action in step.actions}
    assert refused == ({"logs:StopQuery"} if env.policy_style == "documented" and env.is_legacy else set())


def test_a_step_says_which_permissions_it_took(whole: Whole) -> None:
    """Every permission that the sandbox decided for the roles that acted stands in a step, and every one of a step was decided.

    What a service or the function's own role needs besides is set apart in brackets.
    """
    steps = [step for each in whole.exercises.values() for step in each.steps]

    decided = {each["action"] for each in whole.decisions if "-twin/" in each["principal"]}
    own = [each for step in steps if step.ended != "left out" for each in step.permissions if not each.endswith(")")]
    said = {each.partition(" ")[0] for each in own if ":" in each.partition(" ")[0]}
    assert decided - {"sts:GetCallerIdentity"} == said


def test_a_plan_names_what_the_steps_take(env: Environment, whole: Whole) -> None:
    """Every action of AWS that a flow's steps take stands in what its change says it sends; of those, only keys' may be left out."""
    for flow, exercise in whole.exercises.items():
        told = set(re.findall("[a-z0-9]+:[A-Z][A-Za-z]+", " ".join(SENT[flow])))
        taken = {action for step in exercise.steps for action in step.actions if re.fullmatch("[a-z0-9]+:[A-Z][A-Za-z]+", action)}
        assert set() == taken - told
        assert {"kms"} >= {each.partition(":")[0] for each in told - taken}, (flow, env.environment)


def test_nothing_tells_the_keys_that_a_role_acted_with(place: Place, env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what a rehearsal tells nor a file of the sandbox holds the secret or the token that UNLOAD and COPY named."""
    acted: list[Actor] = []
    make = principals._actor

    def kept(*given: Any) -> Actor:
        acted.append(make(*given))
        return acted[-1]

    monkeypatch.setattr(principals, "_actor", kept)
    with Known() as known:
        exercise = played(env, "unload_and_copy")

    secrets = [key.reveal().encode() for actor in acted for key in actor.keys[1:]]
    told = exercise.model_dump_json().encode()
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert 2 == len(secrets)
    assert [] == [path.name for path in files if (held := octets(path)) and any(each in held for each in secrets)]
    assert not any(each in told for each in secrets)
    assert [True, True] == [known.are_in(each) for each in secrets]

"""Each flow is played to its end in every shape of environment, says what it took, and leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.adapters.rehearsal import principals
from runbook_lib.adapters.rehearsal.principals import Actor
from runbook_lib.parameters import Environment
from runbook_lib.secrets import Known
from tests.rehearsal.places import Place, amiss, flows_of, played
from tests.secrecy import octets


def test_every_step_ends_as_it_should(place: Place, env: Environment) -> None:
    """Steps that the policies and grants allow are done, the others refused; nothing is there afterwards that was not before."""
    before = place.things()

    exercises = {flow: played(env, flow) for flow in flows_of(env)}

    assert {flow: [] for flow in exercises} == {flow: amiss(each) for flow, each in exercises.items()}
    assert dict.fromkeys(exercises, ()) == {flow: each.left for flow, each in exercises.items()}
    assert before == place.things()


def test_only_the_documented_style_has_gaps(env: Environment) -> None:
    """What is refused under the vendor's own documents is stopping a query; under the scoped ones nothing is."""
    exercises = [played(env, flow) for flow in flows_of(env) if flow in {"files", "orchestration"}]

    refused = {action for each in exercises for step in each.steps if each.is_gap(step) for action in step.actions}
    assert refused == ({"logs:StopQuery"} if env.policy_style == "documented" and env.is_legacy else set())


def test_a_step_says_which_permissions_it_took(place: Place, env: Environment) -> None:
    """Every permission that the sandbox decided for the roles that acted stands in a step, and every one of a step was decided.

    What a service or the function's own role needs besides is set apart in brackets.
    """
    place.sends("DELETE", "decisions")

    steps = [step for flow in flows_of(env) for step in played(env, flow).steps]

    decided = {each["action"] for each in place.asked("decisions") if "-twin/" in each["principal"]}
    own = [each for step in steps if step.ended != "left out" for each in step.permissions if not each.endswith(")")]
    said = {each.partition(" ")[0] for each in own if ":" in each.partition(" ")[0]}
    assert decided - {"sts:GetCallerIdentity"} == said


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

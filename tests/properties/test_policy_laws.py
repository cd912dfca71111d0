"""Laws of the evaluator: what may be added, left out, reordered or spelt otherwise, and what it does to a verdict."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from runbook_lib.policy import Outcome, Request, compiled, evaluate
from runbook_lib.policy.wildcards import pattern
from tests.oracle.cases import Case, draw
from tests.oracle.engine import verdict
from tests.unit.policy.steps import steps

cases = st.randoms(use_true_random=False).map(draw)
seeds = st.integers(0, 2**32)
RANK: dict[Outcome, int] = {"denied explicitly": 0, "denied implicitly": 0, "undetermined": 1, "allowed": 2}
"""How much a verdict lets through."""
ALL: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NONE: dict[str, Any] = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Write a document of some statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def rewritten(case: Case, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Case:
    """Change the statements of every document of a case."""

    def of(old: dict[str, Any]) -> dict[str, Any]:
        return {**old, "Statement": change(copy.deepcopy(old["Statement"]))}

    return replace(
        case,
        identity=tuple(map(of, case.identity)),
        boundary=of(case.boundary) if case.boundary else None,
        session=of(case.session) if case.session else None,
        scps=tuple(tuple(map(of, level)) for level in case.scps),
        resource=of(case.resource) if case.resource else None,
    )


def is_signed(case: Case) -> bool:
    """Tell whether the caller has policies of his own."""
    return case.request.principal.kind in {"user", "session"}


@given(cases, st.sampled_from(["identity", "boundary", "session", "scps", "resource"]))
def test_an_explicit_denial_wins_whatever_else_is_there(case: Case, layer: str) -> None:
    """A statement that denies everything, added to any layer, decides."""
    assume(is_signed(case))
    changed = {
        "identity": replace(case, identity=(*case.identity, document(NONE))),
        "boundary": replace(case, boundary=document(ALL, NONE)),
        "session": replace(case, session=document(ALL, NONE)),
        "scps": replace(case, scps=(*case.scps, (document(ALL, NONE),))),
        "resource": replace(case, resource=document(*(case.resource or document())["Statement"], {**NONE, "Principal": "*"})),
    }[layer]

    assert "denied explicitly" == verdict(changed).outcome


@given(cases, seeds)
def test_an_allow_more_never_takes_away(case: Case, seed: int) -> None:
    """An identity policy more that only allows lets through at least as much."""
    assume(is_signed(case))
    drawn = [each for policy in draw(Random(seed)).identity for each in policy["Statement"] if each["Effect"] == "Allow"]
    more = replace(case, identity=(*case.identity, document(*(drawn or [ALL]))))

    assert RANK[verdict(more).outcome] >= RANK[verdict(case).outcome]


@given(cases, seeds)
def test_a_limit_never_widens(case: Case, seed: int) -> None:
    """A boundary, a session policy or a service control policy more lets through at most as much."""
    assume(is_signed(case))
    drawn = draw(Random(seed)).identity
    assume(drawn)
    before = RANK[verdict(replace(case, boundary=None, session=None)).outcome]

    assert before >= RANK[verdict(replace(case, boundary=drawn[0], session=None)).outcome]
    assert before >= RANK[verdict(replace(case, boundary=None, session=drawn[0])).outcome]
    assert RANK[verdict(case).outcome] >= RANK[verdict(replace(case, scps=(*case.scps, drawn))).outcome]


@given(cases)
def test_a_limit_that_allows_everything_changes_nothing(case: Case) -> None:
    """A boundary and a service control policy that allow everything do not matter."""
    assume(is_signed(case))
    free = replace(case, boundary=None, session=None)
    limited = replace(free, boundary=document(ALL), session=document(ALL), scps=(*case.scps, (document(ALL),)))

    assert verdict(free).outcome == verdict(limited).outcome


@given(cases, seeds)
def test_the_order_of_statements_does_not_matter(case: Case, seed: int) -> None:
    """Shuffled documents come to the same, by as many statements."""

    def shuffled(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        Random(seed).shuffle(statements)
        return statements

    one, other = verdict(case), verdict(rewritten(case, shuffled))

    assert (one.outcome, one.layer, len(one.decided_by)) == (other.outcome, other.layer, len(other.decided_by))


@given(cases)
def test_how_statements_are_divided_into_documents_does_not_matter(case: Case) -> None:
    """Each statement in a document of its own comes to the same."""
    divided = tuple(document(each) for policy in case.identity for each in policy["Statement"])

    assert verdict(case).outcome == verdict(replace(case, identity=divided)).outcome


@given(cases)
def test_the_case_of_actions_and_keys_does_not_matter(case: Case) -> None:
    """Actions and condition keys come to the same however they are written."""

    def spelt(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for each in statements:
            name = "NotAction" if "NotAction" in each else "Action"
            each[name] = [action.swapcase() for action in each[name]]
            conditions = each.get("Condition", {})
            each["Condition"] = {
                operator: {key.swapcase(): values for key, values in keys.items()} for operator, keys in conditions.items()
            }
        return statements

    other = replace(case.request, action=case.request.action.upper())

    assert verdict(case).outcome == verdict(replace(rewritten(case, spelt), request=other)).outcome


@given(cases, st.sampled_from([{"StringSounds": {"aws:username": "x"}}, {"StringNotEquals": {"aws:Mood": "bad"}}]))
def test_nothing_is_allowed_under_a_condition_that_is_not_modelled(case: Case, condition: dict[str, Any]) -> None:
    """Where each allow has an operator or a key that is not modelled, no request is allowed."""
    assume(case.request.principal.kind != "root")

    def odd(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each | {"Condition": condition} if each["Effect"] == "Allow" else each for each in statements]

    assert "allowed" != verdict(rewritten(case, odd)).outcome


@given(cases)
def test_what_nobody_states_is_not_taken_for_granted(case: Case) -> None:
    """A request of which less is known is decided otherwise only where it becomes undetermined, or the denial's kind is."""
    known = case.request.context
    blurred = replace(case.request, context={}, unknown_keys=frozenset(known))
    before, after = verdict(case).outcome, verdict(replace(case, request=blurred)).outcome

    assert after in {before, "undetermined"} or RANK[before] == RANK[after] == 0


def naive(text: str, value: str) -> bool:
    """Match as the definition says, trying everything."""
    if not text:
        return not value
    if text[0] == "*":
        return naive(text[1:], value) or (bool(value) and naive(text, value[1:]))
    return bool(value) and text[0] in {"?", value[0]} and naive(text[1:], value[1:])


@given(st.text("ab:*?", max_size=10), st.text("ab:", max_size=10))
@example("*a*", "")
@example("a*a", "a")
@example("*?*?", "a")
def test_the_matcher_agrees_with_the_definition(text: str, value: str) -> None:
    """Taking each piece at the first place where it fits decides as trying everything does."""
    assert naive(text, value) is pattern(text).matches(value)


@given(st.text("a*?", min_size=1, max_size=200), st.text("ab", max_size=200))
def test_matching_takes_at_most_a_look_at_each_letter_for_each(text: str, value: str) -> None:
    """The work is bounded by the product of the lengths, whatever the pattern."""
    compiled_pattern = pattern(text)

    assert steps(lambda: compiled_pattern.matches(value)) <= 20 + 4 * (len(text) + 1) * (len(value) + 1)


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["Allow", "*", "${", "arn:aws"])
)
names = st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "NotPrincipal", "Condition", "AWS", "Bool", "x"]
)
junk = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)), max_leaves=12)
REQUEST = Request(draw(Random(1)).request.principal, "s3:GetObject", "arn:aws:s3:::tonic-in/a")


@given(junk)
def test_any_value_is_read_or_refused_with_words(value: Any) -> None:
    """Whatever stands in a document's place either is a policy or has problems; a malformed one allows nothing."""
    policy = compiled(json.dumps(value), "junk")

    assert bool(policy.problems) != bool(policy.statements)
    assert not policy.problems or "allowed" != evaluate(REQUEST, identity=(policy,)).outcome


@given(cases, junk, seeds)
def test_a_policy_with_one_wrong_value_is_read_or_refused_with_words(case: Case, value: Any, seed: int) -> None:
    """A value put anywhere into a policy leaves a policy, or one with problems; both can be evaluated."""
    assume(case.identity)
    broken = json.loads(json.dumps(case.identity[0]))
    random, at = Random(seed), broken
    while True:
        places = list(at.keys() if isinstance(at, dict) else range(len(at)))
        place = random.choice(places)
        if not at[place] or not isinstance(at[place], dict | list) or random.random() < 0.4:
            at[place] = value
            break
        at = at[place]
    policy = compiled(broken, "broken")

    assert bool(policy.problems) != bool(policy.statements)
    assert evaluate(case.request, identity=(policy,)).reason


@given(st.text('{}[]",:\\ \n*aA10eE.-', max_size=60))
def test_any_text_is_read_or_refused_with_words(text: str) -> None:
    """No text makes the reader fail."""
    policy = compiled(text, "text")

    assert bool(policy.problems) != bool(policy.statements)

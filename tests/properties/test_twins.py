"""The laws of comparing two environments, over random parameter files."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runbook_lib.fleet.twins import compared
from runbook_lib.fleet.twins.schema_names import chosen, matching, schemas
from runbook_lib.parameters import Environment
from runbook_lib.views.twins import Twins
from tests.properties.environments import files
from tests.stages.worlds import environment

FEW = settings(max_examples=10)
"""Each example plans two environments and decides some hundred calls in both."""
PATTERNS = st.lists(st.text("ab*?", min_size=1, max_size=4), max_size=3)
CHOICES = st.fixed_dictionaries({"include": st.lists(st.text("ab*?", min_size=1, max_size=4), min_size=1, max_size=3), "exclude": PATTERNS})


def twins(one: dict[str, Any], other: dict[str, Any]) -> Twins:
    """Compare what two files hold."""
    return compared(Environment.model_validate(one), Environment.model_validate(other), "2026-06-30")


@FEW
@given(files(), st.sampled_from(["other", "prod", "staging-2", "v2", "x"]))
def test_another_name_alone_makes_no_difference(values: dict[str, Any], name: str) -> None:
    """Whatever a file says, the same under another name is its twin."""
    found = twins(values, {**values, "environment": name})

    assert ((), (), ()) == (found.differing, found.resources, found.calls)


@FEW
@given(files(), files())
def test_either_way_the_same_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whichever comes first, the same keys, resources and calls differ."""
    forth, back = twins(one, other), twins(other, one)

    assert {(each.key, each.how, each.one, each.other) for each in forth.keys} == {
        (each.key, each.how, each.other, each.one) for each in back.keys
    }
    assert {(each.stage, each.address) for each in forth.resources} == {(each.stage, each.address) for each in back.resources}
    assert {(each.name, each.one, each.other) for each in forth.calls} == {(each.name, each.other, each.one) for each in back.calls}
    assert forth.exit_code == back.exit_code


@given(CHOICES, CHOICES, st.text("abc", min_size=1, max_size=6))
def test_a_schema_that_only_one_includes_has_its_like_among_the_imagined(one: dict[str, Any], other: dict[str, Any], name: str) -> None:
    """Whatever name tells two files apart, one is imagined that the same patterns match."""
    pair = [environment(schemas=each) for each in (one, other)]
    patterns = {pattern for each in (one, other) for pattern in (*each["include"], *each["exclude"])}
    those = matching(name, patterns)
    assume(chosen(pair[0], those) != chosen(pair[1], those))

    assert those in {matching(each, patterns) for each in schemas(pair)}

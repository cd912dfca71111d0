"""Patterns with asterisks and question marks."""

from __future__ import annotations

import pytest

from runbook_lib.policy.wildcards import pattern, pattern_of
from tests.unit.policy.steps import steps


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("a", "a", True),
        ("a", "A", False),
        ("*", "", True),
        ("*", "a:b/c", True),
        ("a*", "a", True),
        ("a*", "ba", False),
        ("*a", "ba", True),
        ("*a", "ab", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("*ab*", "aab", True),
        ("?", "", False),
        ("?", "x", True),
        ("a?c", "abc", True),
        ("*?b", "b", False),
        ("*?b", "ab", True),
        ("a*?c*d", "abcd", True),
        ("a*?c*d", "acd", False),
        ("[a]", "a", False),
        ("a.c", "abc", False),
        ("a*", "a\nb", True),
    ],
)
def test_a_pattern_matches_the_whole_text(text: str, value: str, expected: bool) -> None:
    """An asterisk stands for any letters, a question mark for one, everything else for itself."""
    assert expected is pattern(text).matches(value)


def test_letters_of_a_value_are_no_wildcards() -> None:
    """What a variable was filled with is taken letter by letter."""
    filled = pattern_of((("home/", True), ("*", False), ("/*", True)))

    assert [True, False] == [filled.matches("home/*/a"), filled.matches("home/x/a")]


@pytest.mark.parametrize(
    "text",
    ["*a" * 200 + "*b*", "*a?" * 130 + "*b*", "a*" * 200 + "b*a", "*" * 400 + "b*", "*" + "a?" * 100 + "b*", "*?" + "a" * 200 + "b*"],
)
def test_no_pattern_makes_matching_explode(text: str) -> None:
    """Patterns that keep a backtracking matcher busy for ever cost at most a look at each letter for each letter."""
    compiled = pattern(text)
    value = "a" * 400

    assert not compiled.matches(value)
    assert steps(lambda: compiled.matches(value)) < 2 * len(text) * len(value)

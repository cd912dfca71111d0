"""Patterns against a reference that tries every text, and documents of any shape."""

from __future__ import annotations

import itertools
import json
import re
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.policy.lint import RULES, Kind, lint
from runbook_lib.policy.lint.globs import covers, glob, matcher, overlap
from tests.unit.policy.planted import CLEAN, DEFECTS

PATTERNS = st.text("ab*?", max_size=4)
LONGEST = 8
"""Two patterns of four elements that match a text together match one of no more letters."""
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["identity", "boundary", "trust", "key", "bucket", "queue"])
WORDS = st.sampled_from(
    ["Allow", "Deny", "s3:*", "s3:GetObject", "ec2:?*", "iam:PassRole", "*", "arn:aws:s3:::b/*", "${aws:username}", "<x>", "", "2012-10-17"]
)
KEYS = st.sampled_from(
    [
        "Version",
        "Statement",
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "Principal",
        "Condition",
        "StringLike",
        "aws:SourceArn",
        "AWS",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=3)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=30)


@cache
def matched(pattern: str) -> frozenset[str]:
    """List the texts that a pattern matches, by trying all."""
    if not pattern:
        return frozenset({""})
    texts = ("".join(letters) for length in range(LONGEST + 1) for letters in itertools.product("ab", repeat=length))
    expression = re.compile("".join({"*": ".*", "?": "."}.get(letter, letter) for letter in pattern))
    return frozenset(text for text in texts if expression.fullmatch(text))


@given(PATTERNS)
@settings(max_examples=200)
def test_a_pattern_matches_what_it_says(pattern: str) -> None:
    """The quick matcher and the machine agree with trying."""
    texts = ["".join(letters) for length in range(6) for letters in itertools.product("ab", repeat=length)]

    assert {text for text in matched(pattern) if len(text) < 6} == {text for text in texts if matcher(pattern).fullmatch(text)}
    assert {text for text in matched(pattern) if len(text) < 6} == {text for text in texts if glob(pattern).covers(text)}


@given(PATTERNS, PATTERNS)
@settings(max_examples=500)
def test_two_patterns_overlap_when_a_text_is_matched_by_both(one: str, other: str) -> None:
    """Neither more nor less, and from both sides."""
    assert bool(matched(one) & matched(other)) == overlap(one, other) == overlap(other, one)


@given(PATTERNS, PATTERNS)
@settings(max_examples=500)
def test_what_covers_matches_everything_that_the_other_does(wide: str, narrow: str) -> None:
    """Never said wrongly; and always said of itself and by a star."""
    assert not covers(wide, narrow) or matched(narrow) <= matched(wide)
    assert covers(narrow, narrow)
    assert covers("*", narrow)


@given(VALUES, KINDS)
@settings(max_examples=300, deadline=None)
def test_any_document_gets_an_answer(value: object, kind: Kind) -> None:
    """Whatever JSON holds, the answer is findings of known rules; what has no statement is never found clean."""
    found = lint(json.dumps(value), kind)

    assert {each.rule for each in found} <= set(RULES)
    assert found or (isinstance(value, dict) and value.get("Statement"))


@given(st.sampled_from([*(each.document for each in DEFECTS.values()), *(document for _, document in CLEAN.values())]), st.data())
@settings(max_examples=300, deadline=None)
def test_a_torn_document_gets_an_answer(document: object, data: st.DataObject) -> None:
    """A text that was cut anywhere, or lost a stretch, is answered as well."""
    text = document if isinstance(document, str) else json.dumps(document)
    start = data.draw(st.integers(0, len(text)))
    torn = text[:start] + text[start + data.draw(st.integers(1, 20)) :]

    for kind in ("identity", "key"):
        assert {each.rule for each in lint(torn, kind)} <= set(RULES)

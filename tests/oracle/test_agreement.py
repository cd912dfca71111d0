"""The evaluator and an independent engine agree on random cases, but for differences that are known one by one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from runbook_lib.policy import Outcome, Verdict
from tests.oracle.cases import Case, draw
from tests.oracle.engine import both, difference

SEED = 20261125
CASES = 20_000
DIFFERENCES = {
    "the engine lets a root user assume a role": 106,
    "the engine lets a session policy limit what the resource's policy grants directly": 40,
    "the engine takes NotResource as met when nothing fills its variable": 30,
    "the engine decides a negated condition when nothing fills its variable": 15,
    "the engine takes aws:PrincipalArn of a service as absent": 13,
}
"""How often each known difference occurs.

IAM user guide, "Policy evaluation logic": what a resource's policy grants to a session is not limited by a session policy; "Principal": nor
is what it grants to everyone. STS API reference, AssumeRole: a root user cannot. "Variables and tags": a variable that cannot be filled
"might cause the entire statement to be invalid", so nothing is decided. Of aws:PrincipalArn in a service's own call it says nothing.
"""


Answers = list[tuple[Case, Outcome, Verdict]]


@pytest.fixture(scope="module")
def answers(oracle: Path) -> Answers:
    """Put the cases to both."""
    random = Random(SEED)
    return list(both([draw(random) for _ in range(CASES)], oracle))


def test_both_agree_but_for_known_differences(answers: Answers) -> None:
    """Each difference between the two belongs to a class that the documentation explains, and none occurs more often than before."""
    assert DIFFERENCES == Counter(difference(*each) for each in answers if each[1] != each[2].outcome)


def test_the_cases_are_of_all_kinds(answers: Answers) -> None:
    """Each outcome occurs often enough that agreement means something."""
    found = Counter(answer for _, answer, _ in answers)

    assert {"allowed": True, "denied explicitly": True, "denied implicitly": True} == {name: count > 2_000 for name, count in found.items()}

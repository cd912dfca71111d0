"""Reckoning with what is not known."""

from __future__ import annotations

from itertools import product

import pytest

from runbook_lib.policy.truth import Truth, Unknown, all_of, any_of, negated

UNKNOWN = Unknown("why")
TRUTHS: tuple[Truth, ...] = (True, False, UNKNOWN)


@pytest.mark.parametrize(("one", "other"), list(product(TRUTHS, TRUTHS)))
def test_all_hold_when_none_fails_and_none_is_unknown(one: Truth, other: Truth) -> None:
    """False decides; else what is unknown does."""
    expected: Truth = False if False in (one, other) else UNKNOWN if UNKNOWN in (one, other) else True

    assert expected == all_of((one, other))


@pytest.mark.parametrize(("one", "other"), list(product(TRUTHS, TRUTHS)))
def test_one_holds_when_it_is_certain(one: Truth, other: Truth) -> None:
    """True decides; else what is unknown does."""
    expected: Truth = True if True in (one, other) else UNKNOWN if UNKNOWN in (one, other) else False

    assert expected == any_of((one, other))


def test_nothing_holds_altogether_and_none_of_it() -> None:
    """All of nothing holds, one of nothing does not."""
    assert (True, False) == (all_of(()), any_of(()))


def test_what_is_unknown_stays_unknown() -> None:
    """Turning round decides nothing."""
    assert [False, True, UNKNOWN] == [negated(each) for each in TRUTHS]


def test_what_is_unknown_is_no_boolean() -> None:
    """Nobody can take what is unknown for true or false by accident."""
    with pytest.raises(TypeError, match="neither true nor false: why"):
        bool(UNKNOWN)

"""Reckon with what cannot be decided: besides true and false there is `Unknown`, which says why.

`False` decides an `all_of` and `True` an `any_of`, whatever else is unknown; otherwise one unknown makes the whole unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Unknown:
    """Say what is not modelled, or not known; it may not be used as a boolean."""

    reason: str

    def __bool__(self) -> bool:
        raise TypeError(f"neither true nor false: {self.reason}")


Truth: TypeAlias = bool | Unknown


def negated(truth: Truth) -> Truth:
    """Turn true into false and back; what is unknown stays so."""
    return truth if isinstance(truth, Unknown) else not truth


def all_of(truths: Iterable[Truth]) -> Truth:
    """Tell whether all hold; stop at the first that does not."""
    unknown: Truth = True
    for each in truths:
        if each is False:
            return False
        if each is not True and unknown is True:
            unknown = each
    return unknown


def any_of(truths: Iterable[Truth]) -> Truth:
    """Tell whether one holds; stop at the first that does."""
    unknown: Truth = False
    for each in truths:
        if each is True:
            return True
        if each is not False and unknown is False:
            unknown = each
    return unknown

"""What a person vouches for where the runbook cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Inventory, Judgement
from runbook_lib.resources.files import TodayAsked

if TYPE_CHECKING:
    from runbook_lib.model import Question
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.sections import Confirmation

TODAY = TodayAsked()


def asks_today(_env: Environment) -> tuple[Question, ...]:
    """Ask for the date that confirmations expire by."""
    return (TODAY,)


def vouched(env: Environment, inventory: Inventory, row: str, otherwise: Judgement) -> Judgement:
    """Keep a row on the word of the person who confirmed it; an expired word, or none, leaves `otherwise`."""
    stated = [each for each in env.confirmations if each.row == row]
    valid = [each for each in stated if not _is_expired(each, inventory)]
    if valid:
        return _on_the_word_of(valid[-1], otherwise)
    if stated:
        last = stated[-1]
        detail = f"the word of {last.who} expired on {last.expires}; {otherwise.detail}".rstrip("; ")
        return otherwise.model_copy(update={"detail": detail, "way_out": f"renew it: {otherwise.way_out}"})
    return otherwise


def owed(row: str, detail: str, by: str, claim: str = "") -> Judgement:
    """State that somebody has to look and confirm a row in the parameter file."""
    way_out = f"look, then add `{{row: {row}, who: NAME, date: 'YYYY-MM-DD'}}` to confirmations:"
    return Judgement(verdict="owed", detail=detail, way_out=way_out, grade="", by=by, claim=claim)


def _on_the_word_of(word: Confirmation, judged: Judgement) -> Judgement:
    note = f": {word.note}" if word.note else ""
    detail = f"{word.who} on {word.date}{note}"
    return Judgement(verdict="kept", detail=detail, grade="on the word of", by=word.who, claim=judged.claim)


def _is_expired(word: Confirmation, inventory: Inventory) -> bool:
    return bool(word.expires) and word.expires < inventory[TODAY]

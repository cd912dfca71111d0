"""Refer from a finding to what was asked for it, and from a reference to the value that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from runbook_lib.model import Reading, Unanswered, canonical
from runbook_lib.secrets import hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from runbook_lib.model import Check, Finding, Inventory, Question, Resource
    from runbook_lib.parameters import Environment

KEPT = 4_000
"""Characters of a value that a record keeps beside what it is about."""
ALL_KEPT = 400_000
"""Characters that the values of one stage may take together; what does not hold comes first."""
MARGIN = 400
"""Characters behind the cut in which a secret's hash may end that begins before it."""
FROM = "#"


def questions_of(check: Check, environment: Environment, inventory: Inventory) -> tuple[Question, ...]:
    """List what a check asked."""
    return tuple(dict.fromkeys(_questions(check, environment, inventory)))


def _questions(check: Check, environment: Environment, inventory: Inventory) -> Iterator[Question]:
    yield from check.asks(environment)
    try:
        yield from check.then(environment, inventory)
    except Unanswered:
        return


def references(asked: Sequence[Question], address: str) -> tuple[str, ...]:
    """Refer to questions; of a finding about one thing, to those that name it, where any does."""
    about = set(address.split("/")[1:])
    own = [each for each in asked if about & {value for _, value in each if isinstance(value, str)}]
    return tuple(each.asked_as for each in own or asked)


def readings(
    found: Sequence[Finding], seen: Mapping[str, Resource | None], answers: Inventory, calls: Callable[[Any], tuple[str, ...]], at: str
) -> tuple[Reading, ...]:
    """Give what findings refer to as it was read, each once: resources by their addresses, answers by their questions."""
    known = {each.asked_as: each for each in answers if not each.is_private}
    read: dict[tuple[str, str], Reading] = {}
    left = ALL_KEPT
    worst = sorted(found, key=lambda each: each.verdict == "kept")
    for stage, of in dict.fromkeys((each.stage, of) for each in worst for of in (each.address, *each.asked)):
        if left > 0 and (value := _read(of, seen, known, answers)) is not None:
            use, text = value
            kept = hidden(text[: KEPT + MARGIN])[: min(KEPT, left)]
            left -= len(kept)
            read[stage, of] = Reading(stage=stage, of=of, value=kept, letters=len(text), calls=calls(use) if use else (), at=at)
    return tuple(read.values())


def _read(of: str, seen: Mapping[str, Resource | None], known: Mapping[str, Question], answers: Inventory) -> tuple[Any, str] | None:
    """Give what a reference refers to, and its value as text; None for what was not read."""
    if of in seen:
        return seen[of], _text(seen[of])
    reference, _, pointer = of.partition(FROM)
    if (question := known.get(reference)) is None:
        return None
    try:
        return question, _text(_part(_json(answers[question]), pointer))
    except Unanswered as refusal:
        return question, _text(f"not answered: {refusal.reason}")


def _text(value: object) -> str:
    return canonical(_json(value))


def _json(value: object) -> Any:
    return to_jsonable_python(value, fallback=str)


def _part(value: Any, pointer: str) -> Any:
    """Follow a JSON Pointer (RFC 6901); its names hold no slash here."""
    for name in pointer.split("/")[1:]:
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value

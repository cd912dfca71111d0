"""Ablation: take away one action, resource, condition or statement at a time, and see which call breaks and which probe leaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from runbook_lib.documents.proof.deciding import deciding, documents_of
from runbook_lib.documents.proof.ledger import Call, is_due
from runbook_lib.documents.proof.matrix import decide
from runbook_lib.policy.canonical import canonical, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.documents.proof.carried import Carried
    from runbook_lib.documents.proof.deciding import Deciding, Document
    from runbook_lib.documents.proof.matrix import Line, Matrix
    from runbook_lib.parameters import Environment

Part = Literal["action", "resource", "condition", "statement"]
PARTS: tuple[Part, ...] = ("action", "resource", "condition")
_ELEMENTS: dict[str, Part] = {"Action": "action", "Resource": "resource"}


@dataclass(frozen=True)
class Mutant:
    """Take one thing away from one statement of a document: `document` is what is left; `actions` are the statement's own."""

    document: Document
    statement: str
    part: Part
    what: str
    actions: tuple[str, ...]

    def may_touch(self, line: Line) -> bool:
        """Tell whether the statement can decide a line at all."""
        return _names(self.actions, line.asked.action) and any(self.document.concerns(each) for each in line.requests)


@dataclass(frozen=True)
class Ablated:
    """Say what a mutant does: `breaks` lists calls that are no longer allowed, `leaks` probes that are let through."""

    mutant: Mutant
    breaks: tuple[Line, ...]
    leaks: tuple[Line, ...]

    @property
    def is_needed(self) -> bool:
        """Tell whether without it the product fails or a probe leaks."""
        return bool(self.leaks) or any(isinstance(each.asked, Call) and is_due(each.asked) for each in self.breaks)

    @property
    def is_use_not_shown(self) -> bool:
        """Tell whether only calls break that the vendor lists and no step shows, or that no parameter file shows to arise."""
        return bool(self.breaks) and not self.is_needed


def ablations(env: Environment, carried: Carried, before: Matrix, parts: Sequence[Part] = PARTS) -> tuple[Ablated, ...]:
    """Make the mutants of every document, and compare the lines that each may touch."""
    lines, policies = (*before.calls, *before.probes), deciding(env, carried)
    made = (each for document in documents_of(env, carried) for each in mutants(document))
    return tuple(_ablated(each, lines, policies) for each in made if each.part in parts)


def _ablated(mutant: Mutant, lines: Sequence[Line], policies: Deciding) -> Ablated:
    without = policies.instead(mutant.document)
    pairs = ((each, decide(each, without)) for each in lines if mutant.may_touch(each))
    changed = [after for before, after in pairs if before.state != after.state]
    broken = tuple(each for each in changed if isinstance(each.asked, Call) and each.state != "allowed")
    return Ablated(mutant, broken, tuple(each for each in changed if each.is_leak))


@cache
def _names(actions: tuple[str, ...], action: str) -> bool:
    """Tell whether a statement names an action; without actions of its own (NotAction) it may name any."""
    return not actions or any(fnmatchcase(action.lower(), each.lower()) for each in actions)


def mutants(document: Document) -> Iterator[Mutant]:
    """List what can be taken away from a document, one thing at a time."""
    for place, statement in enumerate(statements(document.text)):
        label = str(statement.get("Sid") or f"statement {place + 1}")
        actions = tuple(_many(statement.get("Action", [])))
        for part, what, left in (*_lists(statement), *_conditions(statement), ("statement", label, None)):
            yield Mutant(replace(document, text=_with(document.text, place, left)), label, part, what, actions)


def _lists(statement: dict[str, Any]) -> Iterator[tuple[Part, str, dict[str, Any] | None]]:
    for element, part in _ELEMENTS.items():
        words = _many(statement.get(element, []))
        for word in words:
            rest = [each for each in words if each != word]
            yield part, word, {**statement, element: rest} if rest else None


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[Part, str, dict[str, Any] | None]]:
    pairs = [(operator, key, value) for operator, keys in statement.get("Condition", {}).items() for key, value in keys.items()]
    for left_out in pairs:
        rest: dict[str, dict[str, Any]] = {}
        for operator, key, value in pairs:
            if (operator, key) != left_out[:2]:
                rest.setdefault(operator, {})[key] = value
        yield "condition", f"{left_out[0]} {left_out[1]}", {**statement, "Condition": rest}


def _with(text: str, place: int, left: dict[str, Any] | None) -> str:
    """Put a statement in the place of another, or none."""
    listed: list[dict[str, Any] | None] = [*statements(text)]
    listed[place] = left
    return canonical({"Version": "2012-10-17", "Statement": [each for each in listed if each is not None]})


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

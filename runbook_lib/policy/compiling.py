"""Compile a policy document once, so that many requests can be put to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from runbook_lib.policy.arns import resource_pattern
from runbook_lib.policy.conditions import Asked, condition
from runbook_lib.policy.principals import PrincipalElement
from runbook_lib.policy.reading import Malformed, listed, read, word
from runbook_lib.policy.statements import Policy, Statement
from runbook_lib.policy.truth import Unknown
from runbook_lib.policy.variables import template
from runbook_lib.policy.verdict import Cited
from runbook_lib.policy.wildcards import ANY, pattern

_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)


def compiled(document: str | Mapping[str, Any], name: str) -> Policy:
    """Compile a document under the name by which verdicts cite it. A malformed one has `problems`, and leaves verdicts undetermined."""
    return _of_text(document, name) if isinstance(document, str) else _of(document, name)


@lru_cache(maxsize=1024)
def _of_text(document: str, name: str) -> Policy:
    return _of(document, name)


def _of(document: str | Mapping[str, Any], name: str) -> Policy:
    try:
        version, statements = read(document)
    except Malformed as malformed:
        return Policy(name, problems=malformed.problems)
    return Policy(name, tuple(_statement(each, version, name, number) for number, each in enumerate(statements, 1)))


def _statement(body: Mapping[str, Any], version: str, name: str, number: int) -> Statement:
    is_not_action, is_not_resource, is_not_principal = (f"Not{element}" in body for element in ("Action", "Resource", "Principal"))
    resources = body.get("NotResource" if is_not_resource else "Resource")
    principals = body.get("NotPrincipal" if is_not_principal else "Principal")
    return Statement(
        cited=Cited(name, body.get("Sid") or f"statement {number}"),
        is_allow=body["Effect"] == "Allow",
        actions=tuple(pattern(each.lower()) for each in listed(body["NotAction" if is_not_action else "Action"])),
        is_not_action=is_not_action,
        resources=None if resources is None else tuple(resource_pattern(each, template(each, version)) for each in listed(resources)),
        is_not_resource=is_not_resource,
        principals=None if principals is None else _principals(principals),
        is_not_principal=is_not_principal,
        conditions=tuple(_conditions(body.get("Condition", {}), version)),
        unmodelled=next(_unmodelled(body), None),
    )


def _principals(element: Any) -> PrincipalElement:
    if element == ANY:
        return PrincipalElement((), everyone=True)
    names = tuple((kind, name) for kind, names in element.items() for name in listed(names))
    return PrincipalElement(names, everyone=("AWS", ANY) in names)


def _conditions(element: Mapping[str, Mapping[str, Any]], version: str) -> Iterable[Asked]:
    return (
        condition(operator, key, [word(each) for each in listed(values)], version)
        for operator, keys in element.items()
        for key, values in keys.items()
    )


def _unmodelled(body: Mapping[str, Any]) -> Iterator[Unknown]:
    for name in body:
        if name not in _ELEMENTS:
            yield Unknown(f"the element {name} is not modelled")
    for action in listed(body.get("Action", body.get("NotAction"))):
        if action != ANY and ":" not in action:
            yield Unknown(f"the action {action} names no service")
    if body.get("NotPrincipal") is not None and body["Effect"] == "Allow":
        yield Unknown("NotPrincipal with Allow is not supported by AWS, and not modelled")

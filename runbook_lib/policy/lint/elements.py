"""Hold a statement to the elements that its kind of document asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runbook_lib.policy.lint.finding import Kind, LintFinding, found
from runbook_lib.policy.lint.statements import Condition, Statement

_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}
_PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
_COMPARISONS = {
    "String": ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"),
    "Numeric": ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
    "Date": ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
    "Arn": ("Equals", "NotEquals", "Like", "NotLike"),
}
_OPERATORS = {f"{kind}{each}".lower() for kind, several in _COMPARISONS.items() for each in several} | {
    *("bool", "binaryequals", "ipaddress", "notipaddress", "null"),
}
_SETS = ("forallvalues:", "foranyvalue:")
Problem = tuple[str, str]


def statement_of(value: Any, place: int, kind: Kind) -> tuple[Statement | None, list[LintFinding]]:
    """Read one statement; without what makes it one, it is None, and the findings say why."""
    label = f"statement {place}"
    if not isinstance(value, dict):
        return None, [found("elements", label, "is not an object", "write {Effect, Action, Resource}")]
    sid = value.get("Sid", "")
    label = sid if isinstance(sid, str) and sid else label
    problems = list(_problems(value, kind))
    if problems:
        return None, [found("elements", label, what, way_out) for what, way_out in problems]
    return _statement(value, label), []


def _statement(value: Mapping[str, Any], label: str) -> Statement:
    principal = value.get("Principal", value.get("NotPrincipal", {}))
    return Statement(
        label,
        value.get("Sid", ""),
        value["Effect"],
        tuple("*" if each == "*:*" else each for each in _many(value.get("Action", value.get("NotAction")))),
        _many(value.get("Resource", value.get("NotResource", ()))),
        _principals(principal),
        tuple(_conditions(value.get("Condition", {}))),
        is_not_action="NotAction" in value,
        is_not_resource="NotResource" in value,
        is_not_principal="NotPrincipal" in value,
    )


def _principals(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        return (("AWS", value),)
    return tuple((kind, name) for kind, names in value.items() for name in _many(names))


def _conditions(value: Mapping[str, Any]) -> Iterator[Condition]:
    for operator, keys in value.items():
        for key, values in keys.items():
            yield Condition(operator, key, tuple(_word(each) for each in (values if isinstance(values, list) else [values])))


def _problems(value: Mapping[str, Any], kind: Kind) -> Iterator[Problem]:
    if unknown := sorted(set(value) - _ELEMENTS):
        yield f"has the unknown element {unknown[0][:60]}", f"a statement has {', '.join(sorted(_ELEMENTS))}"
    if not isinstance(value.get("Sid", ""), str):
        yield "has a Sid that is no text", "write a text"
    if value.get("Effect") not in ("Allow", "Deny"):
        yield "has no Effect of Allow or Deny", "say which; case counts"
    yield from _one_of(value, "Action", is_wanted=True)
    yield from _one_of(value, "Resource", is_wanted=kind != "trust")
    yield from _one_of(value, "Principal", is_wanted=kind not in {"identity", "boundary"})
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in value and not _is_texts(value[name]):
            yield f"has {name} that is neither a text nor a list of texts", "write one text or more"
    for name in ("Principal", "NotPrincipal"):
        if name in value:
            yield from _principal_problems(name, value[name])
    yield from _condition_problems(value.get("Condition", {}))


def _one_of(value: Mapping[str, Any], name: str, *, is_wanted: bool) -> Iterator[Problem]:
    present = [each for each in (name, f"Not{name}") if each in value]
    if not is_wanted and present:
        yield f"has {present[0]}, which this kind of document may not", "remove it"
    if is_wanted and len(present) != 1:
        what = f"has both {name} and Not{name}" if present else f"has neither {name} nor Not{name}"
        yield what, f"write one of them, {name} if you can"


def _principal_problems(name: str, value: Any) -> Iterator[Problem]:
    if value == "*":
        return
    if not isinstance(value, dict) or not value or not all(_is_texts(each) for each in value.values()):
        yield f"has {name} that is neither * nor kinds with their names", 'write for example {"Service": "lambda.amazonaws.com"}'
    elif unknown := sorted(set(value) - _PRINCIPALS):
        yield f"has the unknown kind of principal {unknown[0][:60]}", f"it is one of {', '.join(sorted(_PRINCIPALS))}"


def _condition_problems(value: Any) -> Iterator[Problem]:
    if not isinstance(value, dict) or not all(isinstance(keys, dict) and keys for keys in value.values()):
        yield "has a Condition that is not operators with keys", 'write for example {"StringEquals": {"aws:SourceAccount": "111122223333"}}'
        return
    for operator, keys in value.items():
        if _plain(operator) not in _OPERATORS:
            yield f"has the unknown operator {operator[:60]}", "write one that IAM has, such as StringEquals or ArnLike"
        if not all(_is_scalars(each) for each in keys.values()):
            yield f"has values of {operator[:60]} that are neither a scalar nor a list of them", "write texts"


def _plain(operator: str) -> str:
    """Strip what says how several values, or none, are dealt with."""
    name = operator.lower()
    name = next((name.removeprefix(each) for each in _SETS if name.startswith(each)), name)
    return name.removesuffix("ifexists") if name != "nullifexists" else name


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value))


def _is_scalars(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(each, str | bool | int | float) for each in values)


def _many(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

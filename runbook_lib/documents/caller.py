"""The least policy of whoever runs the runbook: made of what a plan takes, merged, canonical, and split to fit."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.statements import policy
from runbook_lib.policy.wildcards import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runbook_lib.resources.rights import Need, Permission, Purpose

LIMIT = 6_144
"""Characters, white space not counted, of a managed policy (IAM quotas)."""
ORDER: tuple[Purpose, ...] = ("plan", "verify", "apply")
Document = dict[str, Any]
_Statement = dict[str, Any]
_ARNS = {"iam:PolicyARN", "iam:PermissionsBoundary", "lambda:FunctionArn"}
_ROOM = LIMIT - len('{"Version":"2012-10-17","Statement":[]}')


def least(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Leave out what another need covers that comes no later: each permission stands once, where it is needed first."""
    once: dict[tuple[int, Permission], Need] = {}
    for need in sorted(needs, key=_key):
        once.setdefault((ORDER.index(need.purpose), need.permission), need)
    by_action: dict[str, list[Need]] = defaultdict(list)
    for need in once.values():
        by_action[need.permission.action].append(need)
    return tuple(need for need in once.values() if not any(_is_over(each, need) for each in by_action[need.permission.action]))


def _is_over(one: Need, other: Need) -> bool:
    """Tell whether one need makes another superfluous; of two that cover each other the earlier stays."""
    if one is other or ORDER.index(one.purpose) > ORDER.index(other.purpose) or not covers(one.permission, other.permission):
        return False
    is_mutual = one.purpose == other.purpose and covers(other.permission, one.permission)
    return not is_mutual or _key(one) < _key(other)


def covers(one: Permission, other: Permission) -> bool:
    """Tell whether whoever has one permission has the other: the same action, no less resources, no more conditions."""
    is_within = one.resource in {"*", other.resource} or pattern(one.resource).matches(other.resource)
    return one.action == other.action and is_within and set(one.context) <= set(other.context)


def caller_policies(needs: Iterable[Need]) -> dict[str, Document]:
    """Write the least policies by name: what planning takes, what verifying takes besides, and what applying takes besides these."""
    documents: dict[str, Document] = {}
    found = least(needs)
    for purpose in ORDER:
        packed = list(_packed(_statements(purpose, [each.permission for each in found if each.purpose == purpose])))
        for number, statements in enumerate(packed, 1):
            documents[f"caller-{purpose}" + (f"-{number}" if len(packed) > 1 else "")] = policy(*statements)
    return documents


def _key(need: Need) -> tuple[Any, ...]:
    granted = need.permission
    return (ORDER.index(need.purpose), granted.action, granted.resource, granted.context, need.reason)


def _statements(purpose: Purpose, permissions: Sequence[Permission]) -> Iterator[_Statement]:
    """Put actions with the same resources and conditions into one statement; a Sid says purpose, service and type of resource."""
    resources: dict[tuple[tuple[tuple[str, str], ...], str], set[str]] = defaultdict(set)
    for each in permissions:
        resources[each.context, each.action].add(each.resource)
    actions: dict[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], list[str]] = defaultdict(list)
    for (context, action), found in resources.items():
        actions[action.partition(":")[0], tuple(sorted(found)), context].append(action)
    numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
    for (service, names, context), several in sorted(actions.items()):
        for part in _fitting(tuple(sorted(several)), names, context):
            sid = f"{purpose.title()}{_word(service)}{_word(_kind(names[0]))}"
            number = next(numbers[sid])
            yield {"Sid": sid + (str(number) if number > 1 else ""), "Effect": "Allow", **part}


def _fitting(actions: tuple[str, ...], resources: tuple[str, ...], context: tuple[tuple[str, str], ...]) -> Iterator[_Statement]:
    """Give one statement, or several where one would not fit into a document."""
    named: Any = "*" if resources == ("*",) else list(resources)
    made = {"Action": list(actions), "Resource": named, **({"Condition": _condition(context)} if context else {})}
    longest = max(len(actions), len(resources))
    if longest == 1 or _length(made) < _ROOM - 100:
        yield made
        return
    half = longest // 2
    parts = ((actions[:half], resources), (actions[half:], resources)) if len(actions) == longest else (
        (actions, resources[:half]), (actions, resources[half:])
    )  # fmt: skip
    for each in parts:
        yield from _fitting(*each, context)


def _condition(context: tuple[tuple[str, str], ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in sorted(context):
        found.setdefault("ArnEquals" if key in _ARNS else "StringEquals", {})[key] = value
    return found


def _packed(statements: Iterable[_Statement]) -> Iterator[list[_Statement]]:
    """Fill one document after the other, in order."""
    document: list[_Statement] = []
    used = 0
    for each in statements:
        length = _length(each) + 1
        if document and used + length > _ROOM:
            yield document
            document, used = [], 0
        document.append(each)
        used += length
    if document:
        yield document


def _length(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _kind(resource: str) -> str:
    """Name the type of resource that an ARN is of."""
    if resource == "*":
        return "any"
    service, name = resource.split(":", 5)[2], resource.split(":", 5)[-1]
    return "bucket" if service == "s3" else name.replace(":", "/").partition("/")[0]


def _word(text: str) -> str:
    return "".join(part.title() for part in text.split("-"))

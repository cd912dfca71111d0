"""Read what IAM's simulators are asked: whose policies, which calls, under which context; refuse what AWS refuses.

Sources: IAM API reference, "SimulatePrincipalPolicy", "SimulateCustomPolicy" and "ContextEntry".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from runbook_lib.policy import Principal, compiled
from runbook_lib.policy.request import account_of
from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error, not_modelled
from runbook_lib.sandbox.aws.principals import PRINCIPAL, iam

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

UNMODELLED = ("PolicyExclusionList", "OrderedOrganizationPolicyInputList", "ResourceHandlingOption")
SOURCE = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):(?P<kind>user|group|role)/(?:.*/)?(?P<name>[^/]+)")
ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")
ACTION = re.compile(r"[a-zA-Z0-9-]+:[a-zA-Z0-9]+")
LENGTHS = {"ActionNames": (3, 128), "ResourceArns": (1, 2048), "PolicyInputList": (1, 131_072), "ContextKeyName": (5, 256)}
TYPES = {f"{kind}{many}" for kind in ("string", "numeric", "boolean", "ip", "binary", "date") for many in ("", "List")}
MOST_ITEMS = 1000
_ENTRY = re.compile(r"ContextEntries\.member\.(\d+)\.(ContextKeyName|ContextKeyType|ContextKeyValues)(?:\.member\.(\d+))?")


class Source(NamedTuple):
    """Hold a document of the simulation, and how matched statements name it."""

    id: str
    type: str
    text: str


class Refused(Exception):
    """Carry the answer that refuses a simulation."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[0])
        self.answer = answer


@dataclass(frozen=True)
class Simulation:
    """Hold what is to be simulated; keys of the context are in lower case, `owner` is whose an ARN is that does not tell it."""

    principal: Principal
    sources: tuple[Source, ...]
    boundary: str
    resource_policy: str
    owner: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, tuple[str, ...]]


def simulation_of(call: Call) -> Simulation:
    """Read a call. Raises Refused with AWS's code, or where something is asked that is not modelled."""
    for name in UNMODELLED:
        if any(each.startswith(name) for each in call.parameters):
            raise Refused(not_modelled(call, name))
    actions, resources = call.texts("ActionNames"), call.texts("ResourceArns") or ("*",)
    given = tuple(Source(f"PolicyInputList.{number}", "none", text) for number, text in enumerate(call.texts("PolicyInputList"), 1))
    _check_lists(call, actions, resources, given)
    source = call.text("PolicySourceArn")
    own, attached = _of_principal(call, source) if call.operation == "SimulatePrincipalPolicy" else ((), "")
    boundaries = call.texts("PermissionsBoundaryPolicyInputList") or tuple(filter(None, (attached,)))
    if len(boundaries) > 1:
        raise _invalid(call, "Only one permissions boundary can be simulated.")
    _check_documents(call, (*(each.text for each in given), *boundaries))
    principal = _caller(call, source)
    owner = account_of(call.text("ResourceOwner")) or call.text("ResourceOwner") or principal.account
    policy, context = _resource_policy(call, principal), _context(call)
    return Simulation(principal, (*own, *given), boundaries[0] if boundaries else "", policy, owner, actions, resources, context)


def _check_lists(call: Call, actions: Iterable[str], resources: Iterable[str], given: tuple[Source, ...]) -> None:
    if not actions:
        raise _wanting(call, "actionNames", "Member must not be null")
    if call.operation == "SimulateCustomPolicy" and not given:
        raise _wanting(call, "policyInputList", "Member must not be null")
    values = {"ActionNames": actions, "ResourceArns": resources, "PolicyInputList": (each.text for each in given)}
    for name, (least, most) in LENGTHS.items():
        if any(not least <= len(each) <= most for each in values.get(name, ())):
            raise _wanting(call, f"{name[0].lower()}{name[1:]}", f"Member must have length between {least} and {most}")
    for each in actions:
        if not ACTION.fullmatch(each):
            raise _invalid(call, f"Invalid Input Action: {each}")
    for each in resources:
        if each != "*" and not ARN.fullmatch(each):
            raise _invalid(call, f"Invalid Input Resource: {each}")


def _check_documents(call: Call, texts: Iterable[str]) -> None:
    for each in texts:
        if problems := compiled(each, "the policy").problems:
            raise _invalid(call, f"Invalid Input Policy: {problems[0]}")


def _of_principal(call: Call, arn: str) -> tuple[tuple[Source, ...], str]:
    """Give the policies of a user with those of its groups, of a group, or of a role with its boundary."""
    found = SOURCE.fullmatch(arn)
    if found is None or found["account"] != call.account:
        raise _invalid(call, f"Invalid Entity Arn: {arn}")
    backend, kind = iam(call), found["kind"]
    holder = next((each for each in list(getattr(backend, f"{kind}s").values()) if each.arn == arn), None)
    if holder is None:
        raise Refused(error(call, 404, "NoSuchEntity", f"The {kind} with name {found['name']} cannot be found."))
    groups = [each for each in list(backend.groups.values()) if kind == "user" and holder in each.users]
    sources = (*_sources(holder, kind), *(each for group in groups for each in _sources(group, "group")))
    boundary = held.managed(call.account, call.partition, getattr(holder, "permissions_boundary_arn", "") or "") if kind == "role" else None
    return sources, boundary.text if boundary else ""


def _sources(holder: Any, kind: str) -> Iterator[Source]:
    yield from (Source(f"{kind}_{holder.name}_{name}", kind, text) for name, text in list(holder.policies.items()))
    yield from (Source(each.name, "user-managed", held.default_version(each)) for each in list(holder.managed_policies.values()))


def _caller(call: Call, source: str) -> Principal:
    """Name whoever makes the simulated calls; where nobody is named, somebody of the account of whom no policy can know."""
    arn = call.text("CallerArn") or (source if call.operation == "SimulatePrincipalPolicy" else "")
    if not arn or ":group/" in arn:
        return Principal(f"arn:{call.partition}:iam::{call.account}:user/simulated")
    if not PRINCIPAL.fullmatch(arn):
        raise _invalid(call, f"Invalid Caller Arn: {arn}")
    return Principal(arn)


def _resource_policy(call: Call, principal: Principal) -> str:
    text = call.text("ResourcePolicy")
    if text and call.operation == "SimulateCustomPolicy" and not call.text("CallerArn"):
        raise _invalid(call, "CallerArn is required when a ResourcePolicy is included.")
    if text and principal.kind == "role":
        raise Refused(not_modelled(call, "a resource's policy for a role, which AWS does not support"))
    _check_documents(call, (text,) if text else ())
    return text


def _context(call: Call) -> dict[str, tuple[str, ...]]:
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for parameter, value in call.parameters.items():
        match = _ENTRY.fullmatch(parameter)
        if match is None:
            continue
        if match[2] == "ContextKeyName":
            names[match[1]] = value.lower()
        elif match[2] == "ContextKeyValues":
            values.setdefault(match[1], []).append(value)
        elif value not in TYPES:
            raise _wanting(call, "contextKeyType", "Member must satisfy enum value set")
    least, most = LENGTHS["ContextKeyName"]
    if any(not least <= len(each) <= most for each in names.values()):
        raise _wanting(call, "contextKeyName", f"Member must have length between {least} and {most}")
    return {name: tuple(values.get(number, ())) for number, name in names.items()}


def page_of(call: Call, length: int) -> tuple[int, int, str]:
    """Say from where to where an answer goes, and the marker of the rest. Raises Refused."""
    items, marker = call.text("MaxItems") or "100", call.text("Marker") or "0"
    if not items.isdigit() or not 1 <= int(items) <= MOST_ITEMS:
        raise _wanting(call, "maxItems", f"Member must have value between 1 and {MOST_ITEMS}")
    if not marker.isdigit() or int(marker) > length:
        raise Refused(error(call, 400, "ValidationError", "Invalid Marker."))
    end = int(marker) + int(items)
    return int(marker), end, str(end) if end < length else ""


def _invalid(call: Call, message: str) -> Refused:
    return Refused(error(call, 400, "InvalidInput", message))


def _wanting(call: Call, member: str, constraint: str) -> Refused:
    message = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
    return Refused(error(call, 400, "ValidationError", message))

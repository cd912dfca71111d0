"""What a permission is made of, and the words that the tables of the services are written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.requests import Call

Context = Mapping[str, str | tuple[str, ...]]
Resources = Callable[[Call], Iterable[str]]
Contexts = Callable[[Call], Context]


@dataclass(frozen=True)
class Need:
    """Want one action allowed on one resource, under what conditions know of it."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


Implied = Callable[[Call], Iterable[Need]]


@dataclass(frozen=True)
class Row:
    """Say what an operation takes: an action on each of its resources, and what is implied by how it is called."""

    action: str
    resources: Resources
    context: tuple[Contexts, ...] = ()
    implied: tuple[Implied, ...] = ()

    def needs(self, call: Call) -> tuple[Need, ...]:
        """Spell out a call's needs."""
        context = {key: value for each in self.context for key, value in each(call).items()}
        own = [Need(self.action, resource, context) for resource in self.resources(call)]
        return (*own, *(need for implied in self.implied for need in implied(call)))


Table = Mapping[str, Row]


def rows(
    service: str, resources: Resources, operations: str, context: Iterable[Contexts] = (), implied: Iterable[Implied] = ()
) -> dict[str, Row]:
    """Write a row for each operation; `Operation=Action` where the action has another name."""
    named = (each.partition("=") for each in operations.split())
    return {
        f"{service}:{operation}": Row(f"{service}:{action or operation}", resources, tuple(context), tuple(implied))
        for operation, _, action in named
    }


def anything(_call: Call) -> tuple[str, ...]:
    """Name the resource of what has none."""
    return ("*",)


def arn(call: Call, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
    """Build an ARN in the call's partition, and in its region and account where nothing else is said."""
    place = call.region if region is None else region
    return f"arn:{call.partition}:{service}:{place}:{call.account if account is None else account}:{resource}"


_PAIR = re.compile(r"(?P<place>(?:\w+\.)*Tags?\.(?:member\.|Tag\.)?\d+)\.Key")


def request_tags(call: Call) -> dict[str, str]:
    """Read the tags that a call gives, in whichever way its service takes them."""
    for name in ("Tags", "tags"):
        value: Any = call.parameters.get(name)
        if isinstance(value, dict | list):
            return held.tagged(value)
    found = {match["place"]: value for name, value in call.parameters.items() if (match := _PAIR.fullmatch(name))}
    return {key: call.text(f"{place}.Value") for place, key in found.items()}


def tags_given(call: Call) -> Context:
    """Tell of the tags that a call gives, and the keys of those that it takes away."""
    tags = request_tags(call)
    keys = (*tags, *call.texts("TagKeys", "tagKeys"))
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()} | ({"aws:TagKeys": keys} if keys else {})


def also(action: str, resources: Resources, when: Callable[[Call], object], *context: Contexts) -> Implied:
    """Want a further action when a call is made in a certain way."""

    def implied(call: Call) -> Iterable[Need]:
        if when(call):
            yield from Row(action, resources, context).needs(call)

    return implied


def has(*names: str) -> Callable[[Call], bool]:
    """Tell whether a call carries one of these parameters."""

    def carried(call: Call) -> bool:
        return any(call.parameters.get(name) not in (None, "", [], {}) for name in names)

    return carried


def passed(role: str, service: str) -> Need:
    """Want to pass a role to a service."""
    return Need("iam:PassRole", role, {"iam:PassedToService": service})


def key_uses(call: Call, key: str, service: str, actions: str, **context: str) -> Iterable[Need]:
    """Want to use a KMS key through a service. AWS's own keys allow that to whoever may use the service in their account."""
    found = held.key_of(call.account, call.region, key) if key else None
    if found is None or (found.key_manager == "AWS" and found.account_id == call.account):
        return
    via = {"kms:ViaService": via_service(call, service), "kms:CallerAccount": call.account}
    encryption = {f"kms:EncryptionContext:{name.replace('_', ':')}": value for name, value in context.items()}
    names = {"kms:EncryptionContextKeys": tuple(name.replace("_", ":") for name in context)} if context else {}
    for action in actions.split():
        yield Need(f"kms:{action}", found.arn, {**via, **encryption, **names, **key_context(found)})


def via_service(call: Call, service: str, region: str = "") -> str:
    """Name a service as KMS does when it comes in somebody's name."""
    return f"{service}.{region or call.region}.amazonaws.com{'.cn' if call.partition == 'aws-cn' else ''}"


def key_context(key: Any) -> Context:
    """Tell what conditions know of a key: tags, aliases, and what it is for."""
    aliases = tuple(key.aliases)
    facts = {"kms:KeySpec": key.key_spec, "kms:KeyUsage": key.key_usage, "kms:KeyOrigin": key.origin}
    tags = {f"aws:ResourceTag/{name}": value for name, value in held.key_tags(key).items()}
    return {**facts, **tags, "kms:MultiRegion": str(bool(key.multi_region)).lower(), "kms:ResourceAliases": aliases}

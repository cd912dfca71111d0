"""A slice of AWS's service reference: which actions there are, on what, and which condition keys they know.

`aws.json` is written by `make reference` and says where it is from; `LICENSE-iam-data.txt` is the licence of its source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

FILE = "aws.json"
LICENCE = "LICENSE-iam-data.txt"


@dataclass(frozen=True)
class Source:
    """Say where the slice is from and of which day."""

    package: str
    version: str
    date: str
    licence: str
    copyright: str
    of: str


@dataclass(frozen=True)
class Action:
    """Describe one action; without `types` it is asked for on no resource, and only `*` grants it.

    `keys` are its own condition keys and its service's, those of its types stand with these.
    """

    name: str
    level: str
    types: tuple[str, ...]
    keys: frozenset[str]


@dataclass(frozen=True)
class ResourceType:
    """Describe one type of resource: the form of its ARN, with `${Names}`, and its condition keys."""

    name: str
    arn: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Service:
    """Describe one service; actions stand by their name in lower case, since policies may write them in any."""

    prefix: str
    actions: Mapping[str, Action]
    types: Mapping[str, ResourceType]

    def keys_of(self, action: Action) -> frozenset[str]:
        """Give all condition keys that a request for an action may carry, but for the global ones."""
        return action.keys.union(*(self.types[name].keys for name in action.types))


@dataclass(frozen=True)
class Reference:
    """Hold the slice: `prefixes` are those of all services, `services` only those that were read."""

    source: Source
    prefixes: frozenset[str]
    services: Mapping[str, Service]


@cache
def reference() -> Reference:
    """Read the slice, once."""
    values = _read()
    services = {prefix: _service(prefix, each) for prefix, each in values["services"].items()}
    return Reference(Source(**values["source"]), frozenset(values["prefixes"]), services)


def edition() -> tuple[Source, str]:
    """Say where the slice is from, and hash its file."""
    return Source(**_read()["source"]), sha256(files(__package__).joinpath(FILE).read_bytes()).hexdigest()


def _read() -> Any:
    return json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def _service(prefix: str, values: Mapping[str, Mapping[str, list[object]]]) -> Service:
    common = frozenset(str(each) for each in values["keys"])
    actions = {name.lower(): Action(name, *_row(row, common)) for name, row in values["actions"].items()}
    types = {name: ResourceType(name, str(row[0]), frozenset(_texts(row[1]))) for name, row in values["resources"].items()}
    return Service(prefix, actions, types)


def _row(row: list[object], common: frozenset[str]) -> tuple[str, tuple[str, ...], frozenset[str]]:
    level, types, keys = row
    return str(level), _texts(types), common.union(_texts(keys))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()

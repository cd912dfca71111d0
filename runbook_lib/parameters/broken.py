"""What a rule across fields yields, and the questions that several rules ask."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Destination, Environment, Source


@dataclass(frozen=True)
class Broken:
    """Hold one broken rule."""

    path: tuple[str | int, ...]
    what: str
    way_out: str


Rule = Callable[["Environment"], Iterator[Broken]]
RawRule = Callable[[tuple["str | int", ...], Any], Iterator[Broken]]


def sides(env: Environment) -> tuple[tuple[str, Source | Destination], ...]:
    """List the two databases with their names in the file."""
    return (("source", env.source), ("destination", env.destination))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

"""Read which actions the documents of a role allow, as whoever explains them names them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runbook_lib.policy.reading import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.policies import Named


def granted(documents: Named, *services: str, on: str = "") -> tuple[str, ...]:
    """List the actions of some services, or of all, each once; those on one resource alone where `on` gives its ARN."""
    found = dict.fromkeys(action for action, resources in _allowed(documents) if not on or on in resources)
    if not services:
        return tuple(found)
    return tuple(action for service in services for action in found if action.partition(":")[0] == service)


def _allowed(documents: Named) -> Iterator[tuple[str, list[str]]]:
    for _, document in documents:
        for each in listed(json.loads(document)["Statement"]):
            if each["Effect"] == "Allow":
                yield from ((action, listed(each.get("Resource", []))) for action in listed(each.get("Action", [])))

"""The requests to AWS that a change is made of, in the order in which apply sends them; a test holds them against what is sent. Pure.

What only the service can tell then (the policy that a statement is put into, the id of a key) stands as words in angle brackets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.requests import identities, stores
from runbook_lib.documents.requests.request import Request

if TYPE_CHECKING:
    from runbook_lib.model import Change

__all__ = ["Request", "requests"]


def requests(change: Change) -> tuple[Request, ...]:
    """List the requests that write a change; none for what is written in a database alone."""
    return (*identities.requests(change), *stores.requests(change))

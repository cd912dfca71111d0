"""Let one machine at a time write an environment whose records lie in a bucket: an object that says who does.

It is only ever written where none is, or over the very content that was read: of two that come at once, one gets it. An empty one
is free. It is not bound to a process: what a run left that ended with its machine stays, until a person takes it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from runbook_lib.errors import Conflict, Locked, TargetError
from runbook_lib.evidence.owner import Owner

if TYPE_CHECKING:
    from runbook_lib.ports import ObjectStore


class SharedLock:
    """Take, give back and break the lock that is an object."""

    def __init__(self, objects: ObjectStore, key: str) -> None:
        self._objects, self._key = objects, key
        self._held = ""

    def claim(self, owner: Owner, left: Owner | None, environment: str, now: str) -> None:
        """Take the lock; what this machine itself left (`left`) is no lock. Raises Locked while another has it."""
        holder, etag = self._holder()
        if holder is not None and holder not in {left, owner}:
            way_out = f"wait until it ends; if that run is over, take its lock away: runbook unlock {environment}"
            raise Locked(environment, f"is written by another run: {holder.described(now)}", way_out)
        try:
            self._held = self._objects.put(self._key, owner.model_dump_json().encode(), over=etag)
        except Conflict:
            holder, self._held = self._holder()
            if holder != owner:
                raise Locked(environment, "is written by another run: it has just begun", "try again") from None

    def give_back(self) -> bool:
        """Let others write; tell whether that worked. Where it did not, this machine's next run gets it all the same."""
        try:
            self._objects.put(self._key, b"", over=self._held)
        except TargetError:
            return False
        return True

    def broken(self) -> Owner | None:
        """Take the lock away from whoever has it, and say who that was. Raises TargetError."""
        holder, etag = self._holder()
        if holder is not None:
            self._objects.put(self._key, b"", over=etag)
        return holder

    def _holder(self) -> tuple[Owner | None, str]:
        content, etag = self._objects.read(self._key) or (b"", "")
        try:
            return (Owner.model_validate_json(content) if content else None), etag
        except ValidationError:
            raise Locked(self._key, "holds something that is no lock", "look who put it there") from None

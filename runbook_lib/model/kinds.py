"""Frozen values, and the two registries that JSON is read back through: resources and questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializeAsAny, model_serializer

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import SerializerFunctionWrapHandler

    from runbook_lib.model.plans import Written


LONGEST_REFERENCE = 160
"""Characters of a question that is named by what it says."""


def canonical(value: object) -> str:
    """Encode a JSON value in the one form that digests are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Value(BaseModel):
    """Be frozen, closed and comparable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kinded(Value):
    """Carry its kind in JSON so that it can be read back as the same class."""

    kind: ClassVar[str] = ""
    known: ClassVar[dict[str, type[Kinded]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the subclass under its kind; a second claim on a kind is a programming error."""
        super().__pydantic_init_subclass__(**kwargs)
        if cls.kind and cls.known.setdefault(cls.kind, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"kind {cls.kind} is taken by {cls.known[cls.kind].__qualname__}")

    @model_serializer(mode="wrap")
    def _with_kind(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": self.kind, **serialize(self)}

    @classmethod
    def decode(cls, value: object) -> object:
        """Read a JSON object back as the class its kind names."""
        if not isinstance(value, Mapping):
            return value
        fields = dict(value)
        return cls.known[fields.pop("kind")].model_validate(fields)


class Resource(Kinded):
    """Describe one thing that exists or should exist, as one call of a service can make it.

    `holder` names the object it sits on, `needs` what it is made from, `group` the transaction it is written in, `lane` with what it is
    written one after the other while other lanes are written beside (each may be empty).
    `is_claimed` marks objects that may belong to somebody else: an existing one is taken over only when the parameter file adopts it.
    `is_ours_by_name` marks what carries no mark of its own: on a holder that is not ours, an existing one that differs is somebody's.
    `goes_with_holder` marks what the service removes together with the holder.
    `gives_access` marks what is taken back by the next apply when it is no longer wanted; anything else waits for a destroy.
    `leaves_nothing` marks what is done and is over: there is nothing to undo.
    """

    is_claimed: ClassVar[bool] = False
    is_ours_by_name: ClassVar[bool] = False
    goes_with_holder: ClassVar[bool] = False
    gives_access: ClassVar[bool] = False
    leaves_nothing: ClassVar[bool] = False

    @property
    def address(self) -> str:
        """Name the thing uniquely within an environment: `kind/name`."""
        raise NotImplementedError

    @property
    def holder(self) -> str:
        """Name the address of the object this sits on."""
        return ""

    @property
    def needs(self) -> str:
        """Name the address of what this is made from: while that is somebody else's, or owed, this is not made."""
        return ""

    @property
    def group(self) -> str:
        """Name the transaction that writes this together with its neighbours."""
        return ""

    @property
    def lane(self) -> str:
        """Name the object that this is a part of, where nothing of it builds on its neighbours of other lanes; empty: it waits for all."""
        return ""

    @property
    def mark(self) -> str:
        """Name the address that carries our tag once it is written: from then on the tag tells whose this is, and no receipt does.

        Empty for what cannot be tagged.
        """
        return ""

    @property
    def place(self) -> tuple[str, ...]:
        """Name the parts of a plan's scope that tell where this is: the same address elsewhere is another thing."""
        return ("account", "endpoint", "region")

    def once_removed(self) -> Resource | None:
        """Give what remains when it is removed: None, or the waiting state that the service imposes."""
        return None

    def on_the_way(self, after: Resource | None) -> tuple[Resource | None, ...]:
        """List the values that a write from this to `after` passes through when it takes several calls."""
        del after
        return ()

    def half_made(self) -> tuple[Resource, ...]:
        """List what is there while this is being made, when that takes several calls and what they leave is told from what is not ours."""
        return ()

    def restored(self, history: tuple[Written, ...]) -> Resource | None:
        """Give what this, as observed, becomes when our changes of it are undone: what the first of them found."""
        found = history[0].change.before
        return self.once_removed() if found is None else found

    def covering(self, history: tuple[Written, ...]) -> Resource:
        """Give what to observe in place of this, so that nothing is missed that our changes of it added."""
        del history
        return self

    def may_be_ours(self, known: Collection[Resource | None]) -> bool:
        """Tell whether this, as observed, can be what we left; `known` are the values that our changes of it pass through."""
        return self.is_ours_by_name or self in known


AnyResource = Annotated[SerializeAsAny[Resource], BeforeValidator(Kinded.decode)]


class Unwanted(Value):
    """Ask for the removal of something that is there (`exclusive_policies`)."""

    resource: AnyResource


class Question(Kinded):
    """Ask the world something that a stage or a check needs to know.

    `is_optional` marks what is asked to know better: who may not ask is told so, and nothing ends worse for it. `is_private` marks what
    may be answered with a secret of somebody else's.
    """

    is_optional: ClassVar[bool] = False
    is_private: ClassVar[bool] = False

    @property
    def asked_as(self) -> str:
        """Name the question with what it is about; of one that says much, by its digest."""
        said = " ".join((self.kind, *(f"{name}={value}" for name, value in self)))
        if len(said) <= LONGEST_REFERENCE and said.isprintable():
            return said
        return f"{self.kind} sha256={sha256(canonical(self.model_dump(mode='json')).encode()).hexdigest()}"

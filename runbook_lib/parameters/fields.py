"""What a form asks: each key with the kind of control that its type wants, its limits, its default and its words, from the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from runbook_lib.parameters import described
from runbook_lib.parameters.ledger import rows_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from runbook_lib.parameters.reading import Path_

Kind = Literal["choice", "switch", "number", "secret", "texts", "pairs", "statements", "entries", "section", "text"]
SELF_EVIDENT = ("", "a text", "true or false", "a section of keys")
FIXED = (("version",), ("environment",))
"""Keys that nobody changes in a file that is in use: records, tags and names of roles go by them."""


@dataclass(frozen=True)
class Field:
    """Hold one key: `inner` are the keys of a section that may be absent, or of one entry of a list, `words` say what a choice means."""

    path: tuple[str, ...]
    kind: Kind
    means: str
    takes: str
    default: Any
    is_required: bool = False
    choices: tuple[Any, ...] = ()
    bounds: tuple[int, int] = (0, 0)
    inner: tuple[Field, ...] = ()
    label: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Give the last part of the path."""
        return self.path[-1]

    @property
    def title(self) -> str:
        """Give what stands before the control: the key, or the words of whoever asks."""
        return self.label or self.name

    @property
    def rows(self) -> tuple[str, ...]:
        """List the ledger's rows that the key answers."""
        return rows_of(self.path)

    @property
    def help(self) -> str:
        """Say what the key means, what it takes and what stands for it."""
        limits = f"Takes {self.takes}" if self.takes not in SELF_EVIDENT and self.kind != "choice" else ""
        standing = f"Default: {self.default}" if self.kind in {"choice", "number", "text"} and self.default else ""
        if self.label:
            return f"{self.means.rstrip('.')}."
        means = self.means[:1].upper() + self.means[1:]
        return " ".join(part if part.endswith("?") else f"{part.rstrip('.')}." for part in (means, limits, standing) if part)


def fields(keys: Iterable[str]) -> tuple[Field, ...]:
    """List what a form asks about these keys, sections opened up; one that may be absent stays together."""
    return tuple(field for each in keys for field in _under(tuple(each.split("."))) if field.path not in FIXED)


def _under(path: tuple[str, ...]) -> Iterator[Field]:
    field = described.at(path)
    if field is None:
        raise KeyError(".".join(path))
    inner = described.section(field)
    if inner is None or described.is_list(field) or _is_optional(field):
        yield _field(path, field)
    else:
        for name in described.keys(inner):
            yield from _under((*path, name))


def _field(path: tuple[str, ...], field: FieldInfo) -> Field:
    kind, section = _kind(field), described.section(field)
    standing = described.default(field)
    return Field(
        path, kind, described.says(field), described.wanted(field, entry=kind == "texts"),
        None if standing is PydanticUndefined else list(standing) if isinstance(standing, tuple) else standing,
        field.is_required(), described.choices(field) if kind == "choice" else (),
        described.bounds(field) if kind == "number" else (0, 0),
        tuple(each for name in described.keys(section) for each in _under((*path, name))) if section is not None else (),
    )  # fmt: skip


def _is_optional(field: FieldInfo) -> bool:
    return not field.is_required() and not isinstance(described.default(field), BaseModel)


def _kind(field: FieldInfo) -> Kind:
    wanted = described.wanted(field)
    if described.section(field) is not None:
        return "entries" if described.is_list(field) else "section"
    if dict in described.kinds(field):
        return "statements" if described.is_list(field) else "pairs"
    if described.is_list(field):
        return "texts"
    if described.choices(field):
        return "choice"
    simple: dict[str, Kind] = {"true or false": "switch", "a whole number": "number", "a secret reference": "secret"}
    return next((kind for start, kind in simple.items() if wanted.startswith(start)), "text")


def found(values: Mapping[str, Any], path: Path_) -> Any:
    """Give what a file says under a path; None where it says nothing."""
    place: Any = values
    for part in path:
        try:
            place = place[part]
        except (KeyError, IndexError, TypeError):
            return None
    return place

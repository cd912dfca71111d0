"""Read the schema: which keys a section has, what each means, what is allowed, and an example that is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from runbook_lib.parameters.scalars import ambiguity, meaning
from runbook_lib.parameters.schema import Environment
from runbook_lib.parameters.texts import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from runbook_lib.parameters.reading import Path_

REFERENCES = (
    "env:NAME, secretsmanager:NAME[#KEY], ssm:/NAME, generate:secretsmanager:NAME, prompt:secretsmanager:NAME "
    "or, for an administrator, prompt:NAME"
)
"""How a file names a secret."""


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give a section's fields by the names they have in a file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def everywhere(model: type[BaseModel] = Environment, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """List every key of the schema with its path, in order; entries of lists have no index."""
    for name, field in keys(model).items():
        yield (*path, name), field
        inner = section(field)
        if inner is not None:
            yield from everywhere(inner, (*path, name))


def section_at(path: Path_) -> type[BaseModel] | None:
    """Find the section at a path; None where there is none."""
    model: type[BaseModel] | None = Environment
    for part in path:
        if not isinstance(part, int) and model is not None:
            field = keys(model).get(part)
            model = section(field) if field else None
    return model


def at(path: Path_) -> FieldInfo | None:
    """Find a key's field; an entry of a list is looked up as the list."""
    names = [part for part in path if not isinstance(part, int)]
    model = section_at(tuple(names[:-1])) if names else None
    return keys(model).get(names[-1]) if model else None


def section(field: FieldInfo) -> type[BaseModel] | None:
    """Give the section that a field holds, alone or in a list."""
    return next((each for each in _parts(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel)), None)


def is_list(field: FieldInfo) -> bool:
    """Tell whether a field holds a list."""
    return get_origin(field.annotation) is tuple


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """List the words that a field takes, when it takes no others."""
    return tuple(each for each in _parts(field.annotation) if isinstance(each, str | int) and not isinstance(each, bool))


def says(field: FieldInfo) -> str:
    """Say what a key means: its description, or the first line of its section's docstring."""
    inner = section(field)
    if field.description or inner is None:
        return field.description or ""
    return (inner.__doc__ or "").strip().splitlines()[0].rstrip(".")


def wanted(field: FieldInfo, *, entry: bool = False) -> str:
    """Say as a noun what a key takes; `entry` asks about one entry of its list."""
    if is_list(field) and not entry:
        return "a list"
    if section(field) or dict in kinds(field):
        return "a section of keys"
    if words := choices(field):
        return " or ".join(str(each) for each in words)
    if bool in _parts(field.annotation):
        return "true or false"
    if int in _parts(field.annotation):
        low, high = bounds(field)
        return f"a whole number from {low} to {high}"
    kind = _wanted(field)
    return kind.words if kind else "a text"


def examples(field: FieldInfo) -> tuple[Any, Any]:
    """Give two values that a field takes and that differ wherever two can."""
    if words := choices(field):
        return words[0], words[-1]
    if bool in _parts(field.annotation):
        return False, True
    if int in _parts(field.annotation):
        return bounds(field)
    kind = _wanted(field)
    return kind.examples if kind else ("one", "another")


def has_example(field: FieldInfo) -> bool:
    """Tell whether the examples say more than that a text is wanted."""
    return _wanted(field) is not None or int in _parts(field.annotation)


def first(field: FieldInfo) -> Any:
    """Give the value to show as an example: a number's default, else the first example."""
    standing = default(field)
    return standing if isinstance(standing, int) else examples(field)[0]


def bounds(field: FieldInfo) -> tuple[int, int]:
    """Give the least and the greatest number that a field takes."""
    return (
        next(each.ge for each in field.metadata if hasattr(each, "ge")),
        next(each.le for each in field.metadata if hasattr(each, "le")),
    )


def unmistakable(path: Path_, text: str) -> str:
    """Say how to write a scalar so that every reader takes it for what the key wants."""
    field = at(path)
    kind = wanted(field) if field else ""
    if kind.startswith("a whole number"):
        return "write plain digits"
    if kind.startswith("a secret reference"):
        return f"write {REFERENCES}"
    if kind == "true or false":
        return "write true or false"
    return "quote it" if text.endswith("...") or " " in text else f'quote it: "{text}"'


def default(field: FieldInfo) -> Any:
    """Give what stands for a key that is not there; PydanticUndefined where it must be."""
    return PydanticUndefined if field.is_required() else field.get_default(call_default_factory=True)


def written(value: Any) -> str:
    """Write a scalar as it stands in a file: quoted where a reader could take it for something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    is_plain = bool(value) and value.isprintable() and not ambiguity(value) and isinstance(meaning(value), str)
    return value if is_plain and value[0].isalnum() and ": " not in value and " #" not in value else json.dumps(value, ensure_ascii=False)


def _wanted(field: FieldInfo) -> Wanted | None:
    return next((each for each in (*field.metadata, *_parts(field.annotation)) if isinstance(each, Wanted)), None)


def _parts(annotation: Any) -> Iterator[Any]:
    """List an annotation, its arguments and what is annotated to them, however deep."""
    yield annotation
    yield from getattr(annotation, "__metadata__", ())
    for each in get_args(annotation):
        yield from _parts(each)


def kinds(field: FieldInfo) -> set[Any]:
    """List what a field is made of, without what is in it: `dict`, `tuple`."""
    return {get_origin(each) for each in _parts(field.annotation)}

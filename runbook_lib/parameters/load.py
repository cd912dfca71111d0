"""Turn a parameter file, or the values of a notebook's parameters, into an Environment; report every problem at once."""

from __future__ import annotations

import copy
import difflib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters.reading import Document, dotted, read
from runbook_lib.parameters.rules import broken_rules
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runbook_lib.parameters.reading import Path_

RESERVED = {"approve", "record"}
# A value of these fields may be a secret pasted by mistake: it is never quoted.
UNQUOTED = {"password", "secret", "external_id"}


def load(path: Path) -> Environment:
    """Read and validate one file. Raises InvalidParameters; starts no client, kernel or connection."""
    document = read(path)
    return _validated(str(path), document)


def validate(values: Mapping[str, Any], source: str = "parameters") -> Environment:
    """Validate the values that papermill or a notebook hands in. Raises InvalidParameters without line numbers."""
    return _validated(source, Document(dict(values), {(): 0}))


def as_parameters(environment: Environment) -> dict[str, Any]:
    """Give the values that a notebook's parameters cell takes: what the file says, without its defaults."""
    return environment.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _validated(source: str, document: Document) -> Environment:
    problems = list(document.problems)
    told = {problem.field for problem in problems}
    problems += [
        Problem(document.line((key,)), key, "is given by the command, not by a file", "remove it")
        for key in document.values
        if key in RESERVED
    ]
    values = {key: value for key, value in document.values.items() if key not in RESERVED}
    environment, errors = _typed(values)
    problems += [each for error in errors if (each := _problem(error, document)).field not in told]
    told |= {problem.field for problem in problems}
    problems += [
        Problem(document.line(each.path), dotted(each.path), each.what, each.way_out)
        for each in broken_rules(environment, values)
        if dotted(each.path) not in told
    ]
    if problems or environment is None:
        raise InvalidParameters(source, set(problems))
    return environment


def _typed(values: dict[str, Any]) -> tuple[Environment | None, list[Any]]:
    """Validate types; where some are wrong, validate the rest too, so that the rules across fields are reported as well."""
    try:
        return Environment.model_validate(values), []
    except ValidationError as error:
        errors: list[Any] = error.errors(include_url=False, include_context=True)
    rest = copy.deepcopy(values)
    for each in errors:
        _dropped(rest, tuple(each["loc"]))
    try:
        return Environment.model_validate(rest), errors
    except ValidationError:
        return None, errors


def _dropped(values: Any, path: tuple[Any, ...]) -> None:
    """Take a wrong value out, so that its default stands for it."""
    for part in path[:-1]:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(values, dict):
        values.pop(path[-1], None)


def _problem(error: Any, document: Document) -> Problem:
    path: Path_ = tuple(part for part in error["loc"] if not (isinstance(part, str) and "[" in part))
    line, field = document.line(path), dotted(path)
    if error["type"] == "extra_forbidden":
        return Problem(line, field, "is not a known key", _nearest(path))
    if error["type"] == "missing":
        return Problem(line, field, "is missing", _meaning(path) or "add it")
    given = error["input"]
    is_secret = bool(UNQUOTED & {str(part) for part in path})
    shown = "the value" if is_secret or isinstance(given, dict | list) else repr(given) if given != "" else "an empty text"
    return Problem(line, field, f"{shown} is not allowed here: {_plain(error)}", _meaning(path) or "see parameters/schema.json")


PLAIN = {
    "string_type": "a text is wanted (quote it)",
    "int_type": "a whole number is wanted, without quotes or units",
    "bool_type": "true or false is wanted",
    "model_type": "a section of keys is wanted",
    "dict_type": "a section of keys is wanted",
    "tuple_type": "a list is wanted",
    "string_too_short": "it is empty or too short",
    "string_too_long": "it is too long",
    "greater_than_equal": "it is too small",
    "less_than_equal": "it is too large",
    "value_error": "a reference is wanted, never the secret itself",
}


def _plain(error: Any) -> str:
    context = error.get("ctx") or {}
    match error["type"]:
        case "string_pattern_mismatch":
            return f"it must match {context.get('pattern')}"
        case "literal_error":
            return f"one of {context.get('expected')} is wanted"
        case "greater_than_equal":
            return f"at least {context.get('ge')} is wanted"
        case "less_than_equal":
            return f"at most {context.get('le')} is wanted"
    return PLAIN.get(error["type"], str(error["msg"]))


def _nearest(path: Path_) -> str:
    known = _known(path[:-1])
    close = difflib.get_close_matches(str(path[-1]), known, 1, 0.5)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"


def _known(path: Path_) -> list[str]:
    model = _model(path)
    return sorted(field.alias or name for name, field in model.model_fields.items()) if model else []


def _model(path: Path_) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Environment
    for part in path:
        if isinstance(part, int) or model is None:
            continue
        field = next((each for name, each in model.model_fields.items() if part in (name, each.alias)), None)
        model = next(_models_in(field.annotation), None) if field else None
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in getattr(annotation, "__args__", ()):
        yield from _models_in(each)


def _meaning(path: Path_) -> str:
    """Give what the schema says about a key, as the way out."""
    model = _model(path[:-1]) if path else None
    field = next((f for n, f in model.model_fields.items() if path[-1] in (n, f.alias)), None) if model else None
    if field is None:
        return ""
    if "password" in path:
        return "write a reference: env:NAME, secretsmanager:NAME[#KEY], ssm:/NAME or generate:secretsmanager:NAME"
    return f"it is: {field.description}" if field.description else ""

"""Turn a parameter file, or the values of a notebook's parameters, into an Environment; report every problem at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters import described, public_keys, stand_ins, wording
from runbook_lib.parameters.reading import Document, dotted, read
from runbook_lib.parameters.rules import RULES, UNATTENDED_RULES, raw_rules
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from runbook_lib.parameters.broken import Broken, Rule
    from runbook_lib.parameters.reading import Path_

RESERVED = {"acknowledge", "approve", "record"}


def load(path: Path, *, is_attended: bool = False) -> Environment:
    """Read and validate one file. Raises InvalidParameters; starts no client, kernel or connection.

    Where nobody can answer, a file that has something asked for is refused.
    """
    return validated(str(path), read(path), is_attended=is_attended)


def kept(path: Path) -> Environment:
    """Read the parameters that a run kept: they were validated then, and today's rules may be others. Raises InvalidParameters."""
    environment, errors = _typed(read(path).values)
    if environment is None:
        raise InvalidParameters(str(path), (wording.problem(each, 0) for each in errors))
    return environment


def validate(values: Mapping[str, Any], source: str = "parameters") -> Environment:
    """Validate the values that papermill or a notebook hands in. Raises InvalidParameters without line numbers."""
    return validated(source, Document(dict(values), {(): 0}))


def as_parameters(environment: Environment) -> dict[str, Any]:
    """Give the values that a notebook's parameters cell takes: what the file says, without its defaults."""
    return environment.model_dump(mode="json", by_alias=True, exclude_unset=True)


def validated(source: str, document: Document, *, is_attended: bool = False) -> Environment:
    """Validate what was read. Raises InvalidParameters with every problem."""
    values = {key: each for key, each in document.values.items() if key not in RESERVED}
    found = Found(document)
    found.add(document.problems)
    found.add(
        Problem(document.line((key,)), key, "is given by the command, not by a file", "remove it")
        for key in document.values
        if key in RESERVED
    )
    found.add_broken(raw_rules(values))
    values, unreadable = public_keys.inlined(values)
    found.add_broken(unreadable)
    environment, errors = _typed(values)
    suggested = {(*loc[:-1], wording.alike(loc)) for each in errors if each["type"] == "extra_forbidden" for loc in [tuple(each["loc"])]}
    explained = [each for each in errors if each["type"] != "missing" or tuple(each["loc"]) not in suggested]
    found.add(wording.problem(each, document.line(tuple(each["loc"]))) for each in explained)
    rules = RULES if is_attended else (*RULES, *UNATTENDED_RULES)
    found.add_broken(_broken(environment, values, suggested, rules))
    if found.problems or environment is None:
        raise InvalidParameters(source, found.problems)
    return environment


class Found:
    """Collect problems: about each key only what was found first, since what follows may come from that."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def add(self, problems: Iterable[Problem]) -> None:
        """Add the problems of one kind; several of one kind may be about one key."""
        told = {each.field for each in self.problems if each.field}
        self.problems += [each for each in dict.fromkeys(problems) if each.field not in told]

    def add_broken(self, rules: Iterable[Broken]) -> None:
        """Add broken rules with their lines, but for those about what is already wrong, or lies in a section that is."""
        told = tuple(each.field for each in self.problems if each.field)
        around = tuple(f"{field}{sign}" for field in told for sign in ".[")
        broken = (Problem(self.document.line(each.path), dotted(each.path), each.what, each.way_out) for each in rules)
        self.problems += [each for each in dict.fromkeys(broken) if each.field not in told and not each.field.startswith(around)]


def _typed(values: dict[str, Any]) -> tuple[Environment | None, list[Any]]:
    try:
        return Environment.model_validate(values), []
    except ValidationError as error:
        return None, list(error.errors(include_url=False, include_context=False))


def _broken(environment: Environment | None, values: dict[str, Any], doubtful: set[Path_], rules: tuple[Rule, ...]) -> Iterator[Broken]:
    """Ask the rules across fields; where types are wrong, about what does not depend on those."""
    if environment is not None:
        for rule in rules:
            yield from rule(environment)
        return
    known = [path for path in doubtful if described.at(path) is not None]
    answers = [[each for rule in rules for each in rule(one)] for one in stand_ins.environments(values, known)]
    if answers:
        yield from (each for each in answers[0] if each in answers[1])

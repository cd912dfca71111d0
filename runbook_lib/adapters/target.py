"""Be the one target of the engine: AWS and both databases behind one port, each reached only when it is needed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from runbook_lib.adapters.aws.rights import permissions_of
from runbook_lib.adapters.connections import Connections
from runbook_lib.adapters.redshift.statements import read_by
from runbook_lib.adapters.refusals import unanswered
from runbook_lib.adapters.rotating import rotate
from runbook_lib.adapters.symbols import (
    filled_change,
    refuse_placeholders,
    symbols_of,
    with_names,
    with_symbols,
)
from runbook_lib.adapters.together import both, together
from runbook_lib.errors import TargetError, wrong_with
from runbook_lib.model import Inventory, Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.kms import Key, KeyAsked, KeyRotation, KeyStatement
from runbook_lib.resources.secretsmanager import Rotation
from runbook_lib.resources.warehouse import is_of_warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runbook_lib.adapters.aws.recording import Recorder
    from runbook_lib.adapters.aws.target import AwsTarget
    from runbook_lib.model import Change, Kinded, Question, Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Ended, ObjectStore, Secrets
    from runbook_lib.resources.rehearsals import Exercise
    from runbook_lib.resources.rights import Permission

WARMED = (
    "psycopg2", "psycopg2.extras", "sqlalchemy.dialects.postgresql.psycopg2", "sqlalchemy_redshift.dialect",
    "runbook_lib.adapters.aws.session", "runbook_lib.adapters.aws.target", "runbook_lib.adapters.redshift.target",
)  # fmt: skip
"""What is otherwise imported with the first question."""
K = TypeVar("K", bound="Kinded")


def connect(environment: Environment, *, recorder: Recorder | None = None) -> CompositeTarget:
    """Make the target of an environment. Nothing is reached, and no SDK is loaded, before the first question."""
    return CompositeTarget(Connections(environment, recorder))


def warm() -> None:
    """Import what an environment's target is made of and read what describes AWS's services, before anything is connected."""
    from importlib import import_module

    for name in WARMED:
        import_module(name)
    from runbook_lib.adapters.aws import descriptions

    descriptions.read()


def objects_of(environment: Environment, bucket: str) -> ObjectStore:
    """Reach the objects of a bucket in the environment's account."""
    from runbook_lib.adapters.aws.objects import BucketObjects

    return BucketObjects(Connections(environment).session(), bucket)


class CompositeTarget:
    """Route by what a value describes; symbols are filled before AWS hears of them and put back into what it tells."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @property
    def secrets(self) -> Secrets:
        """Give the store that resolves this environment's references."""
        return self._connections.secrets

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer the questions of AWS and of the databases at once. Raises GuardRefused."""
        sql, cloud = _parted(questions)
        answers, others = both(
            lambda: self._ask_aws(cloud),
            lambda: self._connections.warehouse().ask(sql) if sql else Inventory({}),
        )
        return answers.merged(others)

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there for each wanted resource, AWS and the databases at once. Raises GuardRefused."""
        sql, cloud = _parted(wanted)
        seen, others = both(
            lambda: self._observe_aws(cloud),
            lambda: self._connections.warehouse().observe(sql) if sql else {},
        )
        return {**seen, **others}

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group. Raises TargetError, before anything is sent when a text is not complete."""
        if changes:
            with self._written():
                self._write(changes)

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Make the changes of groups that do not build on each other at once, and tell what came of each."""
        with self._written():
            together(lambda changes: ended(changes, wrong_with(lambda: self._write(changes))), groups)

    def _write(self, changes: Sequence[Change]) -> None:
        if isinstance(after := changes[0].after, Rotation) and isinstance(before := changes[0].before, Rotation):
            rotate(before.version, after, self._connections)
            return
        if all(is_of_warehouse(change.subject) for change in changes):
            self._connections.warehouse().write(changes)
            return
        aws = self._connections.aws()
        sides = [side for change in changes for side in (change.before, change.after) if side is not None]
        names = {_address(key): arn for key in _keys(sides) if (arn := aws.key_arn(key))}
        ready = [filled_change(change, names) for change in changes]
        for change in ready:
            refuse_placeholders(change.subject)
        aws.write(ready)

    def sender(self, change: Change) -> Mapping[str, str]:
        """Tell as whom, and where, a change is sent; asks nobody."""
        if is_of_warehouse(change.subject):
            return self._connections.warehouse().sender(change)
        caller = self._connections.session().caller
        return {"caller": caller.arn, "account": caller.account, "endpoint": caller.endpoint} if caller is not None else {}

    def exercise(self, change: Change) -> Exercise:
        """Play a flow of the product as its own principals, or sweep up after one. Raises TargetError when nothing was made."""
        from runbook_lib.adapters.rehearsal import exercise

        with self._written():
            return exercise(change, self._connections)

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare what a use takes of AWS; no SDK is loaded for it."""
        return permissions_of(use, self._connections.environment)

    def calls(self, use: Question | Resource) -> tuple[str, ...]:
        """Name what a use is read by: the actions that it takes of AWS, or its statements."""
        if is_of_warehouse(use):
            return read_by(use)
        return tuple(dict.fromkeys(each.action for each in self.permissions(use)))

    def forget(self) -> None:
        """Ask everything anew from now on."""
        self._connections.forget()

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Let nothing that was read before a write count within it or after it."""
        self.forget()
        try:
            yield
        finally:
            self.forget()

    def close(self) -> None:
        """Let the connections go; the next question makes new ones."""
        self._connections.close()

    def _ask_aws(self, questions: Sequence[Question]) -> Inventory:
        if not questions:
            return Inventory({})
        aws = self._connections.aws()
        names, refusals = _names(aws, [each for each in questions if isinstance(each, KeyAsked)])
        filled = {each: with_names(each, names) for each in questions}
        unnamed = {each: _refusal(asked, refusals) for each, asked in filled.items() if isinstance(asked, KeyAsked) and symbols_of(asked)}
        named = [each for each in filled if each not in unnamed]
        answers: dict[Question, Any] = dict(zip(named, aws.answers([filled[each] for each in named]), strict=True))
        return Inventory({**answers, **unnamed})

    def _observe_aws(self, wanted: Sequence[Resource]) -> dict[str, Observation]:
        if not wanted:
            return {}
        aws = self._connections.aws()
        names, refusals = _names(aws, wanted)
        filled = [with_names(each, names) for each in wanted]
        seen: dict[int, Observation] = {id(each): Observation(refusal=refusal) for each in filled if (refusal := _refusal(each, refusals))}
        named = [each for each in filled if id(each) not in seen and not _is_on_unnamed_key(each)]
        seen |= {id(each): found for each, found in zip(named, aws.observations(named), strict=True)}
        return {
            each.address: _symbolised(seen.get(id(asked), Observation()), each, names) for each, asked in zip(wanted, filled, strict=True)
        }


def _names(aws: AwsTarget, values: Iterable[Kinded]) -> tuple[dict[str, str], dict[str, Unanswered]]:
    """Look up what the symbols stand for, by address; where that fails, say why."""
    keys = sorted(_keys(values))
    found = dict(zip(map(_address, keys), together(lambda key: _arn(aws, key), keys), strict=True))
    refusals = {address: arn for address, arn in found.items() if isinstance(arn, Unanswered)}
    return {address: arn for address, arn in found.items() if isinstance(arn, str) and arn}, refusals


def _arn(aws: AwsTarget, key: str) -> str | Unanswered:
    try:
        return aws.key_arn(key)
    except TargetError as error:
        return unanswered(error)


def _refusal(value: Kinded, refusals: Mapping[str, Unanswered]) -> Unanswered | None:
    """Say why a symbol that is left in a value could not be looked up; None when nothing is there yet."""
    return next((refusals[each] for each in symbols_of(value) if each in refusals), None)


def _address(key: str) -> str:
    return f"{Key.kind}/{key}"


def _keys(values: Iterable[Kinded]) -> set[str]:
    """Collect the names of the keys that values refer to by symbol."""
    prefix = _address("")
    return {each.removeprefix(prefix) for value in values for each in symbols_of(value) if each.startswith(prefix)}


def _is_on_unnamed_key(resource: Resource) -> bool:
    """Tell whether a resource sits on a key that does not exist: then it does not either."""
    return isinstance(resource, KeyRotation | KeyStatement) and resource.key.startswith("@(")


def _symbolised(seen: Observation, wanted: Resource, names: Mapping[str, str]) -> Observation:
    if seen.value is None:
        return seen
    return Observation(with_symbols(seen.value, wanted, names), seen.is_ours, seen.refusal)


def _parted(values: Sequence[K]) -> tuple[list[K], list[K]]:
    """Part what is the databases' from the rest."""
    sql = [each for each in values if is_of_warehouse(each)]
    return sql, [each for each in values if not is_of_warehouse(each)]

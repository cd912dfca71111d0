"""Find what differs between two environments: pure but for reading the stages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib import engine
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.matrix import matrix
from runbook_lib.engine.plan import desired
from runbook_lib.fleet.twins.imagined import Imagined
from runbook_lib.fleet.twins.naming import INSTANCE, NAME, folding, given, instance, naming, own, texts
from runbook_lib.fleet.twins.schema_names import schemas
from runbook_lib.model import Resource
from runbook_lib.parameters.reading import dotted
from runbook_lib.stages import all_stages
from runbook_lib.views.twins import NOTHING, CallDifference, KeyDifference, ResourceDifference, Twins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.documents.proof.matrix import Line
    from runbook_lib.fleet.twins.naming import Names
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.reading import Path_
    from runbook_lib.views.twins import Kind

Pair = tuple["Environment", "Environment"]
WHERE = ("aws.account", "aws.region")
"""Keys that say nothing but where everything is."""


def compared(one: Environment, other: Environment, today: str) -> Twins:
    """Compare what two parameter files say, what they have set up, and what their principals may then do."""
    pair = (one, other)
    names = schemas(pair)
    (first, unknown), (second, more) = (_wanted(env, names, today) for env in pair)
    resources = tuple(_resources(pair, first, second))
    return Twins(
        one.environment, other.environment, tuple(_keys(pair)), resources, tuple(_calls(pair)), tuple(dict.fromkeys((*unknown, *more)))
    )


def _keys(pair: Pair) -> Iterator[KeyDifference]:
    """List the keys that differ, defaults filled in; secrets are references in both."""
    names = naming(pair[0])
    # By the instance alone too: an address of it may hold a word that is by chance what one environment is called.
    folds = [[folding(some(env)) for env in pair] for some in (own, instance, lambda env: instance(env) | own(env))]
    dumped = [env.model_dump(mode="json", by_alias=True) for env in pair]
    for path, one, other in _leaves((), *dumped):
        key = dotted(path)
        how: Kind = "otherwise"
        if key == "environment" or (key not in WHERE and any(_is_alike(first(one), second(other)) for first, second in folds)):
            how = "alike"
        elif key in names and one and other:
            how = "named"
        yield KeyDifference(key, _said(one), _said(other), how)


def _is_alike(one: Any, other: Any) -> bool:
    """Tell whether two folded values are one. That a value is just a name may be chance, as with an environment that is called legacy."""
    return bool(one == other) and one not in (NAME, INSTANCE)


def _leaves(path: Path_, one: Any, other: Any) -> Iterator[tuple[Path_, Any, Any]]:
    match one, other:
        case dict(), dict():
            for key in dict.fromkeys((*one, *other)):
                yield from _leaves((*path, key), one.get(key), other.get(key))
        case list(), list() if len(one) == len(other):
            for number, both in enumerate(zip(one, other, strict=True)):
                yield from _leaves((*path, number), *both)
        case _ if one != other:
            yield path, one, other


def _said(value: Any) -> str:
    return NOTHING if value is None else value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


Wanted = dict[tuple[str, str], dict[str, Any]]
"""Resources as JSON, by stage and address."""


def _wanted(env: Environment, names: tuple[str, ...], today: str) -> tuple[Wanted, list[str]]:
    """Collect what every stage wants in an empty account over the imagined warehouse, and what it cannot say."""
    world, found, unknown = Imagined(env, names, today), Wanted(), list[str]()
    for stage in all_stages():
        if stage.idle(env):
            continue
        inventory, refusals = engine.inventory_of(stage.parts, env, world)
        wishes = desired(stage, env, inventory, refusals)
        lasting = (each for each in wishes.resources if not each.leaves_nothing)
        found |= {(stage.title, each.address): each.model_dump(mode="json") for each in lasting}
        unknown += [f"{each.address} of {env.environment}: {each.reason}" for each in wishes.owed]
    return found, unknown


def _resources(pair: Pair, first: Wanted, second: Wanted) -> Iterator[ResourceDifference]:
    shared = frozenset(_texts(first)) & frozenset(_texts(second))
    one, other = (_folded(each, folding(names, shared)) for each, names in zip((first, second), _differing(pair), strict=True))
    for key in dict.fromkeys((*one, *other)):
        if one.get(key) != other.get(key):
            found = ResourceDifference(*key, one.get(key), other.get(key))
            # Two documents may be written differently and mean the same.
            if found.one is None or found.other is None or found.lines:
                yield found


def _differing(pair: Pair) -> tuple[Names, Names]:
    """Keep the names that are not the same in both."""
    one, other = map(given, pair)
    same = one.items() & other.items()
    return dict(one.items() - same), dict(other.items() - same)


def _texts(wanted: Wanted) -> Iterator[str]:
    return (text for value in wanted.values() for text in texts(value))


def _folded(found: Wanted, fold: Callable[[Any], Any]) -> dict[tuple[str, str], Resource]:
    folded = {}
    for (stage, _), value in found.items():
        resource = Resource.decode({**fold(value), "kind": value["kind"]})
        if isinstance(resource, Resource):
            folded[stage, resource.address] = resource
    return folded


def _calls(pair: Pair) -> Iterator[CallDifference]:
    """Put the ledger to both environments' policies; keep what ends otherwise. Of a principal that only one has, the number is enough."""
    one, other = (_lines(env) for env in pair)
    both = {line.actor for line in one.values()} & {line.actor for line in other.values()}
    for name in dict.fromkeys((*one, *other)):
        lines = one.get(name), other.get(name)
        if any(each is not None and each.actor in both for each in lines):
            states = tuple(each.state if each is not None else "" for each in lines)
            if states[0] != states[1]:
                yield CallDifference(name, *states)
    for actor in dict.fromkeys(line.actor for line in (*one.values(), *other.values()) if line.actor not in both):
        yield CallDifference(actor, _number(one, actor), _number(other, actor))


def _lines(env: Environment) -> dict[str, Line]:
    found = matrix(env, wanted(env))
    return {line.name: line for line in (*found.calls, *found.probes)}


def _number(lines: dict[str, Line], actor: str) -> str:
    states = [line.state for line in lines.values() if line.actor == actor]
    return f"{states.count('allowed')} allowed of {len(states)}" if states else ""

"""Which flows a rehearsal plays, and what its steps showed."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from runbook_lib.documents.buckets import bucket_names
from runbook_lib.documents.keys import keys_in_use
from runbook_lib.documents.proof.ledger import actors
from runbook_lib.documents.rehearsal import is_twin, of_server, of_user
from runbook_lib.resources.files import TodayAsked
from runbook_lib.resources.kms import KeyAsked
from runbook_lib.resources.rehearsals import ExerciseAsked, UnfinishedAsked, subject_question, subjects
from runbook_lib.resources.s3 import BucketAsked
from runbook_lib.stages import _apart
from runbook_lib.stages._judging import advised, broken, kept, listed, unknown
from runbook_lib.stages._rehearsal import exercised
from runbook_lib.stages._server import identity, instance_asks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.model import Inventory, Judgement, Question, Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.kms import KeyAnswer
    from runbook_lib.resources.rehearsals import Exercise, ExerciseAnswer, Flow, Rehearsal, Step
    from runbook_lib.resources.s3 import BucketAnswer

TODAY = TodayAsked()
ROWS: dict[Flow, tuple[str, ...]] = {
    "files": ("B1", "B2", "C2", "C4", "E3"),
    "orchestration": ("C1", "C2", "C3", "C4", "C5", "D1", "D3", "E2", "E3"),
    "unload_and_copy": ("A5", "B2", "C4"),
    "source_user": ("G4", "G6"),
    "destination_user": ("H3", "H3a", "H3b", "H3c"),
}
IN_DESTINATION: tuple[Flow, ...] = ("destination_user", "unload_and_copy")
OF_USERS: tuple[Flow, ...] = ("source_user", "destination_user")
EVALUATED = "rehearsal: evaluate in the parameter file: nothing is played"
SESSION = re.compile(r"arn:\S+:assumed-role/([^/\s]+)/\S+")
PLAY = "plan, read the change, approve its digest and apply"
AGAIN = "plan, read the change, approve its digest and apply: it is played again"
BY_NAME = r"aws:principalarn|aws:userid|aws:username"
"""Condition keys under which a twin is somebody else than its role."""


def wanted(env: Environment, inventory: Inventory, flow: Flow) -> Rehearsal:
    """Describe a flow as this environment wants it played. Raises Unanswered when it is not known which role the server has."""
    if flow in OF_USERS:
        return of_user(env, flow)
    return of_server(env, flow, identity(env, inventory).role)


def is_wanted(env: Environment, flow: Flow) -> bool:
    """Tell whether the parameter file has a flow played."""
    return env.rehearsal == "exercise" and (flow != "orchestration" or env.is_legacy)


def desired(*flows: Flow) -> Callable[[Environment, Inventory], Iterator[Resource]]:
    """Want flows played; nothing where the parameter file does not say so."""

    def desire(env: Environment, inventory: Inventory) -> Iterator[Resource]:
        for flow in flows:
            if is_wanted(env, flow):
                # What is done in the destination must not be done in the source.
                if flow in IN_DESTINATION:
                    _apart.refuse_undecided(env, inventory)
                yield wanted(env, inventory, flow)

    return desire


def server_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the instance, where something is played."""
    return instance_asks(env) if env.rehearsal == "exercise" else ()


def apart_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the instance, and whether the databases are two."""
    return (*instance_asks(env), *_apart.asks(env)) if env.rehearsal == "exercise" else ()


def asked(flow: Flow) -> Callable[[Environment], tuple[Question, ...]]:
    """Ask for the newest exercise of a flow, where it is played, and for what else decides about a role."""

    def asks(env: Environment) -> tuple[Question, ...]:
        if not is_wanted(env, flow):
            return ()
        holders = () if flow in OF_USERS else (*map(_bucket, bucket_names(env)), *map(_key, keys_in_use(env)))
        apart = _apart.asks(env) if flow in IN_DESTINATION else ()
        return (*server_asks(env), *apart, ExerciseAsked(flow=flow), UnfinishedAsked(flow=flow), TODAY, *holders)

    return asks


def then(flow: Flow) -> Callable[[Environment, Inventory], tuple[Question, ...]]:
    """Ask whose roles and users they are by now."""
    return lambda env, found: tuple(map(subject_question, wanted(env, found, flow).acts_as)) if is_wanted(env, flow) else ()


def judged(flow: Flow) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Judge a flow step by step, as it was last played."""

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        if not is_wanted(env, flow):
            yield kept("V2 has no queue and no function" if env.rehearsal == "exercise" else EVALUATED, grade="")
            return
        if flow in IN_DESTINATION:
            _apart.refuse_undecided(env, inventory)
        now = wanted(env, inventory, flow)
        found: ExerciseAnswer | None = inventory[ExerciseAsked(flow=flow)]
        if inventory[UnfinishedAsked(flow=flow)]:
            detail = f"it was stopped, or could not remove all that it made: {listed(now.touches)}"
            yield broken(detail, "apply again: what is left is removed first", address=now.address)
        elif found is None:
            yield broken("it was not played yet", PLAY, address=now.address)
        elif found.exercise.rehearsal != now:
            yield broken(f"it was last played on {_day(found)}, with other policies or names", AGAIN, address=now.address)
        elif found.exercise.subjects != subjects(now.acts_as, inventory):
            detail = f"it was last played on {_day(found)}, as roles or users that were made anew since"
            yield broken(detail, AGAIN, address=now.address)
        else:
            yield from _exercise(env, inventory, found)

    return judge


def _exercise(env: Environment, inventory: Inventory, found: ExerciseAnswer) -> Iterator[Judgement]:
    exercise, grade = found.exercise, exercised(env)
    days = (dt.date.fromisoformat(inventory[TODAY]) - dt.date.fromisoformat(_day(found))).days
    age = "today" if days < 1 else f"{days} days ago" if days > 1 else "yesterday"
    good, doubt = sum(each.is_good for each in exercise.steps), _doubt(env, inventory, exercise.rehearsal)
    for number, step in enumerate(exercise.steps):
        judgement = _step(env, exercise, step)
        if doubt and "assumed-role/" in step.principal and judgement.verdict in {"kept", "broken"}:
            judgement = unknown(doubt, "run it on the instance itself (server.metadata)", claim=judgement.claim)
        asked = _behind(exercise.rehearsal.flow, number)
        yield judgement.model_copy(update={"rows": _rows(env, exercise.rehearsal.flow, step), "asked": asked})
    if left := (*exercise.left, *_versions(env, inventory, exercise.rehearsal)):
        yield broken(listed(left), "remove it by hand", claim="nothing is left of it", grade=grade)
    how = "through a twin, " if _is_through_twin(env, exercise.rehearsal) else ""
    yield kept(
        f"{how}{good} of {len(exercise.steps)} steps, {age} ({exercise.at}), record {found.record}", claim="it was played", grade=grade
    )


def _behind(flow: Flow, number: int) -> tuple[str, ...]:
    """Refer to a step as it was played, when that was, and the record that has it."""
    asked = ExerciseAsked(flow=flow).asked_as
    return tuple(f"{asked}#/{part}" for part in (f"exercise/steps/{number}", "exercise/at", "record"))


def _rows(env: Environment, flow: Flow, step: Step) -> tuple[str, ...]:
    """Name the rows of a flow that a step proves: those for whose sake the call ledger has what it took; all where it has nothing."""
    taken = {each.partition(" ")[0] for each in step.permissions}
    told = {row for actor in actors(env) for call in actor.calls if call.action in taken for row in call.rows}
    return tuple(row for row in ROWS[flow] if row in told) or ROWS[flow]


def _step(env: Environment, exercise: Exercise, step: Step) -> Judgement:
    grade, took = exercised(env), listed(step.permissions)
    who = SESSION.sub(r"\1", step.principal)
    claim = f"{who}: {step.name}" if not step.has_to_fail else f"{who} is refused: {step.name}"
    if step.is_good:
        return kept(took, claim=claim, grade=grade)
    if exercise.is_gap(step):
        return advised(f"{took}: {step.detail}", "policy_style: scoped has it", claim=f"known vendor gap: {claim}", grade=grade)
    match step.ended:
        case "done":
            return broken(f"it is allowed {took}", "have the policy or the grant that allows it narrowed", claim=claim, grade=grade)
        case "refused":
            return broken(f"{took}: {step.detail}", f"allow it, then {AGAIN}", claim=claim, grade=grade)
        case "left out":
            return unknown(f"{took}: {step.detail}", "mend the step before it", claim=claim)
        case "undecided":
            return unknown(f"{took}: {step.detail}", AGAIN, claim=claim)
    return broken(f"{took}: {step.detail}", f"read the message; {AGAIN}", claim=claim, grade=grade)


def _bucket(name: str) -> Question:
    return BucketAsked(name=name)


def _key(reference: str) -> Question:
    return KeyAsked(key=reference)


def _is_through_twin(env: Environment, rehearsal: Rehearsal) -> bool:
    return any("/" not in name and is_twin(env, name, rehearsal.acts_as[0]) for name in rehearsal.acts_as)


def _doubt(env: Environment, inventory: Inventory, rehearsal: Rehearsal) -> str:
    """Say why what a twin may tells nothing about its role: a policy of a bucket or a key names the role itself."""
    if rehearsal.flow in OF_USERS or not _is_through_twin(env, rehearsal):
        return ""
    roles = "|".join(
        re.escape(f"role{env.roles.path}{name}") + "|" + re.escape(f'/{name}"') for name in rehearsal.acts_as if "/" not in name
    )
    named = [holder for holder, text in _resource_policies(env, inventory) if re.search(f"{BY_NAME}|{roles}", text, re.IGNORECASE)]
    return f"it was played through a twin, and the policy of {listed(tuple(named))} names the role itself" if named else ""


def _resource_policies(env: Environment, inventory: Inventory) -> Iterator[tuple[str, str]]:
    for name in bucket_names(env):
        bucket: BucketAnswer | None = inventory[_bucket(name)]
        yield name, bucket.policy if bucket is not None else ""
    for reference in keys_in_use(env):
        key: KeyAnswer | None = inventory[_key(reference)]
        yield f"key {reference}", key.policy if key is not None else ""


def _versions(env: Environment, inventory: Inventory, rehearsal: Rehearsal) -> tuple[str, ...]:
    """Name the buckets that keep versions of what was removed."""
    if rehearsal.flow in OF_USERS:
        return ()
    buckets = [(name, inventory[_bucket(name)]) for name in bucket_names(env)]
    return tuple(
        f"versions of what was removed from {name}" for name, bucket in buckets if bucket is not None and bucket.versioning == "Enabled"
    )


def _day(found: ExerciseAnswer) -> str:
    return found.exercise.at[:10]

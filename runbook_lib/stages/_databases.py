"""What both database stages share: administrators, users, passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runbook_lib.documents.commands import aws_artefacts
from runbook_lib.documents.scripts import offline_script, script
from runbook_lib.documents.sql import user_name
from runbook_lib.model import Unanswered
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked, Rotation, Secret, version_of
from runbook_lib.resources.warehouse import Grants, SessionAnswer, SessionAsked, Side, UsersAsked
from runbook_lib.secrets import parse_reference
from runbook_lib.stages._judging import advised, broken, kept, owed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.model import Inventory, Judgement, Question, Resource
    from runbook_lib.parameters import Environment

ADMIN = "warehouse admin"
TYPED = "apply this stage in JupyterLab: a password that is not stored yet is asked for there, hidden"
SIDES: tuple[Side, ...] = ("source", "destination")


def own_secret(env: Environment, side: Side) -> tuple[Secret, ...]:
    """Want the secret of a password that is generated or typed once, where the user's reference asks for one."""
    reference = parse_reference(env.side(side).user.password)
    if not reference.is_filled_here:
        return ()
    version = version_of(reference.name, env.side(side).user.rotation)
    value: Literal["generated", "typed"] = "typed" if reference.source == "typed" else "generated"
    return (Secret(name=reference.name, version=version, value=value, tags=env.tags),)


def rotation(env: Environment, side: Side) -> Iterator[Rotation]:
    """Want the version of a generated password that the file's word stands for; without a word, whichever there is."""
    user = env.side(side).user
    for secret in own_secret(env, side):
        if secret.version:
            yield Rotation(side=side, user=user.name, secret=secret.name, version=secret.version)


def session_judge(side: Side) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Judge whether the administrator is logged in and may grant: where not, this is the one row that is broken for it."""

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        answer = _session(inventory, side)
        place = f"{answer.user} in {answer.database} on {answer.host}"
        if not answer.is_superuser:
            way_out = "let a superuser log in (admin:), or hand over the stage's SQL file"
            yield owed(f"{place} is no superuser: svv_table_info and others' schemas cannot be granted", way_out, ADMIN)
            return
        tls = "over TLS" if answer.tls else "without TLS"
        yield kept(
            f"{place}, {tls}, {answer.version}".rstrip(", "),
            grade="exercised live" if not env.aws.endpoint else "read back",
        )

    return judge


def _session(inventory: Inventory, side: Side) -> SessionAnswer:
    """Give a side's session. Raises Unanswered: broken where nobody gets in, though what that keeps from being asked is unknown."""
    try:
        answer: SessionAnswer = inventory[SessionAsked(side=side)]
    except Unanswered as refusal:
        if refusal.verdict != "unknown":
            raise
        raise Unanswered(refusal.reason, "broken", refusal.by, refusal.way_out, refusal.address) from None
    return answer


def judge_log_ins(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Say which log-in makes a database user by itself: a plan logs in too, so there it is not without a trace."""
    for side in SIDES:
        place = env.side(side)
        if place.admin.login != "cluster_credentials":
            yield kept(f"{side}: login is {place.admin.login}", grade="")
        elif place.workgroup:
            made = "makes the caller's own database user at the first log-in, in a plan too; nothing turns that off"
            way_out = f"if that is not wanted: {side}.admin.login: managed_secret or password"
            yield advised(f"{side}: workgroup {place.workgroup} {made}", way_out, grade="")
        else:
            yield kept(f"{side}: {place.admin.user} of cluster {place.cluster} has to be there (AutoCreate is off)", grade="")


def password_asks(side: Side) -> Callable[[Environment], tuple[Question, ...]]:
    """Ask whether the user's password reference resolves to what Redshift accepts, unless it is generated."""

    def asks(env: Environment) -> tuple[Question, ...]:
        user = env.side(side).user
        if parse_reference(user.password).source == "generate":
            return ()
        return (ReferenceAsked(reference=user.password, user=user.name),)

    return asks


def password_judge(side: Side) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Judge the password before it is used; its value is never seen here."""

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        questions = password_asks(side)(env)
        if not questions:
            yield kept("it is generated and kept in Secrets Manager")
            return
        answer: ReferenceAnswer = inventory[questions[0]]
        reference = env.side(side).user.password
        if not answer.resolves and parse_reference(reference).source == "typed":
            yield owed(f"{reference} gives no password yet", TYPED, ADMIN)
        elif not answer.resolves:
            yield owed(f"{reference} names nothing that can be read from here", "set it, or run where it is set", ADMIN)
        elif answer.broken_rules:
            yield broken(f"{reference} lacks: {'; '.join(answer.broken_rules)}", "set a password that Redshift accepts")
        else:
            yield kept(f"{reference} resolves and satisfies Redshift's rules")

    return judge


def user_state(env: Environment, inventory: Inventory, side: Side) -> bool | None:
    """Tell whether the product's user is a superuser; None when there is no such user."""
    users: dict[str, bool] = dict(inventory[UsersAsked(side=side)])
    return users.get(env.side(side).user.name)


def user_judge(side: Side, *, superuser: bool) -> Callable[[Environment, Inventory], Judgement]:
    """Judge that the product's user exists with the wanted power."""

    def judge(env: Environment, inventory: Inventory) -> Judgement:
        name, state = env.side(side).user.name, user_state(env, inventory, side)
        if state is None:
            return broken(f"there is no user {name}", "apply this stage")
        if state and not superuser:
            return broken(f"{name} is a superuser, which reads and drops everything", f"ALTER USER {user_name(name)} NOCREATEUSER;")
        if superuser and not state:
            return broken(f"{name} is no superuser", "plan this stage, read the change, apply it")
        return kept(f"{name} exists and is {'a' if superuser else 'no'} superuser")

    return judge


def artefacts(env: Environment, desired: tuple[Resource, ...], side: Side) -> dict[str, str]:
    """Write a side's SQL, and the commands that store a password which the runbook would store.

    Where the schemas are not known, the script asks for them itself.
    """
    is_known = any(isinstance(each, Grants) and each.side == side and each.on != "table" for each in desired)
    is_superuser = side == "destination" and env.destination.preserve_ownership and bool(desired)
    text = script(desired, side, env) if is_known or is_superuser else offline_script(side, env)
    return {**aws_artefacts(env, own_secret(env, side), f"{side}_password"), f"{side}_database.sql": text}

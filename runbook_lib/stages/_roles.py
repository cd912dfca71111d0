"""What every role has to show: exact policies, nothing foreign, a size that IAM accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runbook_lib.documents.commands import removal_command
from runbook_lib.documents.keys import choices_in_use
from runbook_lib.model import Unanswered, Unwanted
from runbook_lib.parameters import OWNER_TAG
from runbook_lib.policy.canonical import canonical as canonical_document
from runbook_lib.resources.iam import AttachedPolicy, ManagedPolicyAsked, Role, RoleAnswer, RoleAsked, RolePolicy
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.resources.symbols import filled, symbol, symbols_in
from runbook_lib.stages._judging import advised, broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.policies import Named
    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

INLINE_LIMIT = 10_240
"""Characters that a role's inline policies may hold together, whitespace apart (IAM quotas)."""


def role_policies(role: str, policies: Named) -> Iterator[RolePolicy]:
    """Want each policy inline on a role."""
    for name, document in policies:
        yield RolePolicy(role=role, name=name, document=document)


def created_key_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the keys that policies name by symbol."""
    return tuple(KeyAsked(key=symbol(f"kms_key/{each.create}")) for each in choices_in_use(env) if each.create)


def role_answer(name: str, inventory: Inventory) -> RoleAnswer:
    """Give a role. Raises Unanswered (broken) when there is none of that name."""
    answer: RoleAnswer | None = inventory[RoleAsked(name=name)]
    if answer is None:
        way_out = "apply this stage, or correct the role's name"
        raise Unanswered(f"there is no role {name}", verdict="broken", way_out=way_out, address=f"{Role.kind}/{name}")
    return answer


def judge_policy(inventory: Inventory, role: RoleAnswer, name: str, policies: Named) -> Judgement:
    """Compare one inline policy with what is wanted, as values: order and notation do not count."""
    wanted = dict(policies)[name]
    found = dict(role.inline).get(name, "")
    real = _with_arns(inventory, wanted)
    address = RolePolicy(role=role.name, name=name, document=wanted).address
    if found and _with_arns(inventory, found) == real:
        return kept(f"{name} on {role.name} is exactly as wanted", address=address)
    state = "differs from what is wanted" if found else "is missing"
    return broken(f"{name} on {role.name} {state}", "plan this stage, read the difference, apply it", address=address)


def judge_foreign(env: Environment, role: RoleAnswer, policies: Named) -> Iterator[Judgement]:
    """Name every policy on a role that is not ours, with the command that takes it off."""
    foreign = foreign_policies(role, policies)
    if not foreign:
        yield kept(f"{role.name} carries only what this runbook attached")
    for each in foreign:
        name = each.arn if isinstance(each, AttachedPolicy) else each.name
        way_out = f"if nobody needs it: {removal_command(each)}"
        if is_ours(env, role):
            yield broken(f"{role.name} also carries {name}", way_out, address=each.address)
        else:
            yield advised(f"{role.name}, which is not ours, also carries {name}", way_out, address=each.address)


def judge_size(env: Environment, role: RoleAnswer | None, name: str, policies: Named) -> Judgement:
    """Add up what is wanted and what else the role has inline."""
    others = [document for key, document in (role.inline if role else ()) if key not in dict(policies)]
    total = sum(len("".join(lengthened(env, text).split())) for text in (*dict(policies).values(), *others))
    if total <= INLINE_LIMIT:
        return kept(f"{total:,} of {INLINE_LIMIT:,} characters are used", grade="evaluated offline")
    way_out = "move what the role had into a managed policy, or split extra_statements off into one"
    return broken(f"{total:,} characters inline on {name}, IAM takes {INLINE_LIMIT:,}", way_out, grade="evaluated offline")


def boundary_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the boundary that created roles get."""
    arn = env.roles.permissions_boundary
    return (ManagedPolicyAsked(arn=arn),) if arn else ()


def judge_boundary(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the boundary to being there; what it cuts off is a matter of the rehearsal."""
    arn = env.roles.permissions_boundary
    if not arn:
        yield kept("no boundary is asked for", grade="")
    elif inventory[ManagedPolicyAsked(arn=arn)] is None:
        yield broken(f"there is no policy {arn}", "correct roles.permissions_boundary, or let an administrator create it")
    else:
        yield kept(f"{arn} exists; 90_rehearsal shows what it cuts off")


def unwanted(env: Environment, role: RoleAnswer | None, policies: Named) -> Iterator[Unwanted]:
    """Ask for the removal of foreign policies, where the file says so and the role carries our tag."""
    if env.exclusive_policies and role is not None and is_ours(env, role):
        for each in foreign_policies(role, policies):
            yield Unwanted(resource=each)


def foreign_policies(role: RoleAnswer, policies: Named) -> tuple[RolePolicy | AttachedPolicy, ...]:
    """List the policies on a role that are not wanted; one of our own names that is out of use counts too."""
    inline = [RolePolicy(role=role.name, name=name, document=text) for name, text in role.inline if name not in dict(policies)]
    return (*inline, *(AttachedPolicy(role=role.name, arn=arn) for arn in role.attached))


def is_ours(env: Environment, role: RoleAnswer) -> bool:
    """Tell whether a role carries our tag and was not taken over from somebody."""
    return (OWNER_TAG, env.environment) in role.tags and f"iam_role/{role.name}" not in env.adopt


def _with_arns(inventory: Inventory, document: str) -> str:
    """Put in the ARNs of created keys, in canonical form again."""
    if not symbols_in(document):
        return document
    arns: dict[str, str] = {}
    for address in symbols_in(document):
        answer: KeyAnswer | None = inventory[KeyAsked(key=symbol(address))]
        arns |= {address: answer.arn} if answer is not None else {}
    return canonical_document(json.loads(filled(document, arns)))


def lengthened(env: Environment, document: str) -> str:
    """Put a key ARN of real length in place of each symbol."""
    arn = env.arn("kms", "key/00000000-0000-0000-0000-000000000000")
    return filled(document, dict.fromkeys(symbols_in(document), arn))

"""Say what a reviewer has to look at first: which risks a change carries, and which of them are acknowledged one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, get_args

from runbook_lib.parameters import OWNER_TAG
from runbook_lib.policy.widening import is_wider
from runbook_lib.resources.ec2 import InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.kms import KeyAlias, KeyStatement
from runbook_lib.resources.s3 import BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Rotation
from runbook_lib.resources.warehouse import DatabaseUser, DefaultPrivileges, Grants, Ownership

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from runbook_lib.model import Change, Plan, Resource

Risk = Literal["makes a superuser", "widens access", "changes ownership", "deletes", "replaces", "takes over"]
"""The words that people read, in the order in which a reviewer reads them."""
RISKS: tuple[Risk, ...] = get_args(Risk)
ACKNOWLEDGED: frozenset[Risk] = frozenset({"makes a superuser", "widens access", "changes ownership", "deletes"})
_REPLACED = (InstanceProfileRole, ProfileAssociation, KeyAlias, Rotation)
"""What holds one thing only: another one in its place ends what worked with the first."""


def risks(change: Change, made: AbstractSet[str] = frozenset()) -> tuple[Risk, ...]:
    """List the risks of a change, the gravest first; none for what only adds something new.

    `made` are the addresses that the same approval makes (`made_by`): to give access to what is made with it widens nothing.
    """
    return tuple(each for each in RISKS if _CARRIES[each](change, made))


def needs_acknowledgement(change: Change, made: AbstractSet[str] = frozenset()) -> tuple[Risk, ...]:
    """List the risks for which a change is acknowledged by itself; none where the digest alone is approved."""
    return tuple(each for each in risks(change, made) if each in ACKNOWLEDGED)


def made_by(plans: Iterable[Plan]) -> frozenset[str]:
    """List what plans make anew."""
    return frozenset(change.address for plan in plans for change in plan.changes if change.before is None)


def to_acknowledge(plans: Iterable[Plan]) -> dict[str, tuple[Risk, ...]]:
    """Give the changes of one approval that are acknowledged by themselves, with the risks of each: by address, the gravest first."""
    together = tuple(plans)
    made = made_by(together)
    found = ((change.address, needs_acknowledgement(change, made)) for plan in together for change in plan.changes)
    return dict(sorted((each for each in found if each[1]), key=lambda each: rank(each[1])))


def rank(found: tuple[Risk, ...]) -> int:
    """Give the place of a change among others by its risks: 0 for the gravest, one more than all risks for none."""
    return RISKS.index(found[0]) if found else len(RISKS)


def _makes_superuser(change: Change, _made: AbstractSet[str]) -> bool:
    return _is_superuser(change.after) and not _is_superuser(change.before)


def _is_superuser(user: Resource | None) -> bool:
    return isinstance(user, DatabaseUser) and user.superuser


def _widens(change: Change, made: AbstractSet[str]) -> bool:
    before, after = change.before, change.after
    match change.subject:
        case Role() | BucketSetting():
            return before is not None and _gives_more(before, after)
        case subject:
            return (before is not None or subject.holder not in made) and _gives_more(before, after)


def _gives_more(before: Resource | None, after: Resource | None) -> bool:
    match after if after is not None else before:
        case RolePolicy() | KeyStatement() | BucketStatement():
            return is_wider(_document(before), _document(after))
        case Grants() | DefaultPrivileges():
            return not _reached(after) <= _reached(before)
        case Role():
            return isinstance(after, Role) and isinstance(before, Role) and _lets_more(before, after)
        case BucketSetting(setting="public_access_block"):
            return not _blocked(before) <= _blocked(after)
        case AttachedPolicy() | InstanceProfileRole() | ProfileAssociation():
            return after is not None and after != before
    return False


def _document(resource: Resource | None) -> str | None:
    match resource:
        case RolePolicy(document=document):
            return document
        case KeyStatement(statement=statement) | BucketStatement(statement=statement):
            return json.dumps({"Version": "2012-10-17", "Statement": [json.loads(statement)]})
    return None


def _reached(resource: Resource | None) -> set[object]:
    match resource:
        case Grants(objects=objects):
            return set(objects)
        case DefaultPrivileges(schemas=schemas):
            return set(schemas)
    return set()


def _lets_more(before: Role, after: Role) -> bool:
    """Tell whether more may assume a role, or its boundary is not the same any more; a first boundary only narrows."""
    return is_wider(before.trust, after.trust) or before.permissions_boundary not in ("", after.permissions_boundary)


def _blocked(setting: Resource | None) -> set[str]:
    return {name for name, is_on in json.loads(setting.value).items() if is_on} if isinstance(setting, BucketSetting) else set()


def _changes_ownership(change: Change, _made: AbstractSet[str]) -> bool:
    return isinstance(change.subject, Ownership)


def _deletes(change: Change, _made: AbstractSet[str]) -> bool:
    """Tell whether something goes or is left waiting for its deletion; what a rehearsal left over is no loss."""
    before, after = change.before, change.after
    if before is None or before.leaves_nothing:
        return False
    return after is None or after == before.once_removed()


def _replaces(change: Change, _made: AbstractSet[str]) -> bool:
    return change.verb == "update" and isinstance(change.subject, _REPLACED)


def _takes_over(change: Change, _made: AbstractSet[str]) -> bool:
    """Tell whether an existing thing gets our tag."""
    return change.verb == "update" and OWNER_TAG in _tags(change.after) and OWNER_TAG not in _tags(change.before)


def _tags(resource: Resource | None) -> Iterator[str]:
    return (name for name, _ in getattr(resource, "tags", ()))


_CARRIES: dict[Risk, Callable[[Change, AbstractSet[str]], bool]] = {
    "makes a superuser": _makes_superuser,
    "widens access": _widens,
    "changes ownership": _changes_ownership,
    "deletes": _deletes,
    "replaces": _replaces,
    "takes over": _takes_over,
}

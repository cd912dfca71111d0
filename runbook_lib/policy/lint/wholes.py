"""Rules about a document as a whole: what is granted twice, and a key that nobody could manage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.policy.lint.finding import DOCUMENT, LintFinding, found, listed
from runbook_lib.policy.lint.globs import covers
from runbook_lib.policy.lint.lookup import expanded, fits_type, is_arn

if TYPE_CHECKING:
    from runbook_lib.policy.lint.reading import Reading
    from runbook_lib.policy.lint.statements import Statement


def duplicate_grant(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find actions that another statement, or another action of this one, grants already."""
    if not statement.is_allow or statement.is_not_action or statement.is_not_resource or statement.is_not_principal:
        return
    place = next(place for place, each in enumerate(reading.statements) if each is statement)
    others = [(other, each) for other, each in enumerate(reading.statements) if _may_cover(each, statement)]
    twice: dict[str, list[str]] = {}
    for action in statement.actions:
        if any(_is_repeated(action, each, statement.actions) for each in statement.actions):
            twice.setdefault("this statement itself", []).append(action)
            continue
        where = next((each.label for other, each in others if _covers(each, statement, action, is_earlier=other < place)), "")
        if where:
            twice.setdefault(where, []).append(action)
    for where, actions in twice.items():
        what = f"repeats {listed(tuple(each[:60] for each in actions))}, which {where} grants"
        yield found("duplicate-grant", statement.label, what, "take it out: removing one of two grants removes nothing")


def _is_repeated(action: str, other: str, actions: tuple[str, ...]) -> bool:
    """Tell whether another action of the same statement names this one too; of two equal ones the later repeats."""
    if other is action or not covers(other.lower(), action.lower()):
        return False
    return not covers(action.lower(), other.lower()) or actions.index(other) < actions.index(action)


def _may_cover(other: Statement, statement: Statement) -> bool:
    negated = other.is_not_action or other.is_not_resource or other.is_not_principal
    same = other is not statement and other.is_allow and set(other.principals) == set(statement.principals)
    return same and not negated and set(other.conditions) <= set(statement.conditions)


def _covers(other: Statement, statement: Statement, action: str, *, is_earlier: bool) -> bool:
    """Tell whether another statement grants an action wherever this one does; of two that say the same the later repeats."""
    if not _has(other, action) or not _reaches(other, statement, action):
        return False
    is_mutual = set(other.conditions) == set(statement.conditions) and any(
        covers(action.lower(), each.lower()) and _reaches(statement, other, each) for each in other.actions
    )
    return is_earlier or not is_mutual


def _has(statement: Statement, action: str) -> bool:
    return any(covers(each.lower(), action.lower()) for each in statement.actions)


def _reaches(wide: Statement, narrow: Statement, action: str) -> bool:
    wanted = _relevant(narrow.resources, action)
    is_reached = all(any(covers(each, arn) for each in wide.resources) for arn in wanted)
    return is_reached and (bool(wanted) or not narrow.resources)


def _relevant(resources: tuple[str, ...], action: str) -> tuple[str, ...]:
    """Choose the resources that an action is asked for on, where the reference tells."""
    named = expanded(action)
    if not any(one.types for _, one in named):
        return resources
    pairs = {(service.prefix, name) for service, one in named for name in one.types}
    return tuple(arn for arn in resources if arn == "*" or not is_arn(arn) or any(fits_type(*pair, arn) for pair in pairs))


def key_lockout(reading: Reading) -> Iterator[LintFinding]:
    """Find a key policy that lets nobody of the account change it; KMS refuses such a one."""
    if reading.kind != "key" or not reading.is_whole or any(_manages(each) for each in reading.statements):
        return
    way_out = "add a statement that allows kms:* to the account's root: without it no IAM policy has effect on the key"
    yield found("key-lockout", DOCUMENT, "lets nobody change the key's policy", way_out)


def _manages(statement: Statement) -> bool:
    is_ours = any(kind == "AWS" for kind, _ in statement.principals) and not statement.is_not_principal
    return statement.is_allow and is_ours and not statement.conditions and _has(statement, "kms:PutKeyPolicy")

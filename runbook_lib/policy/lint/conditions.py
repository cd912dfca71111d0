"""Rules about conditions: keys that never come, and those that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.policy.lint.finding import LintFinding, eased, found, listed
from runbook_lib.policy.lint.globs import covers, is_pattern
from runbook_lib.policy.lint.lookup import GLOBAL_KEYS, Named, expanded, fits_type, is_arn, is_read, knows, split

if TYPE_CHECKING:
    from runbook_lib.policy.lint.reading import Reading
    from runbook_lib.policy.lint.statements import Statement

SOURCES = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
OWNERS = frozenset({"aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount", "s3:dataaccesspointaccount"})
_TAKES_ROLE = ("ec2.", "ecs-tasks.", "lambda.", "pods.eks.")
"""Services that run what is the account's own: AWS documents no source for the roles that they take."""
_NO_SOURCE = "somebody else's resources use the service too"


def condition_key(statement: Statement, _reading: Reading) -> Iterator[LintFinding]:
    """Find keys that no request for an action carries: known for some of the actions is a warning, for none an error."""
    if statement.is_not_action or any(each == "*" or not is_read(each) for each in statement.actions):
        return
    groups = {pattern: named for pattern in statement.actions if (named := expanded(pattern))}
    for key in dict.fromkeys(each.key for each in statement.conditions):
        lost = tuple(pattern for pattern, named in groups.items() if not _any_knows(named, key))
        if lost:
            mild = eased("warning", when=len(lost) < len(groups))
            what = f"asks for {key[:60]}, which no request for {listed(lost)} carries"
            yield found("condition-key", statement.label, what, _way_out(key), mild)


def _any_knows(named: tuple[Named, ...], key: str) -> bool:
    return any(knows(each, key) for each in named)


def _way_out(key: str) -> str:
    if key.lower().startswith("aws:") and key.lower() not in GLOBAL_KEYS:
        return "correct the key, or ask for it only beside actions that know it"
    return "ask for it in a statement of its own, beside actions that know it"


def pass_role(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find iam:PassRole to whatever service."""
    passes = not statement.is_not_action and any(covers(each.lower(), "iam:passrole") for each in statement.actions)
    if passes and statement.is_allow and "iam:passedtoservice" not in statement.narrowing_keys:
        mild = eased("note", when=reading.kind == "boundary")
        way_out = "add StringEquals iam:PassedToService with the one service that takes the role"
        yield found("pass-role", statement.label, "lets the role be passed to any service", way_out, mild)


def resource_account(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find S3 resources with a wildcard in the bucket's name: names are global, so that they reach strangers' buckets."""
    is_about_others = reading.kind in {"identity", "boundary"} and not (statement.is_not_action or statement.is_not_resource)
    if not statement.is_allow or not is_about_others or OWNERS & statement.narrowing_keys:
        return
    named = [
        (service, action) for each in statement.actions for service, action in expanded(each) if service.prefix == "s3" and action.types
    ]
    types = {name for _, action in named for name in action.types}
    wide = tuple(each for each in statement.resources if _is_any_bucket(each) and any(fits_type("s3", name, each) for name in types))
    if wide:
        mild = eased("note", when=reading.kind == "boundary")
        what = f"reaches buckets of every account by {listed(tuple(each[:80] for each in wide))}"
        way_out = "add StringEquals aws:ResourceAccount, or name the buckets"
        yield found("resource-account", statement.label, what, way_out, mild)


def _is_any_bucket(arn: str) -> bool:
    if arn == "*":
        return True
    if not is_arn(arn):
        return False
    _, _, service, _, account, name = split(arn)
    return covers(service, "s3") and account in {"", "*"} and is_pattern(name.partition("/")[0])


def service_principal(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find services that are let in whoever uses them; a role that a service takes to run our own code needs no source."""
    if not statement.is_allow or statement.is_not_principal or SOURCES & statement.narrowing_keys:
        return
    services = tuple(name for kind, name in statement.principals if kind == "Service")
    if reading.kind == "trust":
        services = tuple(each for each in services if not each.startswith(_TAKES_ROLE))
    if services:
        what = f"lets {listed(services)} in for anybody: {_NO_SOURCE}"
        way_out = "add StringEquals aws:SourceAccount, and ArnLike aws:SourceArn where the source is known"
        yield found("service-principal", statement.label, what, way_out)


def public(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find an Allow for everybody, without a condition; naming who is left out lets everybody else in."""
    if not statement.is_allow or reading.kind in {"identity", "boundary"}:
        return
    if statement.is_not_principal:
        yield found("public", statement.label, "allows everybody but those whom NotPrincipal names", "name who is allowed")
    elif not statement.conditions and any(name == "*" for _, name in statement.principals):
        yield found("public", statement.label, "allows everybody", "name the principals, or add a condition such as aws:PrincipalAccount")

"""Answer who calls, what a role is, what a managed policy says, and what the caller may do."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.iam import attached_policies
from runbook_lib.adapters.aws.tags import read_tags
from runbook_lib.model import Unanswered
from runbook_lib.policy import canonical
from runbook_lib.resources.iam import (
    CallerAnswer,
    ManagedPolicyAsked,
    RightsAsked,
    RoleAnswer,
    RoleAsked,
)

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader


def caller(reader: Reader) -> CallerAnswer:
    """State who calls, as the guard found it."""
    identity = reader.session.identity()
    return CallerAnswer(
        account=identity.account,
        arn=identity.arn,
        partition=identity.partition,
        region=reader.session.environment.aws.region,
        endpoint=identity.endpoint,
        foreign_endpoints=reader.session.foreign_settings(),
    )


def role(question: RoleAsked, reader: Reader) -> RoleAnswer | None:
    """Read a role with everything it carries."""
    answer = reader.maybe("iam", "get_role", f"iam_role/{question.name}", RoleName=question.name)
    if answer is None:
        return None
    found = answer["Role"]
    names = sorted(reader.pages("iam", "list_role_policies", "PolicyNames", RoleName=question.name))
    inline = [(name, reader.maybe("iam", "get_role_policy", RoleName=question.name, PolicyName=name)) for name in names]
    return RoleAnswer(
        name=found["RoleName"],
        arn=found["Arn"],
        path=found["Path"],
        trust=canonical(found["AssumeRolePolicyDocument"]),
        permissions_boundary=found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        tags=read_tags(found.get("Tags", [])),
        inline=tuple((name, canonical(each["PolicyDocument"])) for name, each in inline if each is not None),
        attached=attached_policies(question.name, reader),
        id=found["RoleId"],
    )


def managed_policy(question: ManagedPolicyAsked, reader: Reader) -> str | None:
    """Read the default version of a managed policy."""
    answer = reader.maybe("iam", "get_policy", PolicyArn=question.arn)
    if answer is None:
        return None
    version = answer["Policy"]["DefaultVersionId"]
    found = reader.read("iam", "get_policy_version", PolicyArn=question.arn, VersionId=version)
    return canonical(found["PolicyVersion"]["Document"])


def refused_calls(question: RightsAsked, reader: Reader) -> tuple[tuple[str, str], ...]:
    """Ask IAM's simulator, as the caller, which calls would be refused."""
    principal = _policy_source(reader)
    refused: set[tuple[str, str]] = set()
    for resource, calls in groupby(sorted(question.calls, key=lambda call: call[1]), key=lambda call: call[1]):
        names = (action for action, _ in calls)
        while actions := list(islice(names, 50)):
            refused |= {(action, resource) for action in _refused(actions, resource, principal, reader)}
    return tuple(call for call in question.calls if call in refused)


def _refused(actions: list[str], resource: str, principal: str, reader: Reader) -> list[Any]:
    results = reader.pages(
        "iam",
        "simulate_principal_policy",
        "EvaluationResults",
        PolicySourceArn=principal,
        ActionNames=actions,
        ResourceArns=[resource],
    )
    return [each["EvalActionName"] for each in results if each["EvalDecision"] != "allowed"]


def _policy_source(reader: Reader) -> str:
    """Give the user's or role's ARN of the caller; a session's ARN lacks the path of its role."""
    arn = reader.session.identity().arn
    name = arn.rsplit(":", 1)[1]
    if name == "root":
        raise Unanswered("the caller is the account's root user, whose rights the simulator does not tell")
    if not name.startswith("assumed-role/"):
        return arn
    return str(reader.read("iam", "get_role", RoleName=name.split("/")[1])["Role"]["Arn"])

"""Answer who calls, what a role is, what a managed policy says, and what the caller may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.iam import attached_policies
from runbook_lib.adapters.aws.simulating import simulate
from runbook_lib.adapters.aws.tags import read_tags
from runbook_lib.adapters.together import both, together
from runbook_lib.model import Unanswered
from runbook_lib.policy import canonical
from runbook_lib.policy.lint.globs import is_pattern
from runbook_lib.policy.lint.lookup import expanded, knows
from runbook_lib.resources.iam import (
    CallerAnswer,
    ManagedPolicyAsked,
    RoleAnswer,
    RoleAsked,
    RolePolicy,
)
from runbook_lib.resources.rights import RefusedAnswer
from runbook_lib.resources.simulation import SimulatedCall, SimulationAsked

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rights import Permission, RefusedAsked
    from runbook_lib.resources.simulation import Simulated

_OF_IAM = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where requests to IAM go, whatever the region of the rest (IAM user guide, "aws:RequestedRegion"; botocore's endpoints)."""


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
    inline, attached = both(lambda: _inline(question.name, reader), lambda: attached_policies(question.name, reader))
    return RoleAnswer(
        name=found["RoleName"],
        arn=found["Arn"],
        path=found["Path"],
        trust=canonical(found["AssumeRolePolicyDocument"]),
        permissions_boundary=found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        tags=read_tags(found.get("Tags", [])),
        inline=inline,
        attached=attached,
        id=found["RoleId"],
    )


def _inline(role: str, reader: Reader) -> tuple[tuple[str, str], ...]:
    names = sorted(reader.pages("iam", "list_role_policies", "PolicyNames", RoleName=role))
    prefix = f"{RolePolicy.kind}/{role}"
    found = together(lambda name: reader.maybe("iam", "get_role_policy", f"{prefix}/{name}", RoleName=role, PolicyName=name), names)
    return tuple((name, canonical(each["PolicyDocument"])) for name, each in zip(names, found, strict=True) if each is not None)


def managed_policy(question: ManagedPolicyAsked, reader: Reader) -> str | None:
    """Read the default version of a managed policy."""
    answer = reader.maybe("iam", "get_policy", PolicyArn=question.arn)
    if answer is None:
        return None
    version = answer["Policy"]["DefaultVersionId"]
    found = reader.read("iam", "get_policy_version", PolicyArn=question.arn, VersionId=version)
    return canonical(found["PolicyVersion"]["Document"])


def refused_permissions(question: RefusedAsked, reader: Reader) -> RefusedAnswer:
    """Ask IAM's simulator, as the caller, which permissions he lacks; what it cannot know leaves a refusal undecided."""
    calls = {each: _call(each, reader.session.environment) for each in question.permissions}
    asked = SimulationAsked(principal=_policy_source(reader), calls=tuple(calls.values()))
    told = zip(calls, simulate(asked, reader), strict=True)
    lacking = {each: _doubt(each, answer) for each, answer in told if answer.decision != "allowed"}
    return RefusedAnswer(
        refused=tuple(each for each, doubt in lacking.items() if not doubt),
        undecided=tuple((each, doubt) for each, doubt in lacking.items() if doubt),
    )


def _call(permission: Permission, env: Environment) -> SimulatedCall:
    """Spell out what the request carries: what is declared, and what every request of ours does."""
    region = _OF_IAM[env.aws.partition] if permission.action.startswith("iam:") else env.aws.region
    always = (("aws:RequestedRegion", region), ("aws:SecureTransport", "true"))
    context = sorted((*always, *permission.context))
    return SimulatedCall(action=permission.action, resource=permission.resource, context=tuple((key, (value,)) for key, value in context))


def _doubt(permission: Permission, told: Simulated) -> str:
    """Say why a refusal is no verdict; empty where it is one. All keys that any policy asks for count as missing, also of other actions."""
    if not told.decision:
        return "the answer does not tell of it"
    named = expanded(permission.action)
    missing = tuple(key for key in told.missing if not named or any(knows(each, key) for each in named))
    if missing:
        return f"it depends on {', '.join(missing)}, which only the real request tells"
    if told.by_organisation:
        return "the organisation's policies do not allow it, and which context keys these ask for is not told"
    if permission.resource != "*" and is_pattern(permission.resource):
        return "it is refused on the pattern, and may be allowed on what there is"
    return ""


def _policy_source(reader: Reader) -> str:
    """Give the user's or role's ARN of the caller; a session's ARN lacks the path of its role."""
    arn = reader.session.identity().arn
    name = arn.rsplit(":", 1)[1]
    if name == "root":
        raise Unanswered("the caller is the account's root user, whose rights the simulator does not tell")
    if not name.startswith("assumed-role/"):
        return arn
    return str(reader.read("iam", "get_role", RoleName=name.split("/")[1])["Role"]["Arn"])

"""Look actions, types of resource and condition keys up in the service reference; each answer is kept."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from runbook_lib.policy.lint.globs import matcher, overlap
from runbook_lib.policy.lint.statements import VARIABLE
from runbook_lib.policy.reference import Action, Service, reference

_PARTS = 6
_LONGEST = 2048
_BUCKET = ":::${BucketName}"
"""A bucket's name holds no slash, other names may: actions of buckets on `/*` are the commonest mistake of all."""
_OF_PRINCIPAL = """
aws:PrincipalArn aws:PrincipalAccount aws:PrincipalOrgPaths aws:PrincipalOrgID aws:PrincipalIsAWSService aws:PrincipalServiceName
aws:PrincipalServiceNamesList aws:PrincipalType aws:userid aws:username
"""
_OF_SESSION = """
aws:AssumedRoot aws:FederatedProvider aws:TokenIssueTime aws:SignInSessionArn aws:MultiFactorAuthAge aws:MultiFactorAuthPresent
aws:ChatbotSourceArn aws:Ec2InstanceSourceVpc aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIdentity ec2:RoleDelivery ec2:SourceInstanceArn
glue:RoleAssumedBy glue:CredentialIssuingService codebuild:BuildArn codebuild:ProjectArn lambda:SourceFunctionArn ssm:SourceInstanceArn
identitystore:UserId
"""
_OF_NETWORK = """
aws:SourceIp aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp
"""
_OF_RESOURCE_AND_REQUEST = """
aws:ResourceAccount aws:ResourceOrgID aws:ResourceOrgPaths aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:CalledViaAWSMCP
aws:ViaAWSService aws:ViaAWSMCPService aws:CurrentTime aws:EpochTime aws:referer aws:RequestedRegion aws:SecureTransport aws:SourceAccount
aws:SourceArn aws:SourceOrgID aws:SourceOrgPaths aws:UserAgent aws:IsMcpServiceAction
"""
GLOBAL_KEYS = frozenset((_OF_PRINCIPAL + _OF_SESSION + _OF_NETWORK + _OF_RESOURCE_AND_REQUEST).lower().split())
"""Keys that any request may carry: the table of the IAM user guide's "AWS global condition context keys"; tags stand with each action."""
_ANY_PRINCIPAL_TAG = "aws:principaltag/"
Named = tuple[Service, Action]


@lru_cache(maxsize=4096)
def expanded(pattern: str) -> tuple[Named, ...]:
    """List the actions that an action of a policy names; none for one of a service that the reference was not read for."""
    prefix, _, name = pattern.lower().partition(":")
    service = reference().services.get(prefix)
    if service is None:
        return ()
    if name in service.actions:
        return ((service, service.actions[name]),)
    is_named = matcher(name).fullmatch
    return tuple((service, action) for lower, action in service.actions.items() if is_named(lower))


def is_read(pattern: str) -> bool:
    """Tell whether the reference was read for the service of an action."""
    return pattern.lower().partition(":")[0] in reference().services


@lru_cache(maxsize=1024)
def alike(pattern: str) -> str:
    """Give the action that a wrong one was probably meant to be, or nothing."""
    prefix, _, name = pattern.lower().partition(":")
    service = reference().services.get(prefix)
    near = get_close_matches(name, service.actions, 1) if service is not None and len(name) < _LONGEST // 32 else []
    return f"{prefix}:{service.actions[near[0]].name}" if service is not None and near else ""


def is_arn(text: str) -> bool:
    """Tell whether a text has the form of an ARN, wildcards and variables included."""
    return text.startswith("arn:") and len(text) <= _LONGEST and len(split(text)) == _PARTS


def split(arn: str) -> list[str]:
    """Take an ARN apart; a variable stands for any text."""
    return VARIABLE.sub("*", arn).split(":", _PARTS - 1)


@lru_cache(maxsize=16384)
def fits_type(prefix: str, name: str, arn: str) -> bool:
    """Tell whether an ARN of a policy may name a resource of a type: part by part, since wildcards do not cross colons."""
    form = reference().services[prefix].types[name].arn
    if form.endswith(_BUCKET) and "/" in arn:
        return False
    return arn == "*" or all(overlap(ours, theirs) for ours, theirs in zip(split(form), split(arn), strict=True))


def fits(named: Named, resources: tuple[str, ...]) -> bool:
    """Tell whether an action is asked for on a resource that is named."""
    service, action = named
    return any(fits_type(service.prefix, name, arn) for name in action.types for arn in resources)


def knows(named: Named, key: str) -> bool:
    """Tell whether requests for an action carry a condition key; an identity provider's own keys have its name before the colon."""
    lower = key.lower()
    if lower in GLOBAL_KEYS or lower.startswith(_ANY_PRINCIPAL_TAG):
        return True
    exact, heads = _keys(named[0].prefix, named[1].name.lower())
    takes_providers = "Federat" in named[1].name or named[1].name.startswith(("AssumeRoleWith", "TagSession"))
    return lower in exact or lower.startswith(heads) or (takes_providers and "." in lower.partition(":")[0])


@lru_cache(maxsize=4096)
def _keys(prefix: str, action: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Divide an action's keys into whole ones and the heads of those that a policy completes, `${Name}` or `<name>` in the reference."""
    service = reference().services[prefix]
    keys = {each.lower(): each.lower().partition("${")[0].partition("<")[0] for each in service.keys_of(service.actions[action])}
    return frozenset(key for key, head in keys.items() if key == head), tuple(head for key, head in keys.items() if key != head)

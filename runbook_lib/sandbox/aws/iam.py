"""IAM's and EC2's own refusals that moto lacks: broken trusts, missing boundaries, full roles, profiles that are not there."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, as_query, error, is_error
from runbook_lib.sandbox.aws.principals import first_missing, iam

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

INLINE = {"role": ("RoleName", 10_240), "user": ("UserName", 2048), "group": ("GroupName", 5120)}
"""How long all inline policies of one holder may be together, without white space."""
MANAGED_LIMIT = 6144
SHORTEST, LONGEST = 3600, 43_200


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {
        "iam:CreateRole": _role,
        "iam:UpdateRole": _role,
        "iam:UpdateAssumeRolePolicy": _role,
        "iam:PutRolePermissionsBoundary": _role,
        **{f"iam:Put{kind.title()}Policy": partial(_inline, kind=kind) for kind in INLINE},
        "iam:CreatePolicy": _managed,
        "iam:CreatePolicyVersion": _managed,
        "iam:RemoveRoleFromInstanceProfile": _remove,
        "iam:ListInstanceProfileTags": _profile_tags,
        "ec2:AssociateIamInstanceProfile": _associate,
        "ec2:ModifyInstanceMetadataOptions": _metadata,
    }


def _role(call: Call, proceed: Proceed) -> Answer:
    refusal = _trust(call) or _session(call)
    boundary = call.text("PermissionsBoundary")
    if refusal is None and boundary and not _is_managed(call, boundary):
        refusal = error(call, 404, "NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.")
    return refusal or proceed()


def _trust(call: Call) -> Answer | None:
    text = call.text("AssumeRolePolicyDocument") or call.text("PolicyDocument")
    if not text:
        return None
    statements = _statements(text)
    if not statements or not all(each.get("Principal") for each in statements):
        return _malformed(call, "This policy contains invalid Json" if statements is None else "Missing required field Principal")
    missing = first_missing(call, statements)
    return _malformed(call, f'Invalid principal in policy: "AWS":"{missing}"') if missing else None


def _session(call: Call) -> Answer | None:
    seconds = call.text("MaxSessionDuration")
    if not seconds or SHORTEST <= int(seconds) <= LONGEST:
        return None
    bound = "less than or equal to 43200" if int(seconds) > LONGEST else "greater than or equal to 3600"
    message = f"Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value {bound}"
    return error(call, 400, "ValidationError", f"1 validation error detected: {message}")


def _is_managed(call: Call, arn: str) -> bool:
    return arn in iam(call).managed_policies or ":iam::aws:policy/" in arn


def _inline(call: Call, proceed: Proceed, kind: str) -> Answer:
    field, limit = INLINE[kind]
    text, name = call.text("PolicyDocument"), call.text(field)
    holder = next((each for each in list(getattr(iam(call), f"{kind}s").values()) if each.name == name), None)
    if _names_a_principal(text):
        return _malformed(call, "Policy document should not specify a principal.")
    if holder is not None:
        others = [each for policy, each in holder.policies.items() if policy != call.text("PolicyName")]
        if sum(map(_length, (*others, text))) > limit:
            return error(call, 409, "LimitExceeded", f"Maximum policy size of {limit} bytes exceeded for {kind} {name}")
    return proceed()


def _managed(call: Call, proceed: Proceed) -> Answer:
    text = call.text("PolicyDocument")
    if _names_a_principal(text):
        return _malformed(call, "Policy document should not specify a principal.")
    if _length(text) > MANAGED_LIMIT:
        return error(call, 409, "LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED_LIMIT}")
    return proceed()


def _names_a_principal(text: str) -> bool:
    return any("Principal" in each or "NotPrincipal" in each for each in _statements(text) or ())


def _length(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def _statements(text: str) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        return None
    listed = found if isinstance(found, list) else [found]
    return listed if all(isinstance(each, dict) for each in listed) else None


def _malformed(call: Call, message: str) -> Answer:
    return error(call, 400, "MalformedPolicyDocument", message)


def _profile(call: Call, name: str) -> Any:
    return next((each for each in iam(call).instance_profiles.values() if each.name == name), None)


def _remove(call: Call, proceed: Proceed) -> Answer:
    profile, role = _profile(call, call.text("InstanceProfileName")), call.text("RoleName")
    if profile is not None and role not in {each.name for each in profile.roles}:
        return error(call, 404, "NoSuchEntity", f"Cannot remove role {role} from instance profile {profile.name}: it is not in it.")
    return proceed()


def _profile_tags(call: Call, _proceed: Proceed) -> Answer:
    profile = _profile(call, call.text("InstanceProfileName"))
    if profile is None:
        return error(call, 404, "NoSuchEntity", f"Instance Profile {call.text('InstanceProfileName')} cannot be found.")
    return as_query(call, {"IsTruncated": False, "Tags": list(profile.tags)})


def _associate(call: Call, proceed: Proceed) -> Answer:
    answer = proceed()
    if is_error(answer) and b"NoSuchEntity" in answer[2]:
        given = call.text("IamInstanceProfile.Name") or call.text("IamInstanceProfile.Arn")
        message = f"Value ({given}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        return error(call, 400, "InvalidParameterValue", message)
    return answer


def _metadata(call: Call, proceed: Proceed) -> Answer:
    """Keep the options that a call does not name: moto sets them back to their defaults."""
    from moto.ec2.models import ec2_backends

    options = {each.id: each.metadata_options for each in ec2_backends[call.account][call.region].all_instances()}
    answer = proceed()
    if is_error(answer):
        return answer
    instance = ec2_backends[call.account][call.region].get_instance(call.text("InstanceId"))
    kept = {
        "HttpTokens": "http_tokens", "HttpPutResponseHopLimit": "http_put_response_hop_limit", "HttpEndpoint": "http_endpoint",
        "HttpProtocolIpv6": "http_protocol_ipv6", "InstanceMetadataTags": "instance_metadata_tags",
    }  # fmt: skip
    for parameter, attribute in kept.items():
        if parameter not in call.parameters:
            setattr(instance.metadata_options, attribute, getattr(options[instance.id], attribute))
    return answer

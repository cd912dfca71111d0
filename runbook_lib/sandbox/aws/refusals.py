"""Refuse as AWS does: who the caller is cannot be told, or he may not do what he asks. Codes and words are those of each protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runbook_lib.sandbox.aws.answers import Answer, error

if TYPE_CHECKING:
    from runbook_lib.policy import Layer
    from runbook_lib.sandbox.aws.requests import Call

Doubt = Literal["key", "token", "signature", "time", "expired"]
"""What is wrong with a call's credentials: an unknown or inactive key, a wrong token, signature or clock, or their time is over."""
_INVALID = "The security token included in the request is invalid."
_UNLIKE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
)
_LATE = "Signature expired: the request was signed more than 15 minutes from now"
_OVER = "The security token included in the request is expired"
_DOUBTS: dict[str, dict[Doubt, tuple[int, str, str]]] = {
    "query": {
        "key": (403, "InvalidClientTokenId", _INVALID),
        "token": (403, "InvalidClientTokenId", _INVALID),
        "signature": (403, "SignatureDoesNotMatch", _UNLIKE),
        "time": (403, "SignatureDoesNotMatch", _LATE),
        "expired": (403, "ExpiredToken", _OVER),
    },
    "json": {
        "key": (400, "UnrecognizedClientException", _INVALID),
        "token": (400, "UnrecognizedClientException", _INVALID),
        "signature": (400, "InvalidSignatureException", _UNLIKE),
        "time": (400, "InvalidSignatureException", _LATE),
        "expired": (400, "ExpiredTokenException", _OVER),
    },
    "s3": {
        "key": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        "token": (400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
        "signature": (403, "SignatureDoesNotMatch", _UNLIKE.replace("AWS Secret Access Key", "key")),
        "time": (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        "expired": (400, "ExpiredToken", "The provided token has expired."),
    },
    "ec2": {
        "key": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        "token": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        "signature": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        "time": (400, "RequestExpired", "Request has expired."),
        "expired": (400, "RequestExpired", "Request has expired."),
    },
}
_POLICIES: dict[Layer, str] = {
    "identity": "identity-based policy", "boundary": "permissions boundary", "session": "session policy",
    "organisation": "service control policy", "resource": "resource-based policy", "none": "identity-based policy",
}  # fmt: skip


def doubted(call: Call, doubt: Doubt) -> Answer:
    """Refuse a call whose credentials are not good."""
    by_protocol = {"rest-json": "json", "json": "json"}
    family = "query" if call.service == "sqs" else call.service if call.service in _DOUBTS else by_protocol.get(call.protocol, "query")
    status, code, message = _DOUBTS[family][doubt]
    return error(call, 403 if call.protocol == "rest-json" else status, code, message)


def because(action: str, layer: Layer, *, explicitly: bool) -> str:
    """Say which layer refuses an action, in AWS's words."""
    is_trust = action == "sts:AssumeRole" and layer == "resource"
    policy = "role trust policy" if is_trust else _POLICIES[layer]
    if explicitly:
        article = "the" if is_trust else "an" if policy.startswith("identity") else "a"
        return f"with an explicit deny in {article} {policy}"
    return f"because no {policy} allows the {action} action"


def denied(call: Call, action: str, resource: str, layer: Layer = "identity", *, explicitly: bool = False) -> Answer:
    """Refuse an action on a resource, and say who may not and which layer refuses it."""
    if call.service == "sqs" and action.startswith("sqs:"):
        action = action.lower()
    quoted = f'"{resource}"' if call.service == "s3" else resource
    on = "" if action == "sts:AssumeRole" and layer == "resource" else f" on resource: {quoted}"
    text = f"User: {call.principal} is not authorized to perform: {action}{on} {because(action, layer, explicitly=explicitly)}"
    if call.protocol == "ec2":
        return error(call, 403, "UnauthorizedOperation", f"You are not authorized to perform this operation. {text}")
    if call.service == "sqs" and action.startswith("kms:"):
        return error(call, 400, "KMS.AccessDeniedException", text)
    if call.service in {"s3", "sqs"} or call.protocol not in {"json", "rest-json"}:
        return error(call, 403, "AccessDenied", text)
    return error(call, 400 if call.protocol == "json" else 403, "AccessDeniedException", text)


def withheld(call: Call) -> Answer:
    """Refuse what belongs to another account without a word about it, as S3 does."""
    return error(call, 403, "403" if call.operation.startswith("Head") else "AccessDenied", "Access Denied")

"""Map what botocore raises onto the runbook's errors, by named codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import shorten

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError

from runbook_lib.errors import (
    Conflict,
    Denied,
    InUse,
    LoginRefused,
    NotFound,
    Rejected,
    TargetError,
    Transient,
    Unreachable,
)

RAISED = (botocore.BotoCoreError, botocore.ClientError, botocore.HTTPClientError, ResponseParserError)

_CODES: tuple[tuple[type[TargetError], str], ...] = (
    (Denied, r"AccessDenied(Exception)?|AllAccessDisabled|Unauthorized(Operation|Access)|Forbidden|403"),
    (
        LoginRefused,
        (r"ExpiredToken(Exception)?|RequestExpired|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken|UnrecognizedClientException"
        r"|SignatureDoesNotMatch|InvalidSignature(Exception)?|IncompleteSignature|MissingAuthenticationToken(Exception)?"
        r"|AuthFailure|TokenRefreshRequired|RequestTimeTooSkewed|OptInRequired"),
    ),
    (
        Transient,
        (r"Throttl\w+|RequestLimitExceeded|TooManyRequests(Exception)?|SlowDown|RequestThrottled(Exception)?|EC2ThrottledException"
        r"|PriorRequestNotComplete|RequestTimeout(Exception)?|Service(Temporarily)?Unavailable(Exception)?|503|Unavailable"
        r"|Internal(Failure|Error|ServiceError|ServerError|ServerException)|ServiceFailure(Exception)?|KMSInternalException"
        r"|DependencyTimeout(Exception)?|OperationAborted|ConditionalRequestConflict|ConcurrentModification(Exception)?|EntityTemporarilyUnmodifiable(Exception)?"),
    ),
    (NotFound, r"NoSuch\w+|\w*NotFound(\w|\.)*|\w+\.NotFound|404|(AWS\.SimpleQueueService\.)?NonExistentQueue|QueueDoesNotExist"),
    (Conflict, r"PreconditionFailed|\w*AlreadyExists(Exception|Fault)?|BucketAlreadyOwnedByYou|Resource(Exists|Conflict)Exception"),
    (InUse, r"DeleteConflict(Exception)?|BucketNotEmpty|DependencyViolation|ResourceInUse(Exception)?"),
)  # fmt: skip
_CODE_LEAVES = tuple((leaf, re.compile(pattern)) for leaf, pattern in _CODES)
_UNSETTLED = (
    ("MalformedPolicyDocument", "principal"),
    ("InvalidParameterValue", "cannot be assumed"),
    ("InvalidParameterValue", "Instance Profile"),
    ("ValidationError", "principal"),
)
_REGION = re.compile(r"301|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|IncorrectEndpoint")
_LOGINS = (
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.UnknownCredentialError,
    botocore.MetadataRetrievalError,
    botocore.RefreshWithMFAUnsupportedError,
    botocore.ProfileNotFound,
    botocore.ConfigNotFound,
    botocore.ConfigParseError,
    botocore.InvalidConfigError,
    botocore.InfiniteLoopConfigError,
    botocore.SSOError,
    botocore.TokenRetrievalError,
    botocore.NoAuthTokenError,
    botocore.UnknownTokenProviderError,
    botocore.LoginError,
)
_LAYERS: tuple[tuple[type[Exception], str], ...] = (
    (botocore.ProxyConnectionError, "the proxy"),
    (botocore.SSLError, "TLS"),
    (botocore.ConnectTimeoutError, "TCP (no answer in time)"),
    (botocore.ReadTimeoutError, "the answer (connected, then silent)"),
    (botocore.ConnectionClosedError, "the connection (closed before the answer)"),
    (botocore.EndpointConnectionError, "TCP"),
    (botocore.HTTPClientError, "HTTP"),
    (botocore.ConnectionError, "the connection"),
    (botocore.IncompleteReadError, "the answer (cut short)"),
    (botocore.ResponseStreamingError, "the answer (cut short)"),
)
_DENIED = re.compile(
    r"(?:User|Principal): (?P<principal>\S+) is not authorized to perform: \"?(?P<action>[\w-]+:\w+)\"?"
    r"(?: on resource: \"?(?P<resource>[^\s\"]+)\"?)?"
)
_LIMIT = re.compile(
    r"(?:explicit deny in an?|because no) "
    r"(service control policy|resource control policy|permissions boundary|session policy|VPC endpoint policy)"
)
"""What stands above a role's own policies, and may be why they do not help."""
_NAME_RESOLUTION = re.compile(r"NameResolution|Name or service not known|nodename nor servname|getaddrinfo|Temporary failure in name")
_QUOTED_VALUE = re.compile(r", value: .*?, (?=type: |valid )", re.DOTALL)
_SECRETIVE = {"CreateSecret", "PutSecretValue", "UpdateSecret"}
"""Operations that send a secret, which a refusal may quote."""

_LONGEST = 600
"""Characters of a service's message that are told: some quote the whole document."""

_PREFIXES = {"accessanalyzer": "access-analyzer"}
"""What actions begin with, by boto3's name of the service, where the two differ."""
_S3_ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "HeadObject": "GetObject",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
}


class Unsettled(Rejected):
    """Tell that a service may just not know yet what IAM was told a moment ago."""


@dataclass(frozen=True)
class Request:
    """Say what was asked: `service` is boto3's name, `operation` the API's, made on `resource` by `principal`."""

    service: str
    operation: str
    resource: str = ""
    principal: str = ""

    @property
    def action(self) -> str:
        """Give the IAM action that the operation needs."""
        operation = _S3_ACTIONS.get(self.operation, self.operation) if self.service == "s3" else self.operation
        return f"{_PREFIXES.get(self.service, self.service)}:{operation}"

    @property
    def where(self) -> str:
        """Name operation and resource."""
        return f"{self.service}:{self.operation}" + (f" {self.resource}" if self.resource else "")


def leaf_of_code(code: str) -> type[TargetError]:
    """Give the error for a service's code; an unknown one is a rejection."""
    return next((leaf for leaf, pattern in _CODE_LEAVES if pattern.fullmatch(code)), Rejected)


def translated(error: Exception, request: Request) -> TargetError:
    """Turn what botocore raised into the runbook's error; values that were sent are not quoted."""
    match error:
        case botocore.ClientError():
            return _of_service(error, request)
        case botocore.ParamValidationError():
            return Rejected(request.where, _QUOTED_VALUE.sub(", ", str(error)).replace("\n", " "), "correct the parameter file")
    if isinstance(error, botocore.NoCredentialsError):
        return Denied(request.where, "there are no AWS credentials here", _NO_LOGIN_WAY_OUT)
    if isinstance(error, _LOGINS):
        return LoginRefused(request.where, _said(error), _LOGIN_WAY_OUT)
    layer = _layer(error)
    if layer:
        way_out = "check network, proxy and aws.endpoint, then run again"
        return Unreachable(request.where, f"{layer} failed: {_said(error)}", way_out)
    return Rejected(request.where, _said(error))


_NO_LOGIN_WAY_OUT = "log in (for example `aws sso login`), or hand the artefact to someone who has the right"
_LOGIN_WAY_OUT = "renew the credentials (for example `aws sso login`) or correct aws.profile and aws.role_arn, then run again"


def _layer(error: Exception) -> str:
    """Name the layer of the connection that failed, empty when it is not the connection."""
    layer = next((name for kind, name in _LAYERS if isinstance(error, kind)), "")
    cause = f"{error} {getattr(error, 'kwargs', {}).get('error', '')}"
    if layer == "TCP":
        return "DNS" if _NAME_RESOLUTION.search(cause) else "TCP (refused)" if "refused" in cause else layer
    return layer


def _said(error: Exception) -> str:
    return " ".join(str(error).split())


def _of_service(error: botocore.ClientError, request: Request) -> TargetError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    leaf = leaf_of_code(code)
    told = str(error.response.get("Error", {}).get("Message", ""))
    message = "" if request.operation in _SECRETIVE else told
    number = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    said = f"{shorten(message, _LONGEST) or 'refused'} ({code}" + (f", request {number})" if number else ")")
    if _REGION.fullmatch(code):
        return Rejected(request.where, f"it lies in another region: {said}", "correct aws.region or the bucket's name")
    if leaf is Denied:
        return _denied(told, request, code)
    if any(code.startswith(name) and text in message for name, text in _UNSETTLED):
        return Unsettled(request.where, said, "run again when IAM's change has reached the service")
    return leaf(request.where, said, _LOGIN_WAY_OUT if leaf is LoginRefused else "")


def _denied(message: str, request: Request, code: str) -> Denied:
    """Name who lacks what; of a message that may quote a secret nothing but the action is taken."""
    match = _DENIED.search(message)
    named = match if request.operation not in _SECRETIVE else None
    principal = (named and named["principal"]) or request.principal or "the caller"
    action = (match and match["action"]) or request.action
    resource = (named and named["resource"]) or request.resource or "*"
    limit = _LIMIT.search(message)
    why = f"{code}, {limit[1]}" if limit else code
    return Denied(
        request.where,
        f"{principal} is not authorized to perform {action} on {resource} ({why})",
        f"have {action} on {resource} allowed, or hand the artefact to someone who has the right",
    )

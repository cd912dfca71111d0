"""Every error of boto has its place in the runbook's tree."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError

from runbook_lib.adapters.aws.errors import RAISED, Request, Unsettled, translated
from runbook_lib.adapters.aws.retry import Patience
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

LOGIN = {
    "ConfigNotFound", "ConfigParseError", "CredentialRetrievalError", "InfiniteLoopConfigError", "InvalidConfigError",
    "LoginAuthorizationCodeError", "LoginError", "LoginInsufficientPermissions", "LoginRefreshRequired", "LoginTokenLoadError",
    "MetadataRetrievalError", "NoAuthTokenError", "PartialCredentialsError", "ProfileNotFound",
    "RefreshWithMFAUnsupportedError", "SSOError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError",
    "UnknownCredentialError", "UnknownTokenProviderError",
}  # fmt: skip
UNREACHABLE = {
    "ConnectTimeoutError", "ConnectionClosedError", "ConnectionError", "EndpointConnectionError", "HTTPClientError",
    "IncompleteReadError", "ProxyConnectionError", "ReadTimeoutError", "ResponseStreamingError", "SSLError",
}  # fmt: skip
REJECTED = {
    "AliasConflictParameterError", "ApiVersionNotFoundError", "AwsChunkedWrapperError", "BaseEndpointResolverError", "BotoCoreError",
    "CapacityNotAvailableError", "ChecksumError", "DataNotFoundError", "EndpointProviderError", "EndpointResolutionError",
    "EndpointVariantError", "FlexibleChecksumError", "InvalidChecksumConfigError", "InvalidDNSNameError", "InvalidDefaultsMode",
    "InvalidEndpointConfigurationError", "InvalidEndpointDiscoveryConfigurationError", "InvalidExpressionError", "InvalidHostLabelError",
    "InvalidIMDSEndpointError", "InvalidIMDSEndpointModeError", "InvalidMaxRetryAttemptsError", "InvalidProxiesConfigError",
    "InvalidRegionError", "InvalidRetryConfigurationError", "InvalidRetryModeError", "InvalidS3AddressingStyleError",
    "InvalidS3UsEast1RegionalEndpointConfigError", "InvalidSTSRegionalEndpointsConfigError", "MD5UnavailableError",
    "MissingDependencyException", "MissingParametersError", "MissingServiceIdError", "NoRegionError", "OperationNotPageableError",
    "PaginationError", "ParamValidationError", "RangeError", "ServiceNotInRegionError", "StubAssertionError", "StubResponseError",
    "UnStubbedResponseError", "UndefinedModelAttributeError", "UnknownClientMethodError", "UnknownEndpointError",
    "UnknownEndpointResolutionBuiltInName", "UnknownFIPSEndpointError", "UnknownKeyError", "UnknownParameterError",
    "UnknownRegionError", "UnknownServiceError", "UnknownServiceStyle", "UnknownSignatureVersionError", "UnseekableStreamError",
    "UnsupportedOutpostResourceError", "UnsupportedS3AccesspointConfigurationError", "UnsupportedS3ArnError",
    "UnsupportedS3ConfigurationError", "UnsupportedS3ControlArnError", "UnsupportedS3ControlConfigurationError",
    "UnsupportedServiceProtocolsError", "UnsupportedSignatureVersionError", "ValidationError", "WaiterConfigError", "WaiterError",
}  # fmt: skip
BY_CODE = {"ClientError", "EventStreamError"}
OF_BOTO_ITSELF = {"MissingServiceIdError", "UndefinedModelAttributeError"}
WARNINGS = {"ImminentRemovalWarning", "UnsupportedTLSVersionWarning"}
REQUEST = Request("iam", "PutRolePolicy", "tonic-x", "arn:aws:iam::123456789012:user/me")


def classes() -> dict[str, type[Exception]]:
    """List boto's exceptions by name."""
    found = inspect.getmembers(botocore, lambda each: inspect.isclass(each) and issubclass(each, Exception))
    return {name: each for name, each in found if each.__module__ == botocore.__name__}


def blank(kind: type[Exception]) -> Exception:
    """Make an exception without what its constructor asks for."""
    error = kind.__new__(kind)
    error.args = ("what it says",)
    return error


def test_every_exception_has_its_place() -> None:
    """A boto that brings a new exception fails here until its place is chosen."""
    placed = {
        # Who has no AWS rights at all, as a warehouse's administrator, owes the AWS half to somebody else.
        "NoCredentialsError": Denied,
        **dict.fromkeys(LOGIN, LoginRefused),
        **dict.fromkeys(UNREACHABLE, Unreachable),
        **dict.fromkeys(REJECTED, Rejected),
    }
    mapped = {name: type(translated(blank(kind), REQUEST)) for name, kind in classes().items() if name not in BY_CODE | WARNINGS}
    assert mapped == placed


def test_every_exception_is_caught() -> None:
    """What boto raises from a call passes through the mapping."""
    missed = {name for name, kind in classes().items() if not issubclass(kind, RAISED)}
    assert (missed, issubclass(ResponseParserError, RAISED)) == (WARNINGS | OF_BOTO_ITSELF, True)


def answer(code: str, message: str = "as told", operation: str = "PutRolePolicy") -> TargetError:
    """Map an answer with a code."""
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "abc"}}
    return translated(botocore.ClientError(response, operation), Request("iam", operation, "tonic-x"))


@pytest.mark.parametrize(
    ("leaf", "codes"),
    [
        (Denied, "AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedAccess AllAccessDisabled 403"),
        (
            LoginRefused,
            "ExpiredToken ExpiredTokenException RequestExpired InvalidClientTokenId SignatureDoesNotMatch AuthFailure",
        ),
        (LoginRefused, "UnrecognizedClientException InvalidAccessKeyId InvalidSignatureException"),
        (
            Transient,
            "Throttling ThrottlingException ThrottledException RequestLimitExceeded TooManyRequestsException SlowDown",
        ),
        (Transient, "ServiceUnavailable InternalFailure InternalError KMSInternalException OperationAborted"),
        (
            Transient,
            "ConcurrentModification ConcurrentModificationException EntityTemporarilyUnmodifiable ServiceFailure",
        ),
        (
            NotFound,
            "NoSuchEntity NoSuchBucket NoSuchBucketPolicy NoSuchLifecycleConfiguration NoSuchTagSet 404 NotFoundException",
        ),
        (
            NotFound,
            "ServerSideEncryptionConfigurationNotFoundError OwnershipControlsNotFoundError ResourceNotFoundException",
        ),
        (NotFound, "InvalidInstanceID.NotFound ClusterNotFound ParameterNotFound NoSuchPublicAccessBlockConfiguration"),
        (
            Conflict,
            "EntityAlreadyExists BucketAlreadyExists BucketAlreadyOwnedByYou AlreadyExistsException ResourceExistsException",
        ),
        (InUse, "DeleteConflict BucketNotEmpty DependencyViolation"),
        (
            Rejected,
            "ValidationError LimitExceeded MalformedPolicyDocument NotImplemented KMSInvalidStateException 500 Unheard",
        ),
    ],
)
def test_codes(leaf: type[TargetError], codes: str) -> None:
    """Each code of a service leads to one error."""
    assert {code: type(answer(code)) for code in codes.split()} == dict.fromkeys(codes.split(), leaf)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("MalformedPolicyDocument", "Invalid principal in policy"),
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
        (
            "InvalidParameterValue",
            "Value (tonic) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        ),
    ],
)
def test_propagation_is_told_from_a_mistake(code: str, message: str) -> None:
    """What IAM's lag explains is marked, so that it is waited for after a role was made."""
    assert type(answer(code, message)) is Unsettled


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (
            'User: arn:aws:iam::1:user/a is not authorized to perform: "s3:PutBucketPolicy" on resource: "arn:aws:s3:::b" because no',
            "arn:aws:iam::1:user/a is not authorized to perform s3:PutBucketPolicy on arn:aws:s3:::b (AccessDenied)",
        ),
        (
            "User: arn:aws:iam::1:user/a is not authorized to perform: kms:CreateKey because no identity-based policy allows it",
            "arn:aws:iam::1:user/a is not authorized to perform kms:CreateKey on tonic-x (AccessDenied)",
        ),
        ("Access Denied", "the caller is not authorized to perform iam:PutRolePolicy on tonic-x (AccessDenied)"),
    ],
)
def test_denials_name_three_things(message: str, what: str) -> None:
    """However AWS words it, principal, action and resource are named."""
    assert answer("AccessDenied", message).what == what


def test_s3_denials_name_the_right_that_is_needed() -> None:
    """Where S3's right is called otherwise than its operation, the right is named."""
    error = botocore.ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetBucketEncryption")
    mapped = translated(error, Request("s3", "GetBucketEncryption", "arn:aws:s3:::b", "me"))
    assert mapped.what == "me is not authorized to perform s3:GetEncryptionConfiguration on arn:aws:s3:::b (AccessDenied)"


def test_messages_carry_code_and_request_id() -> None:
    """The service's words come with what its support asks for."""
    assert str(answer("LimitExceeded")) == "iam:PutRolePolicy tonic-x: as told (LimitExceeded, request abc)"


def test_validation_quotes_no_value() -> None:
    """A wrong type is told without the value that was sent."""
    report = "\nInvalid type for parameter SecretString, value: Sesame-0pen, type: <class 'int'>, valid types: <class 'str'>"
    mapped = translated(botocore.ParamValidationError(report=report), Request("secretsmanager", "CreateSecret"))
    assert ("Sesame" in str(mapped), "parameter SecretString" in str(mapped)) == (False, True)


@pytest.mark.parametrize(
    ("error", "layer"),
    [
        (botocore.EndpointConnectionError(endpoint_url="https://x", error="NameResolutionError"), "DNS"),
        (
            botocore.EndpointConnectionError(endpoint_url="https://x", error="[Errno 111] Connection refused"),
            "TCP (refused)",
        ),
        (botocore.ConnectTimeoutError(endpoint_url="https://x"), "TCP (no answer in time)"),
        (botocore.SSLError(endpoint_url="https://x", error=ValueError("certificate verify failed")), "TLS"),
        (botocore.ProxyConnectionError(proxy_url="http://p"), "the proxy"),
        (botocore.ReadTimeoutError(endpoint_url="https://x"), "the answer (connected, then silent)"),
    ],
)
def test_the_first_layer_that_fails_is_named(error: Exception, layer: str) -> None:
    """Name, connection, TLS and proxy are told apart."""
    assert translated(error, REQUEST).what.split(" failed: ")[0] == layer


def test_pauses_double_up_to_a_limit() -> None:
    """Half of each pause is left to chance."""
    short, long = Patience(jitter=lambda: 0.0), Patience(jitter=lambda: 1.0)
    assert [(short.pause(count), long.pause(count)) for count in (0, 1, 4, 9)] == [
        (0.25, 0.5),
        (0.5, 1.0),
        (4.0, 8.0),
        (4.0, 8.0),
    ]

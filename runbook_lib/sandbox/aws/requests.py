"""Tell from an HTTP request which AWS operation it asks for, in which account and region, and whether that only reads."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Signing names that differ from botocore's names of the services.
MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "access-analyzer": "accessanalyzer"}
READS = re.compile(
    r"(BatchGet|Check|Describe|Estimate|Get|Head|List|Lookup|Query|Search|Select|Simulate|Validate)[A-Z0-9]"
    r"|AssumeRole|DecodeAuthorizationMessage|Decrypt$|Encrypt$|ReEncrypt$|GenerateDataKey|StartQuery$"
)
UNKNOWN = "an unknown operation"


@dataclass(frozen=True)
class Call:
    """Name a call: service, operation, the parameters that are easily had, who signed it, and where it is to happen.

    `parameters` are a query's or JSON body's; of S3 they are the bucket, the query and the headers that rules look at.
    """

    service: str
    operation: str
    access_key: str
    region: str
    protocol: str
    account: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Write it as `service:Operation`."""
        return f"{self.service}:{self.operation}"

    @property
    def action(self) -> str:
        """Name IAM's action, as refusals write it."""
        actions = {"ListBuckets": "ListAllMyBuckets", "HeadBucket": "ListBucket", "ListObjectsV2": "ListBucket", "HeadObject": "GetObject"}
        return f"{self.service}:{actions.get(self.operation, self.operation) if self.service == 's3' else self.operation}"

    @property
    def is_read(self) -> bool:
        """Tell whether the operation changes nothing that a later call could see."""
        return bool(READS.match(self.operation))

    def text(self, name: str) -> str:
        """Give a parameter as text, empty when it is not there."""
        return str(self.parameters.get(name, ""))


def call_of(environ: Mapping[str, Any], body: bytes) -> Call | None:
    """Recognise a signed call; None when it is none."""
    match = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None:
        return None
    key, region, service = match.groups()
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return Call(service, target.rpartition(".")[2], key, region, "json", parameters=_json_object(body))
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    values = {name: each[0] for name, each in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()} if form else {}
    if "Action" in values:
        return Call(service, values["Action"], key, region, "ec2" if service == "ec2" else "query", parameters=values)
    protocol = _model(service).resolved_protocol if _model(service) else "rest-json"
    parameters = _s3_parameters(environ) if service == "s3" else {}
    return Call(service, _rest_operation(service, environ), key, region, protocol, parameters=parameters)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _s3_parameters(environ: Mapping[str, Any]) -> dict[str, str]:
    bucket, _, key = environ.get("PATH_INFO", "/").lstrip("/").partition("/")
    return {"Bucket": bucket, "Key": key, "ExpectedBucketOwner": environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", "")}


@functools.cache
def _model(service: str) -> Any:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import get_session

    try:
        return get_session().get_service_model(MODELS.get(service, service))
    except UnknownServiceError:
        return None


@functools.cache
def _operations(service: str) -> tuple[tuple[str, re.Pattern[str], frozenset[str], str], ...]:
    """List a REST service's operations: method, path pattern, literal query, name; the most specific first."""
    model = _model(service)
    found = []
    for name in model.operation_names if model else ():
        operation = model.operation_model(name)
        if operation.deprecated:
            continue
        path, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{\w+\\\+\\\}", ".+", re.escape(path))
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
        found.append((operation.http["method"], re.compile(f"{pattern.rstrip('/')}/?"), _literals(operation, query), name))
    return tuple(sorted(found, key=lambda each: (-len(each[2]), -len(each[1].pattern))))


def _literals(operation: Any, query: str) -> frozenset[str]:
    """Give what a request of this operation always carries in its query: literals of its path, and required members."""
    shape = operation.input_shape
    members = [shape.members[name] for name in shape.required_members] if shape else []
    required = {each.serialization["name"] for each in members if each.serialization.get("location") == "querystring"}
    return frozenset({part for part in query.split("&") if part} | required)


def _rest_operation(service: str, environ: Mapping[str, Any]) -> str:
    given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    carried = {*given, *(f"{name}={value}" for name, values in given.items() for value in values)}
    path = environ.get("PATH_INFO", "/")
    for method, pattern, literals, name in _operations(service):
        if method == environ["REQUEST_METHOD"] and literals <= carried and pattern.fullmatch(path):
            return _copy_or(name, environ)
    return UNKNOWN


def _copy_or(name: str, environ: Mapping[str, Any]) -> str:
    """Tell a copy from an upload: only a header does."""
    copies = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
    return copies.get(name, name) if "HTTP_X_AMZ_COPY_SOURCE" in environ else name

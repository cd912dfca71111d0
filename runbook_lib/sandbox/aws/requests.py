"""Tell from an HTTP request which AWS operation it is, and answer in its service's own error format."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Signing names that differ from botocore's names of the services.
MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "access-analyzer": "accessanalyzer"}
READS = re.compile(r"(Get|List|Describe|Head|Simulate|Lookup|Validate|Check|Scan|Query|Search)[A-Z]|AssumeRole")


@dataclass(frozen=True)
class Call:
    """Name a call: service, operation, the parameters that are easily had, and who signed it."""

    service: str
    operation: str
    access_key: str
    region: str
    protocol: str
    parameters: dict[str, Any]

    @property
    def is_read(self) -> bool:
        """Tell whether the operation's name says that it only reads."""
        return bool(READS.match(self.operation))


def call_of(environ: dict[str, Any], body: bytes) -> Call | None:
    """Recognise a signed call; None when it is none."""
    match = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None:
        return None
    key, region, service = match.groups()
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return Call(service, target.rpartition(".")[2], key, region, "json", json.loads(body or b"{}"))
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True) if service not in {"s3", "lambda"} else {}
    if "Action" in form:
        values = {name: values[0] for name, values in form.items()}
        return Call(service, values["Action"], key, region, "query", values)
    return Call(service, _rest_operation(service, environ), key, region, "rest-xml" if service == "s3" else "rest-json", {})


@functools.cache
def _operations(service: str) -> tuple[tuple[str, re.Pattern[str], frozenset[str], str], ...]:
    """List a REST service's operations: method, path pattern, literal query keys, name; the most specific first."""
    from botocore.exceptions import UnknownServiceError
    from botocore.session import get_session

    try:
        model = get_session().get_service_model(MODELS.get(service, service))
    except UnknownServiceError:
        return ()
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\{[^}]+?\\+\\}", ".+", re.escape(path))
        pattern = re.sub(r"\\{[^}]+?\\}", "[^/]+", pattern)
        keys = frozenset(part.partition("=")[0] for part in query.split("&") if part)
        found.append((http["method"], re.compile(pattern.rstrip("/") + "/?"), keys, name))
    return tuple(sorted(found, key=lambda each: (-len(each[2]), -len(each[1].pattern))))


def _rest_operation(service: str, environ: dict[str, Any]) -> str:
    keys = set(parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    path = environ.get("PATH_INFO", "/")
    for method, pattern, wanted, name in _operations(service):
        if method == environ["REQUEST_METHOD"] and wanted <= keys and pattern.fullmatch(path):
            return name
    return f"{environ['REQUEST_METHOD']} {path}"


def error(call: Call, status: int, code: str, message: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Write an error as the call's service would: status line, headers, body."""
    line = f"{status} {'Bad Request' if status < 500 else 'Server Error'}"
    if call.protocol in {"json", "rest-json"}:
        body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return line, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)], body
    text = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if call.service == "s3":
        body = f'<?xml version="1.0"?><Error>{text}<RequestId>sandbox</RequestId></Error>'.encode()
    elif call.service == "ec2":
        body = f'<?xml version="1.0"?><Response><Errors><Error>{text}</Error></Errors><RequestID>sandbox</RequestID></Response>'.encode()
    else:
        body = f'<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type>{text}</Error><RequestId>sandbox</RequestId></ErrorResponse>'.encode()
    return line, [("Content-Type", "text/xml")], body

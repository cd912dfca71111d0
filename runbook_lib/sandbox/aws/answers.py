"""Write answers and errors as the service of a call would."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status line, headers, body."""
REASONS = {200: "OK", 301: "Moved Permanently", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
FIRST_ERROR = 400
NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/", "redshift": "http://redshift.amazonaws.com/doc/2012-12-01/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}  # fmt: skip


def error(call: Call, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Write an error in the format of the call's service."""
    number = call.id
    line = f"{status} {REASONS.get(status, 'Error')}"
    # SQS's clients go by the codes of its former protocol.
    former = [("x-amzn-query-error", f"{code};Sender")] if call.service == "sqs" else []
    more = [*headers, *former, ("x-amzn-RequestId", number)]
    if call.protocol in {"json", "rest-json"}:
        body = json.dumps({"__type": code, "message": message}).encode()
        return line, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code), *more], body
    if call.operation.startswith("Head"):
        return line, more, b""
    text = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    return line, [("Content-Type", "text/xml"), *more], f'<?xml version="1.0"?>{_wrapped(call, text, number)}'.encode()


def _wrapped(call: Call, text: str, number: str) -> str:
    if call.service == "s3":
        return f"<Error>{text}<RequestId>{number}</RequestId></Error>"
    if call.protocol == "ec2":
        return f"<Response><Errors><Error>{text}</Error></Errors><RequestID>{number}</RequestID></Response>"
    return f"<ErrorResponse><Error><Type>Sender</Type>{text}</Error><RequestId>{number}</RequestId></ErrorResponse>"


def not_modelled(call: Call, why: str = "") -> Answer:
    """Refuse what the sandbox does not know. Clients do not repeat a call for this status."""
    return error(call, 501, "NotImplemented", f"not modelled by the sandbox: {call.name}{why and f' ({why})'}")


def as_json(value: object) -> Answer:
    """Answer with JSON."""
    return "200 OK", [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", str(uuid.uuid4()))], json.dumps(value).encode()


def as_query(call: Call, fields: dict[str, Any]) -> Answer:
    """Answer a query call with the fields of its result; lists become `member` elements."""
    name, number = call.operation, str(uuid.uuid4())
    body = (
        f'<{name}Response xmlns="{NAMESPACES[call.service]}"><{name}Result>{_xml(fields)}</{name}Result>'
        f"<ResponseMetadata><RequestId>{number}</RequestId></ResponseMetadata></{name}Response>"
    )
    return "200 OK", [("Content-Type", "text/xml"), ("x-amzn-RequestId", number)], body.encode()


def _xml(value: Any) -> str:
    match value:
        case dict():
            return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
        case list():
            return "".join(f"<member>{_xml(each)}</member>" for each in value)
        case bool():
            return str(value).lower()
    return escape(str(value))


def status_of(answer: Answer) -> int:
    """Give an answer's status code."""
    return int(answer[0].split()[0])


def is_error(answer: Answer) -> bool:
    """Tell whether an answer refuses."""
    return status_of(answer) >= FIRST_ERROR

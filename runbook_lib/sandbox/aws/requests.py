"""Tell from an HTTP request which AWS operation it asks for, in which account and region, and whether that only reads."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from runbook_lib.sandbox.aws import rest

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
READS = re.compile(
    r"(BatchGet|Check|Describe|Estimate|Get|Head|List|Lookup|Query|Search|Select|Simulate|Validate)[A-Z0-9]"
    r"|AssumeRole|DecodeAuthorizationMessage|Decrypt$|Encrypt$|ReEncrypt$|GenerateDataKey|StartQuery$"
)
UNKNOWN = "an unknown operation"


@dataclass(frozen=True)
class Call:
    """Name a call: service, operation, its parameters, who signed it, where it is to happen, and its own id.

    `parameters` are a query's, a JSON body's, or a REST request's from path, query and headers; S3's XML bodies stay in `body`.
    `account` and `principal` are empty until the key is known.
    """

    service: str
    operation: str
    access_key: str
    region: str
    protocol: str
    account: str = ""
    principal: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self) -> str:
        """Write it as `service:Operation`."""
        return f"{self.service}:{self.operation}"

    @property
    def partition(self) -> str:
        """Name the partition of its region."""
        from moto.utilities.utils import get_partition

        return str(get_partition(self.region))

    @property
    def is_read(self) -> bool:
        """Tell whether the operation changes nothing that a later call could see."""
        return bool(READS.match(self.operation))

    def text(self, name: str) -> str:
        """Give a parameter as text, empty when it is not there."""
        return str(self.parameters.get(name, ""))

    def texts(self, *names: str) -> tuple[str, ...]:
        """Give those of these parameters that are there; lists count with their items, also a query's numbered ones."""
        found: list[str] = []
        for name in names:
            value = self.parameters.get(name, [])
            found += map(str, value if isinstance(value, list) else [value])
            numbered = re.compile(rf"{re.escape(name)}(\.member|\.\w+)?\.\d+")
            found += [str(each) for key, each in self.parameters.items() if numbered.fullmatch(key)]
        return tuple(found)


def call_of(environ: Mapping[str, Any], body: bytes) -> Call | None:
    """Recognise a signed call; None when it is none."""
    match = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None:
        return None
    key, region, service = match.groups()
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return Call(service, target.rpartition(".")[2], key, region, "json", parameters=rest.json_object(body), body=body)
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    values = {name: each[0] for name, each in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()} if form else {}
    if "Action" in values:
        return Call(service, values["Action"], key, region, "ec2" if service == "ec2" else "query", parameters=values, body=body)
    operation, parameters = rest.asked(service, environ, body) or (UNKNOWN, {})
    return Call(service, operation, key, region, rest.protocol_of(service), parameters=parameters, body=body)

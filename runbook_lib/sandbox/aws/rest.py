"""Find which operation of a REST service a request asks for, and its parameters, from botocore's models."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

# Signing names that differ from botocore's names of the services.
MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "access-analyzer": "accessanalyzer"}


@dataclass(frozen=True)
class Route:
    """Say how requests for an operation look, and where its parameters stand: names in the path, the query, the headers.

    `literals` always stand in its query, `carried` are headers that it always has: only such a one tells a copy from an upload.
    """

    method: str
    pattern: re.Pattern[str]
    literals: frozenset[str]
    carried: frozenset[str]
    name: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]

    def parameters(self, environ: Mapping[str, Any], given: Mapping[str, list[str]], places: tuple[str, ...]) -> dict[str, Any]:
        """Collect the parameters of a request of this operation."""
        found: dict[str, Any] = dict(zip(self.path, places, strict=True))
        found |= {member: given[name][0] for name, member in self.query.items() if name in given}
        return found | {member: environ[name] for name, member in self.headers.items() if name in environ}


def asked(service: str, environ: Mapping[str, Any], body: bytes) -> tuple[str, dict[str, Any]] | None:
    """Give the operation and its parameters; None when no operation looks so. The body counts where it is JSON."""
    given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    carried = {*given, *(f"{name}={value}" for name, values in given.items() for value in values)}
    path = environ.get("PATH_INFO", "/")
    for route in _routes(service):
        if route.method != environ["REQUEST_METHOD"] or not (route.literals <= carried and route.carried <= environ.keys()):
            continue
        if match := route.pattern.fullmatch(path):
            return route.name, route.parameters(environ, given, match.groups()) | _json_object(service, body)
    return None


def protocol_of(service: str) -> str:
    """Name the protocol that a REST service speaks."""
    found = _model(service)
    return str(found.resolved_protocol) if found else "rest-json"


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; empty when the body is none."""
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _json_object(service: str, body: bytes) -> dict[str, Any]:
    return {} if service == "s3" else json_object(body)


@functools.cache
def _model(service: str) -> Any:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import get_session

    try:
        return get_session().get_service_model(MODELS.get(service, service))
    except UnknownServiceError:
        return None


@functools.cache
def _routes(service: str) -> tuple[Route, ...]:
    """List a REST service's operations, the most specific first."""
    model = _model(service)
    operations = [model.operation_model(name) for name in model.operation_names] if model else []
    found = [_route_of(each) for each in operations if not each.deprecated]
    return tuple(sorted(found, key=lambda each: (-len(each.literals), -len(each.carried), -len(each.pattern.pattern))))


def _route_of(operation: Any) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    members = operation.input_shape.members if operation.input_shape else {}
    at: dict[str, dict[str, str]] = {"uri": {}, "querystring": {}, "header": {}}
    for member, shape in members.items():
        at.get(shape.serialization.get("location", ""), {})[shape.serialization.get("name", member)] = member
    pattern = re.sub(r"\\\{\w+\\\+\\\}", "(.+)", re.escape(path))
    pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", pattern)
    names = tuple(at["uri"].get(name, name) for name in re.findall(r"\{(\w+)\+?\}", path))
    headers = {_variable(name): member for name, member in at["header"].items()}
    always = _required(operation, "querystring")
    return Route(
        operation.http["method"],
        re.compile(f"{pattern.rstrip('/')}/?"),
        frozenset({part for part in query.split("&") if part} | always),
        frozenset(map(_variable, _required(operation, "header"))),
        operation.name,
        names,
        at["querystring"],
        headers,
    )


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _required(operation: Any, location: str) -> set[str]:
    """Give what a request of this operation always carries in its query or its headers."""
    shape = operation.input_shape
    members = [shape.members[name] for name in shape.required_members] if shape else []
    return {each.serialization["name"] for each in members if each.serialization.get("location") == location}

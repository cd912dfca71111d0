"""The kinds of text a parameter file holds, each with the words and the examples that messages and the reference use."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints

from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler


@dataclass(frozen=True)
class Wanted:
    """Say what a text is, as a noun, with two examples that differ."""

    words: str
    examples: tuple[str, str]

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Put the examples into the JSON schema, for editors to show."""
        return {**handler(schema), "examples": list(self.examples)}


def _pattern(pattern: str) -> StringConstraints:
    """Hold a text against a pattern; digits and letters are ASCII's, for Rust's and JavaScript's readers alike."""
    return StringConstraints(strip_whitespace=True, pattern=pattern)


def _reference(text: str) -> str:
    if text:
        parse_reference(text)
    return text


def _address(text: str) -> str:
    if text:
        ipaddress.ip_address(text)
    return text


def _url(text: str) -> str:
    if not text:
        return text
    parts = urlsplit(text)
    is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_bare or parts.port == 0:
        raise ValueError("is not a URL")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True)]
AccountId = Annotated[str, _pattern(r"^[0-9]{12}$"), Wanted("12 digits", ("111122223333", "444455556666"))]
Slug = Annotated[
    str,
    _pattern(r"^[a-z][a-z0-9-]{0,30}$"),
    Wanted("1 to 31 lower-case letters, digits and hyphens, a letter first", ("staging", "production")),
]
Region = Annotated[str, _pattern(r"^[a-z]{2}(-[a-z]+)+-[0-9]$"), Wanted("the name of an AWS region", ("us-east-1", "eu-central-1"))]
BucketName = Annotated[
    str,
    _pattern(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"),
    Wanted("3 to 63 lower-case letters, digits, dots and hyphens", ("tonic-source", "tonic-destination")),
]
BucketPath = Annotated[
    str,
    _pattern(r"^[A-Za-z0-9/_.=-]*$"),
    Wanted("a prefix of letters, digits and /_.=-", ("tonic/input", "staging")),
]
RoleName = Annotated[
    str, _pattern(r"^[A-Za-z0-9_+=,.@-]{0,64}$"), Wanted("up to 64 letters, digits and _+=,.@-", ("tonic-server", "acme-tonic"))
]
RolePath = Annotated[
    str, _pattern(r"^/([A-Za-z0-9_+=,.@/-]{1,510}/)?$"), Wanted("a path that begins and ends with a slash", ("/", "/tonic/"))
]
Arn = Annotated[
    str,
    _pattern(r"^(arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[^\s]+)?$"),
    Wanted("an ARN", ("arn:aws:iam::111122223333:role/tonic", "arn:aws:iam::444455556666:role/acme")),
]
InstanceId = Annotated[
    str, _pattern(r"^(i-[0-9a-f]{8,17})?$"), Wanted("the id of an EC2 instance", ("i-0a1b2c3d4e5f60718", "i-08f7e6d5c4b3a2918"))
]
KeyId = Annotated[
    str,
    _pattern(r"^[^\s]*$"),
    Wanted("the ARN or the id of a key", ("11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222")),
]
KeyName = Annotated[str, _pattern(r"^[a-zA-Z0-9/_-]{0,250}$"), Wanted("up to 250 letters, digits and /_-", ("tonic-bucket", "tonic-queue"))]
UserName = Annotated[
    str, StringConstraints(min_length=1, max_length=127), Wanted("a name of 1 to 127 characters", ("tonic_user", "tonic_reader"))
]
DatabaseName = Annotated[
    str, StringConstraints(min_length=1, max_length=127), Wanted("a name of 1 to 127 characters", ("warehouse", "warehouse_masked"))
]
SecretReference = Annotated[
    str,
    _pattern(
        r"^((env:[A-Za-z_][A-Za-z0-9_]*|((generate|prompt):)?secretsmanager:[^#\s]+|ssm:[^#\s]+)(#[^\s]+)?|prompt:[A-Za-z_][A-Za-z0-9_.-]*)?$"
    ),
    AfterValidator(_reference),
    Wanted("a secret reference, never the secret itself", ("env:TONIC_PASSWORD", "secretsmanager:tonic/password")),
]
SecretName = Annotated[
    str,
    _pattern(r"^[A-Za-z0-9/_+=.@:!-]*$"),
    Wanted("a secret's ARN or name, never the secret itself", ("redshift/admin", "redshift/awsuser")),
]
ExternalId = Annotated[
    str, _pattern(r"^[A-Za-z0-9_+=,.@:/-]{0,1224}$"), Wanted("up to 1224 letters, digits and _+=,.@:/-", ("tonic-1", "tonic-2"))
]
Host = Annotated[
    str,
    _pattern(r"^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$"),
    Wanted("a host name alone, without scheme, port and database", ("warehouse.example", "warehouse-2.example")),
]
Address = Annotated[str, _pattern(r"^[0-9A-Fa-f:.]*$"), AfterValidator(_address), Wanted("an IP address", ("127.0.0.1", "10.0.0.5"))]
Url = Annotated[
    str,
    _pattern(r"^(https?://(\[[0-9A-Fa-f:.]+\]|[^/\s@?#:\[\]]+)(:[0-9]{1,5})?/?)?$"),
    AfterValidator(_url),
    Wanted("a URL of scheme, host and port alone", ("https://aws.example", "http://127.0.0.1:4566")),
]
MetadataAddress = Annotated[
    str,
    _pattern(r"^(http://(169\.254\.169\.254|\[fd00:ec2::254\])|http://(127\.0\.0\.1|\[::1\]):[0-9]{1,5}(/[A-Za-z0-9/_-]*)?)?$"),
    Wanted("the address of an instance metadata service", ("http://169.254.169.254", "http://[fd00:ec2::254]")),
]
ClusterId = Annotated[
    str, _pattern(r"^([a-z][a-z0-9-]{0,62})?$"), Wanted("a cluster's identifier in lower case", ("warehouse", "warehouse-2"))
]
Workgroup = Annotated[str, _pattern(r"^([a-z0-9-]{3,64})?$"), Wanted("a workgroup's name in lower case", ("warehouse", "warehouse-2"))]
Word = Annotated[str, _pattern(r"^[A-Za-z0-9._-]{0,64}$"), Wanted("up to 64 letters, digits and ._-", ("2026-02", "second"))]
LedgerRow = Annotated[str, _pattern(r"^[A-H][0-9]{1,2}[a-d]?$"), Wanted("a row of the ledger", ("G2", "H4"))]
Date = Annotated[str, _pattern(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), Wanted("a date", ("2026-01-31", "2026-12-31"))]
LaterDate = Annotated[str, _pattern(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"), Wanted("a date", ("2099-01-31", "2099-12-31"))]
LintRule = Annotated[str, _pattern(r"^[a-z-]+$"), Wanted("the name of a linter's rule", ("pass-role", "resource-account"))]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=10),
    Wanted("a reason of at least 10 characters", ("accepted by security in January", "the ticket says why")),
]
Person = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2), Wanted("a name of at least 2 characters", ("Jo Rivera", "Ada Park"))
]

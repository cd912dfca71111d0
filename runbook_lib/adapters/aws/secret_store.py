"""Resolve secret references at the moment of use, from the environment, Secrets Manager or Parameter Store."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import NotFound, Rejected, Unresolved
from runbook_lib.resources.secretsmanager import ReferenceAnswer
from runbook_lib.secrets import (
    Masked,
    Reference,
    broken_password_rules,
    held,
    parse_reference,
    variable,
)

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.session import AwsSession

PASSWORD = "password"  # noqa: S105


class AwsSecrets:
    """Be the secret store: `session` is called only for references that AWS holds."""

    def __init__(self, session: Callable[[], AwsSession], environ: Mapping[str, str] | None = None) -> None:
        self._session = session
        self._environ = environ if environ is not None else os.environ

    def resolve(self, reference: str) -> Masked:
        """Read the value a reference names. Raises Unresolved or another TargetError, which never quotes a value."""
        parsed = parse_reference(reference)
        match parsed.source:
            case "env":
                return self._variable(parsed)
            case "prompt":
                return typed(parsed.name, reference, "run the cell under Open, in JupyterLab")
            case "ssm":
                return picked(self._parameter(parsed), parsed)
            case "secretsmanager" | "generate" | "typed":
                return picked(self._secret(parsed), parsed)

    def _variable(self, reference: Reference) -> Masked:
        value = variable(reference.name, self._environ)
        if value is None:
            raise Unresolved(
                str(reference),
                "the variable is not set here",
                f"set {reference.name} in the environment of this process",
            )
        return picked(value, reference)

    def _parameter(self, reference: Reference) -> Masked:
        try:
            answer = self._session().read("ssm", "get_parameter", Name=reference.name, WithDecryption=True)
        except NotFound:
            raise Unresolved(str(reference), "there is no such parameter", "create it, or correct the reference") from None
        return Masked(answer["Parameter"]["Value"])

    def _secret(self, reference: Reference) -> Masked:
        way_out = "apply the stage that stores it" if reference.is_filled_here else "create it, or correct the reference"
        try:
            answer = self._session().read(
                "secretsmanager", "get_secret_value", f"secretsmanager_secret/{reference.name}", SecretId=reference.name
            )
        except NotFound:
            raise Unresolved(str(reference), "there is no such secret", way_out) from None
        except Rejected as error:
            if "InvalidRequestException" not in error.what:
                raise
            raise Unresolved(str(reference), "the secret is scheduled for deletion", "restore it, or name another") from None
        if "SecretString" not in answer:
            raise Unresolved(str(reference), "the secret is binary", "store a text, or JSON and name its key")
        return Masked(answer["SecretString"])


def typed(name: str, reference: str, way_out: str) -> Masked:
    """Give what somebody typed in this kernel. Raises Unresolved where nobody did."""
    value = held(name)
    if value is None:
        raise Unresolved(reference, "nobody typed it here", way_out)
    return value


def picked(value: Masked, reference: Reference) -> Masked:
    """Take the named field out of a JSON secret; without a name, the password of one that has user and password."""
    key = reference.key or (PASSWORD if PASSWORD in fields_of(value) else "")
    if not key:
        return value
    if not (text := text_in(value, key)):
        raise Unresolved(str(reference), f"the secret has no text under the key {key}", "correct the key after #")
    return Masked(text)


def text_in(value: Masked, key: str) -> str:
    """Take a text out of a JSON secret; empty where there is none. No frame that an error leaves behind holds another."""
    text = fields_of(value).get(key)
    return text if isinstance(text, str) else ""


def fields_of(value: Masked) -> Mapping[str, Any]:
    """Read a JSON secret; one that is no object has no fields."""
    try:
        fields = json.loads(value.reveal())
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def answer_reference(reference: str, secrets: AwsSecrets) -> ReferenceAnswer:
    """Tell whether a reference resolves; one that the runbook generates counts as resolving before it is made."""
    try:
        value = secrets.resolve(reference)
    except Unresolved:
        return ReferenceAnswer(resolves=parse_reference(reference).source == "generate")
    return ReferenceAnswer(resolves=True, broken_rules=broken_password_rules(value))

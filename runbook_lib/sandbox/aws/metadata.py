"""The metadata of an instance (IMDSv2), by which whatever runs there gets the credentials of its role.

EC2 assumes the role of the profile that is associated, if the role's trust lets it; the session is named after the instance. Source:
Amazon EC2 User Guide, Use instance metadata; AWS IAM User Guide, Troubleshoot IAM and Amazon EC2.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.deciding import service_may
from runbook_lib.sandbox.aws.permissions.iam import ec2_service
from runbook_lib.sandbox.aws.requests import Call

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.answers import Answer

LONGEST_TOKEN = 21_600
SECONDS = 3600
RENEWED = dt.timedelta(minutes=5)
"""How long before their end credentials are replaced by new ones."""
CREDENTIALS = "meta-data/iam/security-credentials"
PLAIN = [("Content-Type", "text/plain")]
UNTRUSTED = "EC2 cannot assume the role {role}: its trust policy does not let ec2 do so."


class Metadata:
    """Answer for the instances of an account in a region."""

    def __init__(self, account: str, region: str) -> None:
        self._asked = Call("sts", "AssumeRole", "", region, "query", account=account)
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._sessions: dict[tuple[str, str], Any] = {}

    def answer(self, environ: Mapping[str, Any], path: str) -> Answer:
        """Answer a request for INSTANCE/latest/..."""
        name, _, rest = path.partition("/")
        version, _, what = rest.partition("/")
        instance = self._instance(name)
        if instance is None or version != "latest":
            return _missing()
        with self._lock:
            if what == "api/token":
                return self._token(name, environ)
            return self._told(instance, environ, what.rstrip("/"))

    def _token(self, name: str, environ: Mapping[str, Any]) -> Answer:
        if environ["REQUEST_METHOD"] != "PUT":
            return "405 Not Allowed", PLAIN, b""
        seconds = environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS", "")
        if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= LONGEST_TOKEN):
            return "400 Bad Request", PLAIN, b""
        token = secrets.token_urlsafe(42)
        self._tokens[token] = (name, time.monotonic() + int(seconds))
        return "200 OK", [*PLAIN, ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", seconds)], token.encode()

    def _told(self, instance: Any, environ: Mapping[str, Any], what: str) -> Answer:
        if environ["REQUEST_METHOD"] != "GET":
            return "405 Not Allowed", PLAIN, b""
        owner, until = self._tokens.get(environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN", ""), ("", 0.0))
        if owner != instance.id or until <= time.monotonic():
            return "401 Unauthorized", PLAIN, b""
        if what == "dynamic/instance-identity/document":
            return _json(self._identity(instance))
        role = self._role(instance.id)
        if role is not None and what == CREDENTIALS:
            return "200 OK", PLAIN, str(role.name).encode()
        if role is not None and what == f"{CREDENTIALS}/{role.name}":
            return _json(self._credentials(instance.id, role))
        return _missing()

    def _instance(self, name: str) -> Any:
        from moto.ec2.models import ec2_backends

        known = ec2_backends[self._asked.account][self._asked.region].all_instances()
        return next((each for each in known if each.id == name), None)

    def _role(self, name: str) -> Any:
        from moto.ec2.models import ec2_backends

        found = ec2_backends[self._asked.account][self._asked.region].iam_instance_profile_associations.get(name)
        return next(iter(found.iam_instance_profile.roles), None) if found is not None else None

    def _credentials(self, name: str, role: Any) -> dict[str, str]:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        if not service_may(self._asked, ec2_service(self._asked), "sts:AssumeRole", role.arn):
            return {"Code": "AssumeRoleUnauthorizedAccess", "Message": UNTRUSTED.format(role=role.name), "LastUpdated": _time(now)}
        held = self._sessions.get((name, role.id))
        if held is None or held.expiration - now < RENEWED:
            held = self._sessions[name, role.id] = self._assumed(name, role)
        return {
            "Code": "Success", "LastUpdated": _time(held.expiration - dt.timedelta(seconds=SECONDS)), "Type": "AWS-HMAC",
            "AccessKeyId": held.access_key_id, "SecretAccessKey": held.secret_access_key, "Token": held.session_token,
            "Expiration": _time(held.expiration),
        }  # fmt: skip

    def _assumed(self, name: str, role: Any) -> Any:
        from moto.sts.models import sts_backends

        backend = sts_backends[self._asked.account][self._asked.partition]
        return backend.assume_role(self._asked.region, name, role.arn, "", SECONDS, "")

    def _identity(self, instance: Any) -> dict[str, str]:
        return {
            "accountId": self._asked.account, "architecture": instance.architecture, "availabilityZone": instance.placement.zone,
            "imageId": instance.image_id, "instanceId": instance.id, "instanceType": instance.instance_type,
            "privateIp": instance.private_ip, "region": self._asked.region, "version": "2017-09-30",
        }  # fmt: skip


def _time(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: object) -> Answer:
    return "200 OK", PLAIN, json.dumps(value).encode()


def _missing() -> Answer:
    return "404 Not Found", PLAIN, b""

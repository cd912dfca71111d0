"""S3 as UNLOAD and COPY use it: at the sandbox's endpoint, in the name of whoever has the keys, never for long."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from runbook_lib.sandbox.redshift.lexer import RefusedError, not_modelled

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.transfer import Keys

T = TypeVar("T")
SECONDS = 10
BODILESS = {"403": ("AccessDenied", "Access Denied"), "301": ("PermanentRedirect", "Moved Permanently")}
"""What S3 means by answers to HEAD, which have no body."""


@dataclass(frozen=True)
class Storage:
    """Say where S3 is: `ready` tells the endpoint's port, in the region of the cluster. Both may be unknown."""

    ready: Path | None = None
    region: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    _sessions: list[Any] = field(default_factory=list, compare=False, repr=False)

    def opened(self, keys: Keys, region: str) -> Objects:
        """Give S3 as the keys' owner sees it. Raises RefusedError when the stand-in has no AWS beside it."""
        if self.ready is None or not self.ready.exists():
            raise not_modelled("S3 without the sandbox's AWS endpoint")
        port = json.loads(self.ready.read_text("utf-8"))["port"]
        with self._lock:
            if not self._sessions:
                self._sessions.append(_session())
            client = _client(self._sessions[0], f"http://127.0.0.1:{port}", region or self.region, keys)
        return Objects(client)


class Objects:
    """List, read and write objects. Raises RefusedError in Redshift's words for what S3 says."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def listed(self, bucket: str, prefix: str) -> list[str]:
        """List the keys that begin so."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return _asked(lambda: [each["Key"] for page in pages for each in page.get("Contents", ())])

    def read(self, bucket: str, key: str) -> bytes:
        """Read an object."""
        return _asked(lambda: bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read()))

    def look_at(self, bucket: str, key: str) -> None:
        """Look at an object without its content, which takes the right to read it."""
        _asked(lambda: self._client.head_object(Bucket=bucket, Key=key))

    def write(self, bucket: str, key: str, body: bytes, kms_key: str) -> None:
        """Write an object, with a key of KMS or as the bucket says."""
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        _asked(lambda: self._client.put_object(Bucket=bucket, Key=key, Body=body, **sealed))


def _session() -> Any:
    # Nothing of whoever started the stand-in counts: neither his keys nor his profile, endpoints or proxies.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    import boto3

    return boto3.Session()


def _client(session: Any, endpoint: str, region: str, keys: Keys) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"},
    )  # fmt: skip
    client = session.client(
        "s3", region, endpoint_url=endpoint, config=config,
        aws_access_key_id=keys.id, aws_secret_access_key=keys.secret, aws_session_token=keys.token or None,
    )  # fmt: skip
    # A bucket elsewhere is refused, where the client would follow it into its region.
    client.meta.events.register_last("before-parameter-build.s3", _stay)
    return client


def _stay(context: dict[str, Any], **_: Any) -> None:
    context.setdefault("s3_redirect", {})["redirected"] = True


def _asked(ask: Callable[[], T]) -> T:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except ClientError as error:
        said = error.response.get("Error", {})
        about = error.response.get("ResponseMetadata", {})
        code, message = BODILESS.get(str(said.get("Code")), (said.get("Code"), said.get("Message")))
        number = about.get("RequestId") or about.get("HTTPHeaders", {}).get("x-amzn-requestid", "")
        told = f"S3ServiceException:{message},Status {about.get('HTTPStatusCode')},Error {code},Rid {number},CanRetry 1"
        raise RefusedError("XX000", told) from None
    except BotoCoreError as error:
        raise RefusedError("XX000", f"stand-in: S3 did not answer: {type(error).__name__}") from None

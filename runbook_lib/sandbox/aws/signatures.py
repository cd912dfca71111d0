"""Recompute the signature of a request with the secret of the key that it names."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

SIGNED = re.compile(r"SignedHeaders=([^,\s]+)")
SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")
DIGEST = re.compile(r"[0-9a-f]{64}")
LEEWAY = dt.timedelta(minutes=15)
"""How far a client's clock may be off."""


def is_signed(call: Call, environ: Mapping[str, Any], secret: str) -> bool:
    """Tell whether a request, its body included, was signed with a secret."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    authorization = environ["HTTP_AUTHORIZATION"]
    names, given = SIGNED.search(authorization), SIGNATURE.search(authorization)
    if names is None or given is None or not _holds_its_digest(call, environ):
        return False
    headers = {name: _header(environ, name) for name in names[1].split(";")}
    url = f"http://{environ.get('HTTP_HOST', '')}{environ['RAW_URI']}"
    request: Any = AWSRequest(environ["REQUEST_METHOD"], url, headers, call.body)
    request.context["timestamp"] = environ.get("HTTP_X_AMZ_DATE", "")
    signer = (S3SigV4Auth if call.service == "s3" else SigV4Auth)(Credentials(call.access_key, secret), call.service, call.region)
    wanted = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return hmac.compare_digest(wanted, given[1])


def is_timely(environ: Mapping[str, Any], now: dt.datetime) -> bool:
    """Tell whether a request was signed at about the time it is."""
    try:
        at = dt.datetime.fromisoformat(environ.get("HTTP_X_AMZ_DATE", ""))
        return abs(now - at) <= LEEWAY
    except (ValueError, TypeError):
        return False


def _holds_its_digest(call: Call, environ: Mapping[str, Any]) -> bool:
    """Tell whether the body is the one whose digest a header gives, where one does."""
    digest = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    return DIGEST.fullmatch(digest) is None or hashlib.sha256(call.body).hexdigest() == digest


def _header(environ: Mapping[str, Any], name: str) -> str:
    field = name.upper().replace("-", "_")
    return str(environ.get(field if field in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{field}", ""))

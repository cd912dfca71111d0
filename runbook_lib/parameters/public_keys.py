"""Put the public keys themselves in the place of the files that hold them: what a plan binds, and a record keeps, is then the key."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.parameters.broken import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 65_536
"""Bytes of a file that may be a public key."""
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----(?P<body>[A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")
_PUBLISH = "openssl pkey -in KEY.pem -pubout -out KEY.pub.pem"


def inlined(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Broken]]:
    """Write each approver's key as the base64 of its DER form, and say of which that cannot be done; other values stay as they are."""
    listed = values.get("approvers")
    if not isinstance(listed, list | tuple):
        return dict(values), []
    broken: list[Broken] = []
    approvers = [_inlined(index, each, broken) for index, each in enumerate(listed)]
    return {**values, "approvers": approvers}, broken


def fingerprint(key: str) -> str:
    """Name a key by the SHA-256 of its DER form."""
    return sha256(base64.b64decode(key)).hexdigest()


def _inlined(index: int, approver: Any, broken: list[Broken]) -> Any:
    if not isinstance(approver, dict) or not isinstance(approver.get("key"), str):
        return approver
    try:
        return {**approver, "key": _body(approver["key"].strip())}
    except ValueError as error:
        way_out = (
            "give the base64 of its DER form (aws kms get-public-key)" if approver["key"].startswith("arn:") else f"make one: {_PUBLISH}"
        )
        broken.append(Broken(("approvers", index, "key"), str(error), way_out))
        return approver


def _body(text: str) -> str:
    """Find the key in a text, or in the file that it names. Raises ValueError."""
    if text.startswith("arn:"):
        raise ValueError("is the ARN of a key, and an audit asks nobody for its public half")
    if (pem := _PEM.search(text)) is not None:
        return _checked("".join(pem["body"].split()))
    try:
        return _checked(text)
    except ValueError:
        return _checked(_of_file(text))


def _of_file(name: str) -> str:
    path = place.home() / name
    try:
        found = path.read_text("ascii") if path.is_file() and path.stat().st_size <= LARGEST else ""
    except (OSError, ValueError):
        found = ""
    pem = _PEM.search(found)
    if pem is None:
        raise ValueError(f"names {Path(name).name}, which is no file of a public key (PEM)")
    return "".join(pem["body"].split())


def _checked(body: str) -> str:
    """Give the base64 of an Ed25519 key or one of P-256 in its one form. Raises ValueError for anything else."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    octets = base64.b64decode(body, validate=True)
    try:
        match load_der_public_key(octets):
            case Ed25519PublicKey():
                return base64.b64encode(octets).decode()
            case EllipticCurvePublicKey(curve=SECP256R1()):
                return base64.b64encode(octets).decode()
    except UnsupportedAlgorithm:
        pass
    raise ValueError("is neither an Ed25519 key nor one of P-256")

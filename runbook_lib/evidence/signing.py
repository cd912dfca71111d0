"""Sign with an Ed25519 key from a file, and check signatures of Ed25519 and of ECDSA over P-256 (which KMS makes)."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import InvalidParameters, Problem, Unresolved

if TYPE_CHECKING:
    from pathlib import Path

MAKE = "openssl genpkey -algorithm ed25519 -out KEY.pem"
PUBLISH = "openssl pkey -in KEY.pem -pubout -out KEY.pub.pem"


class FileKey:
    """Sign with the Ed25519 private key of a PEM file; `asked` is what names it. Raises Unresolved when it holds none."""

    def __init__(self, path: Path, asked: str = "signing.key") -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            # What the library says may quote nothing of the key; that the file cannot be read says the system.
            what = (error.strerror or "cannot be read") if isinstance(error, OSError) else "holds no private key without a passphrase"
            raise Unresolved(f"{asked} {path}", what, f"make one: {MAKE}") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Unresolved(f"{asked} {path}", "is no Ed25519 key", f"make one: {MAKE}")
        self._key = key

    @property
    def name(self) -> str:
        """Give the SHA-256 of the public key's DER form."""
        return _name(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Give the signature of a message."""
        return self._key.sign(message)


class PublicKey:
    """Check signatures with a public key: a PEM file's, or the base64 of its DER form, as a validated parameter file holds it.

    Raises InvalidParameters when a file holds none of the two kinds.
    """

    def __init__(self, source: Path | str) -> None:
        from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

        if isinstance(source, str):
            self._key: Any = load_der_public_key(base64.b64decode(source))
        else:
            try:
                self._key = load_pem_public_key(source.read_bytes())
            except (OSError, ValueError) as error:
                what = (error.strerror or "cannot be read") if isinstance(error, OSError) else "holds no public key"
                raise InvalidParameters(str(source), [Problem(0, "", what, f"name a PEM file: {PUBLISH}")]) from None
        self.name = _name(self._key)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature of a message is this key's."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            match self._key:
                case Ed25519PublicKey():
                    self._key.verify(signature, message)
                case EllipticCurvePublicKey():
                    self._key.verify(signature, message, ECDSA(SHA256()))
                case _:
                    return False
        except InvalidSignature:
            return False
        return True


def _name(public: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

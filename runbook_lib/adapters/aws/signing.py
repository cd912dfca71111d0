"""Sign with an asymmetric key of KMS, which never leaves it.

KMS signs with Ed25519 keys too, but takes no more than 4,096 bytes for those (`Message` of Sign, with `MessageType` RAW), fewer than a
statement over a record has, and its prehashed form hashes a digest once more. With an ECC_NIST_P256 key a digest is signed as it is.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.resources.kms import DIGEST_SIGNED

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment


class KmsKey:
    """Sign with the key of an ARN, as the caller that the parameter file describes; he needs kms:Sign on it."""

    def __init__(self, environment: Environment, arn: str, session: AwsSession | None = None) -> None:
        self._environment, self._arn, self._session = environment, arn, session

    @property
    def name(self) -> str:
        """Give the key's ARN."""
        return self._arn

    def sign(self, message: bytes) -> bytes:
        """Give the signature (DER) of a message's SHA-256. Raises TargetError."""
        session = self._session or AwsSession(self._environment)
        digest = sha256(message).digest()
        answer = session.write("kms", "sign", KeyId=self._arn, Message=digest, **DIGEST_SIGNED)
        signature: bytes = answer["Signature"]
        return signature

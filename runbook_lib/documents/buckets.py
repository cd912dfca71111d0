"""The settings of a staging bucket that the runbook creates: it holds the original data and the masked data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.model import canonical

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.s3 import Setting

TLS_SID = "DenyInsecureTransport"
ABORT_DAYS = 1


def bucket_names(env: Environment) -> dict[str, str]:
    """Map each distinct bucket to the side it serves (the source's where one bucket serves both)."""
    source, destination = env.buckets.source.name, env.buckets.destination.name
    return {source: "source"} if source == destination else {source: "source", destination: "destination"}


def bucket_settings(env: Environment) -> tuple[tuple[Setting, str], ...]:
    """List the settings of a created bucket in the shape S3's calls take; `encryption` stands apart."""
    return (
        ("public_access_block", canonical(_public_access_block())),
        ("ownership_controls", canonical({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})),
        ("lifecycle", canonical({"Rules": _lifecycle(env.buckets.retention_days)})),
        ("tags", canonical({"TagSet": [{"Key": key, "Value": value} for key, value in env.tags]})),
    )


def encryption(key: str = "") -> str:
    """Give the encryption setting: SSE-S3, or SSE-KMS with a key (an ARN or a symbol) and bucket keys on."""
    chosen = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    return canonical({"Rules": [{"ApplyServerSideEncryptionByDefault": chosen, "BucketKeyEnabled": bool(key)}]})


def bucket_tls_statement(env: Environment, bucket: str) -> dict[str, Any]:
    """Build the bucket policy's statement that refuses every call without TLS."""
    arn = env.arn("s3", bucket, region="", account="")
    return {
        "Sid": TLS_SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _public_access_block() -> dict[str, bool]:
    return dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


def _lifecycle(retention_days: int) -> list[dict[str, Any]]:
    everything = {"Filter": {"Prefix": ""}, "Status": "Enabled"}
    return [
        {
            "ID": "abort-incomplete-uploads",
            **everything,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
        },
        {"ID": "expire-staged-objects", **everything, "Expiration": {"Days": retention_days}},
    ]

"""Find our keys by alias and tags, tell what uses one, and answer what a key is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.tags import is_ours, read_tags
from runbook_lib.adapters.together import both, together
from runbook_lib.errors import Conflict, Denied, InUse, NotFound, Rejected
from runbook_lib.policy import canonical
from runbook_lib.resources.kms import NAME_TAG, Key, KeyAnswer, KeyAsked, SigningKeyAnswer, SigningKeyAsked

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader

_PREFERENCE = ("Enabled", "Disabled", "PendingDeletion")


def described(key: str, reader: Reader) -> dict[str, Any] | None:
    """Give a key's metadata by id, ARN or alias, or None."""
    answer = reader.maybe("kms", "describe_key", key, KeyId=key)
    return answer["KeyMetadata"] if answer is not None else None


def find_key(name: str, reader: Reader) -> dict[str, Any] | None:
    """Find our key of a name: the one this process made, else by alias or by our tags, the most usable one first.

    An alias alone says nothing about whose a key is. Raises Conflict when it names one that is neither ours nor adopted, and none is ours.
    """
    if made := reader.session.made_keys.get(name, ""):
        return described(made, reader)
    named = described(f"alias/{name}", reader)
    if named is not None and _is_ours(named, name, reader):
        return named
    found = min(_tagged(name, reader), key=_rank, default=None)
    if found is None and named is not None:
        _refuse_foreign(name, named, reader)
    return found or named


def _is_ours(metadata: dict[str, Any], name: str, reader: Reader) -> bool:
    """Tell whether a key carries the environment's tag and is not our key of another name."""
    tags = read_tags(reader.pages("kms", "list_resource_tags", "Tags", KeyId=metadata["KeyId"]))
    return is_ours(tags, reader.session.environment) and dict(tags).get(NAME_TAG, name) == name


def _tagged(name: str, reader: Reader) -> list[dict[str, Any]]:
    """Look through all keys for those with our tags."""
    key_ids = [each["KeyId"] for each in reader.pages("kms", "list_keys", "Keys")]
    named = together(lambda key: _is_named(key, name, reader), key_ids)
    ours = [key for key, is_it in zip(key_ids, named, strict=True) if is_it]
    return [metadata for metadata in together(lambda key: described(key, reader), ours) if metadata is not None]


def _refuse_foreign(name: str, metadata: dict[str, Any], reader: Reader) -> None:
    """Raise Conflict unless the file adopts the key that an alias names."""
    address = f"{Key.kind}/{name}"
    if address not in reader.session.environment.adopt:
        what = f"names {metadata['Arn']}, which the runbook did not make for this environment"
        raise Conflict(f"alias/{name}", what, f"use another name, or add `{address}` to adopt: after reading what it is")


def _rank(metadata: dict[str, Any]) -> tuple[int, float]:
    state = metadata["KeyState"]
    return _PREFERENCE.index(state) if state in _PREFERENCE else len(_PREFERENCE), -metadata["CreationDate"].timestamp()


def _is_named(key_id: str, name: str, reader: Reader) -> bool:
    """Tell whether a key carries our tags; one whose tags are hidden from us is not ours."""
    try:
        tags = read_tags(reader.pages("kms", "list_resource_tags", "Tags", KeyId=key_id))
    except (Denied, NotFound):
        return False
    return is_ours(tags, reader.session.environment) and (NAME_TAG, name) in tags


def key_arn(name: str, reader: Reader) -> str:
    """Give the ARN of our key of a name; empty when there is none. Raises Conflict for somebody else's."""
    metadata = find_key(name, reader)
    return str(metadata["Arn"]) if metadata is not None else ""


def refuse_use(arn: str, reader: Reader) -> None:
    """Raise InUse when a bucket of the environment that holds objects, or a queue of the product, is encrypted with the key."""
    users = [*_buckets(arn, reader), *_queues(arn, reader)]
    if users:
        raise InUse(
            arn,
            f"the key encrypts {', '.join(users)}",
            "give these another key first, then run again",
            "\n".join(users),
        )


def _buckets(arn: str, reader: Reader) -> list[str]:
    buckets = reader.session.environment.buckets
    names = sorted({buckets.source.name, buckets.destination.name})
    return [f"bucket {name}" for name in names if _is_same(_bucket_key(name, reader), arn, reader) and _holds_objects(name, reader)]


def _bucket_key(bucket: str, reader: Reader) -> str:
    answer = reader.maybe("s3", "get_bucket_encryption", Bucket=bucket)
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer is not None else []
    return str(rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")) if rules else ""


def _holds_objects(bucket: str, reader: Reader) -> bool:
    return bool(reader.read("s3", "list_objects_v2", Bucket=bucket, MaxKeys=1).get("KeyCount", 0))


def _queues(arn: str, reader: Reader) -> list[str]:
    found = []
    for url in reader.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix="tonic-"):
        answer = reader.maybe("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["KmsMasterKeyId"])
        if answer is not None and _is_same(answer.get("Attributes", {}).get("KmsMasterKeyId", ""), arn, reader):
            found.append(f"queue {url.rsplit('/', 1)[-1]}")
    return found


def _is_same(name: str, arn: str, reader: Reader) -> bool:
    """Tell whether an id, an ARN or an alias names a key."""
    if "alias/" in name:
        metadata = described(name, reader)
        return metadata is not None and metadata["Arn"] == arn
    return bool(name) and name.rsplit("/", 1)[-1] == arn.rsplit("/", 1)[-1]


def answer_key(question: KeyAsked, reader: Reader) -> KeyAnswer | None:
    """State what DescribeKey, GetKeyPolicy and GetKeyRotationStatus tell."""
    metadata = described(question.key, reader)
    if metadata is None:
        return None
    policy, rotation = both(
        lambda: reader.maybe("kms", "get_key_policy", KeyId=metadata["Arn"], PolicyName="default"),
        lambda: _rotation(metadata["Arn"], reader),
    )
    arn = metadata["Arn"].split(":")
    return KeyAnswer(
        arn=metadata["Arn"],
        key_id=metadata["KeyId"],
        account=metadata.get("AWSAccountId", arn[4]),
        region=arn[3],
        state=metadata["KeyState"],
        manager=metadata["KeyManager"],
        spec=metadata.get("KeySpec", ""),
        usage=metadata.get("KeyUsage", ""),
        policy=canonical(policy["Policy"]) if policy is not None else "",
        rotation=rotation,
    )


def _rotation(arn: str, reader: Reader) -> bool | None:
    try:
        return bool(reader.read("kms", "get_key_rotation_status", KeyId=arn)["KeyRotationEnabled"])
    except (Denied, NotFound, Rejected):
        return None


def answer_signing_key(question: SigningKeyAsked, reader: Reader) -> SigningKeyAnswer | None:
    """State what DescribeKey tells."""
    metadata = described(question.key, reader)
    if metadata is None:
        return None
    return SigningKeyAnswer(state=metadata["KeyState"], spec=metadata.get("KeySpec", ""), usage=metadata.get("KeyUsage", ""))

"""Play what the server does with staged files: in, read, transformed, out, read, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.rehearsal import places
from runbook_lib.errors import Rejected

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.principals import Actor
    from runbook_lib.adapters.rehearsal.steps import Played
    from runbook_lib.documents.rehearsal import Place
    from runbook_lib.parameters import Environment

ROWS = b"1,rehearsal\n"
DECRYPTS, ENCRYPTS = "kms:Decrypt", "kms:GenerateDataKey"


def play(env: Environment, server: Actor, played: Played) -> None:
    """Play the flow: put, read, transform, put, read, remove, each in its bucket; and be refused what the server has no use for."""
    source, destination = places(env)
    lists(source, server, played)
    put(source, ROWS, server, played)
    rows = get(source, server, played)
    put(destination, rows.upper() if rows is not None else None, server, played)
    get(destination, server, played, wanted=ROWS.upper())
    for place in (source, destination):
        remove(place, server, played)
        lists(place, server, played, wanted=())
    _refused(source, server, played)


def lists(place: Place, server: Actor, played: Played, wanted: tuple[str, ...] | None = None) -> tuple[str, ...] | None:
    """List the place; what is there has to be `wanted`, where that is said."""

    def work() -> tuple[str, ...]:
        found = server.session.read("s3", "list_objects_v2", Bucket=place.bucket, Prefix=place.prefix).get("Contents", [])
        keys = tuple(each["Key"] for each in found)
        if wanted is not None and keys != wanted:
            raise Rejected(place.url, f"holds {', '.join(keys) or 'nothing'}", "look who else writes there")
        return keys

    return played.do(f"list {place.url}", server.name, (f"s3:ListBucket on {place.bucket}",), work)


def put(place: Place, rows: bytes | None, actor: Actor, played: Played, *, remover: Actor | None = None) -> object | None:
    """Put the object; who put it takes it back, or another who may."""
    gone = (remover or actor).session
    played.take_back(f"object {place.url}", lambda: gone.write("s3", "delete_object", Bucket=place.bucket, Key=place.file))
    return played.do(
        f"put an object into {place.url}",
        actor.name,
        place.permissions("s3:PutObject", key_action=ENCRYPTS),
        lambda: actor.session.write("s3", "put_object", Bucket=place.bucket, Key=place.file, Body=rows),
        after=rows,
    )


def get(place: Place, server: Actor, played: Played, *, key: str = "", wanted: bytes | None = None) -> bytes | None:
    """Read an object, the rehearsal's own by default; it has to hold what is `wanted`."""

    def work() -> bytes:
        body: bytes = server.session.read("s3", "get_object", Bucket=place.bucket, Key=key or place.file)["Body"].read()
        if wanted is not None and body != wanted:
            raise Rejected(place.url, "does not hold what was put there", "look who else writes there")
        return body

    return played.do(f"read an object from {place.url}", server.name, place.permissions("s3:GetObject", key_action=DECRYPTS), work)


def remove(place: Place, server: Actor, played: Played, *, keys: tuple[str, ...] = ()) -> None:
    """Remove objects, the rehearsal's own by default."""

    def work() -> bool:
        for key in keys or (place.file,):
            server.session.write("s3", "delete_object", Bucket=place.bucket, Key=key)
        return True

    if played.do(f"remove what was put into {place.url}", server.name, place.permissions("s3:DeleteObject")[:1], work):
        played.gone(f"object {place.url}")


def _refused(place: Place, server: Actor, played: Played) -> None:
    """Ask for what nobody should let the server do, and what harms nobody if he may."""
    read = server.session.read
    name, bucket = server.name, place.bucket
    played.do("list every bucket of the account", name, ("s3:ListAllMyBuckets on *",), lambda: read("s3", "list_buckets"), has_to_fail=True)
    played.do(
        f"read the policy of {bucket}",
        name,
        (f"s3:GetBucketPolicy on {bucket}",),
        lambda: read("s3", "get_bucket_policy", Bucket=bucket),
        has_to_fail=True,
    )

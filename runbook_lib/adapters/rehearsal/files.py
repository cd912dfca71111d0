"""Play what the server does with staged files: in, read, transformed, out, read, removed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.retry import patiently
from runbook_lib.documents.rehearsal import places
from runbook_lib.errors import Denied, NotFound, Rejected, Unresolved

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.adapters.rehearsal.principals import Actor
    from runbook_lib.adapters.rehearsal.steps import Played
    from runbook_lib.documents.rehearsal import Place
    from runbook_lib.parameters import Environment

ROWS = b"1,rehearsal\n"
DECRYPTS, ENCRYPTS = "kms:Decrypt", "kms:GenerateDataKey"


@dataclass(frozen=True)
class Files:
    """Put, read, transform, put, read and remove, each in its bucket; be refused what the server has no use for."""

    env: Environment
    operator: AwsSession
    server: Actor
    played: Played

    def found(self) -> list[str]:
        """Name the objects that lie where the rehearsal's would."""
        return objects(self.env, self.server, self.played)

    def clear(self) -> None:
        """Remove them."""
        for place in places(self.env):
            empty(place, self.server.session)

    def play(self) -> None:
        """Carry out the steps."""
        source, destination = places(self.env)
        server, played = self.server, self.played
        lists(source, server, played)
        is_put = put(source, ROWS, server, played, self.operator)
        rows = get(source, server, played, after=is_put)
        is_put = put(destination, rows.upper() if rows is not None else None, server, played, self.operator)
        get(destination, server, played, after=is_put, wanted=ROWS.upper())
        for place in (source, destination):
            remove(place, server, played)
            lists(place, server, played, wanted=())
        self._refused(source)

    def _refused(self, place: Place) -> None:
        """Ask for what nobody should let the server do, and what harms nobody if he may."""
        read, name, bucket = self.server.session.read, self.server.name, place.bucket
        for what, permission, ask in (
            ("list every bucket of the account", "s3:ListAllMyBuckets on *", lambda: read("s3", "list_buckets")),
            (f"read the policy of {bucket}", f"s3:GetBucketPolicy on {bucket}", lambda: read("s3", "get_bucket_policy", Bucket=bucket)),
        ):
            self.played.do(what, name, (permission,), ask, has_to_fail=True)


def objects(env: Environment, server: Actor, played: Played) -> list[str]:
    """Name the objects that lie where the rehearsal's would; a listing that is refused is a step's to tell.

    Raises Unresolved while a bucket is not there.
    """
    found: list[str] = []
    for place in places(env):
        try:
            keys = patiently(partial(keys_in, place, server.session), played.patience, lambda error: isinstance(error, Denied))
        except Denied:
            continue
        except NotFound:
            raise Unresolved(f"bucket {place.bucket}", "is not there", "apply the stage that makes it, then apply again") from None
        found += [f"object s3://{place.bucket}/{key}" for key in keys]
    return found


def keys_in(place: Place, session: AwsSession) -> tuple[str, ...]:
    """List the keys of a place. Raises TargetError."""
    found = session.read("s3", "list_objects_v2", Bucket=place.bucket, Prefix=place.prefix).get("Contents", [])
    return tuple(each["Key"] for each in found)


def empty(place: Place, session: AwsSession) -> None:
    """Remove all that lies in a place. Raises TargetError."""
    for key in keys_in(place, session):
        session.write("s3", "delete_object", Bucket=place.bucket, Key=key)


def lists(place: Place, actor: Actor, played: Played, wanted: tuple[str, ...] | None = None) -> tuple[str, ...] | None:
    """List the place; what is there has to be `wanted`, where that is said."""

    def work() -> tuple[str, ...]:
        keys = keys_in(place, actor.session)
        if wanted is not None and keys != wanted:
            raise Rejected(place.url, f"holds {', '.join(keys) or 'nothing'}", "look who else writes there")
        return keys

    return played.do(f"list {place.url}", actor.name, (f"s3:ListBucket on {place.bucket}",), work)


def put(place: Place, rows: bytes | None, actor: Actor, played: Played, *removers: AwsSession) -> object | None:
    """Put the object; who put it takes it back, or another who may."""
    works = [
        lambda each=each: each.write("s3", "delete_object", Bucket=place.bucket, Key=place.file) for each in (actor.session, *removers)
    ]
    played.take_back(f"object {place.url}", *works)
    return played.do(
        f"put an object into {place.url}",
        actor.name,
        place.permissions("s3:PutObject", key_action=ENCRYPTS),
        lambda: actor.session.write("s3", "put_object", Bucket=place.bucket, Key=place.file, Body=rows),
        after=rows,
    )


def get(place: Place, actor: Actor, played: Played, *, after: object = True, key: str = "", wanted: bytes | None = None) -> bytes | None:
    """Read an object, the rehearsal's own by default; it has to hold what is `wanted`."""

    def work() -> bytes:
        body: bytes = actor.session.read("s3", "get_object", Bucket=place.bucket, Key=key or place.file)["Body"].read()
        if wanted is not None and body != wanted:
            raise Rejected(place.url, "does not hold what was put there", "look who else writes there")
        return body

    permissions = place.permissions("s3:GetObject", key_action=DECRYPTS)
    return played.do(f"read an object from {place.url}", actor.name, permissions, work, after=after)


def remove(place: Place, server: Actor, played: Played, *, keys: tuple[str, ...] = ()) -> None:
    """Remove objects, the rehearsal's own by default."""

    def work() -> bool:
        for key in keys or (place.file,):
            server.session.write("s3", "delete_object", Bucket=place.bucket, Key=key)
        return True

    if played.do(f"remove what was put into {place.url}", server.name, place.permissions("s3:DeleteObject")[:1], work):
        played.gone(f"object {place.url}")

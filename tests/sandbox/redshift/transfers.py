"""Unload to an S3 beside the stand-in, and load from there: whose keys, which rows, and what they became."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.sandbox.aws.account import Account, Keys, allow, policy
from tests.sandbox.redshift.clients import Client
from tests.sandbox.redshift.door import Door
from tests.sandbox.redshift.standin import StandIn

BUCKET = "tonic-transfers"
READS = ("s3:GetObject", "s3:PutObject")
ROWS = [
    ("1", "plain"),
    ("2", "a,b|c"),
    ("3", 'say "so"'),
    ("4", "two\nlines\r\nand\ttabs \\ back"),
    ("5", ""),
    ("6", "ünï 売上"),
    ("7", "NULL"),
]


@dataclass(frozen=True)
class Pair:
    """Hold a stand-in and the AWS endpoint beside it."""

    standin: StandIn
    account: Account

    def keys(self, *actions: str) -> Keys:
        """Give a session's keys of a role that may list the bucket's `out/`, and do this to what is there."""
        listing = allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", Condition={"StringLike": {"s3:prefix": "out/*"}})
        doing = [allow(list(actions), f"arn:aws:s3:::{BUCKET}/out/*")] if actions else []
        return self.account.holder(policy(listing, *doing))

    def files(self, prefix: str) -> dict[str, bytes]:
        """Read what is under a prefix."""
        s3 = self.account.client("s3")
        names = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
        return {name.removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names}

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        self.account.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


@dataclass
class Desk(Door):
    """Log in as users who unload and load."""

    pair: Any = None

    def table(self, columns: str = "id int, name varchar(80)", grants: str = "SELECT, INSERT") -> tuple[Client, str]:
        """Make a table of this test's own in `dev`, and give a user's connection with the table's name."""
        user, schema = self.add("mover"), self.name("moved")
        self.admin.run(f"CREATE SCHEMA {schema}")
        self.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
        self.admin.run(f"CREATE TABLE {schema}.t ({columns})")
        if grants:
            self.admin.run(f"GRANT {grants} ON {schema}.t TO {user}")
        return self.log_in(user), f"{schema}.t"

    @property
    def prefix(self) -> str:
        """Name a place in the bucket that no other test has."""
        return f"out/{self.number}/"


def s3(prefix: str, keys: Keys, verb: str = "TO") -> str:
    """Write where to and in whose name."""
    token = f" SESSION_TOKEN '{keys['aws_session_token']}'" if "aws_session_token" in keys else ""
    place = f"{verb} 's3://{BUCKET}/{prefix}'"
    return f"{place} ACCESS_KEY_ID '{keys['aws_access_key_id']}' SECRET_ACCESS_KEY '{keys['aws_secret_access_key']}'{token}"


def filled(desk: Desk) -> tuple[Client, str]:
    """Make a table with rows that are hard to carry."""
    client, table = desk.table()
    for number, text in ROWS:
        value = text.replace("\\", "\\\\").replace("'", "''")
        desk.admin.run(f"INSERT INTO {table} VALUES ({number}, '{value}')")
    desk.admin.run(f"INSERT INTO {table} VALUES (8, NULL)")
    desk.admin.run(f"INSERT INTO {table} VALUES (NULL, 'no number')")
    return client, table


def contents(desk: Desk, table: str) -> list[tuple[str, ...]]:
    """Read a table as bytes, with a mark for NULL, so that no driver's own format spoils it."""
    return sorted(desk.admin.run(f"select coalesce(id, 0), coalesce(upper(md5(name)), '-') from {table}"))

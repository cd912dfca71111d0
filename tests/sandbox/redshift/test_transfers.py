"""UNLOAD and COPY: rows go to S3 and come back, in the rights of a database user and of whoever's keys the statement names."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.aws.endpoint import REGION, served
from tests.sandbox.aws.account import ADMIN, Account, Keys, allow, policy
from tests.sandbox.redshift.clients import DRIVERS, Client, Psycopg2, RefusedError, refused
from tests.sandbox.redshift.conftest import Door
from tests.sandbox.redshift.standin import StandIn, started

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
NULLS = "NULL AS '\\\\N'"


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


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both, with a bucket."""
    folder = tmp_path_factory.mktemp("endpoint")
    with served(folder) as url, started(aws=folder / "ready", region=REGION) as standin:
        account = Account(url)
        account.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Pair(standin, account)


@pytest.fixture(params=DRIVERS)
def desk(request: pytest.FixtureRequest, pair: Pair) -> Iterator[Desk]:
    """Give a way in through each driver."""
    opened = Desk(pair.standin, request.param, pair=pair)
    try:
        opened.log_in()
        yield opened
    finally:
        for client in opened.opened:
            client.close()


@pytest.fixture
def plain(pair: Pair) -> Iterator[Desk]:
    """Give a way in through one driver."""
    opened = Desk(pair.standin, "psycopg2", pair=pair)
    opened.log_in()
    yield opened
    for client in opened.opened:
        client.close()


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


@pytest.mark.parametrize("options", ["CSV", "FORMAT AS CSV DELIMITER '|' GZIP PARALLEL OFF", "CSV HEADER", "CSV DELIMITER AS '\\t'"])
def test_rows_come_back_as_they_were(desk: Desk, options: str) -> None:
    """CSV, with any delimiter, packed, with headers, in one file or several: quotes, line ends, empty texts and NULLs survive."""
    client, table = filled(desk)
    before, keys = contents(desk, table), desk.pair.keys(*READS)

    client.run(f"UNLOAD ('select * from {table}') {s3(desk.prefix, keys)} {options} {NULLS}")
    desk.admin.run(f"DELETE FROM {table}")
    taken = options.replace("HEADER", "IGNOREHEADER 1").replace("PARALLEL OFF", "")
    client.run(f"COPY {table} (id, name) {s3(desk.prefix, keys, 'FROM')} {taken}")

    assert before == contents(desk, table)


def test_files_are_named_and_laid_out_as_redshifts(plain: Desk) -> None:
    """A file for each slice by default and one with PARALLEL OFF; pipes, nothing quoted, NULL empty, a header in each file."""
    client, table = plain.table()
    for number in range(1, 6):
        plain.admin.run(f"INSERT INTO {table} VALUES ({number}, CASE WHEN {number} < 5 THEN 'say \"so\"' END)")
    keys, query = plain.pair.keys(*READS), f"('select id, name from {table} order by id')"

    client.run(f"UNLOAD {query} {s3(plain.prefix, keys)}")
    client.run(f"UNLOAD {query} {s3(plain.prefix + 'one', keys)} PARALLEL OFF GZIP HEADER")

    many = [b'1|say "so"\n5|\n', b'2|say "so"\n', b'3|say "so"\n', b'4|say "so"\n']
    found = plain.pair.files(plain.prefix)
    packed = found.pop("one000.gz")
    assert {f"000{number}_part_00": body for number, body in enumerate(many)} == found
    assert b"id|name\n" + b"".join(b'%d|say "so"\n' % number for number in range(1, 5)) + b"5|\n" == gzip.decompress(packed)


def test_an_empty_result_leaves_an_empty_file(plain: Desk) -> None:
    """Nothing selected is a file without rows, and loading that loads nothing."""
    client, table = plain.table()
    keys = plain.pair.keys(*READS)

    client.run(f"UNLOAD ('select * from {table}') {s3(plain.prefix, keys)}")
    client.run(f"COPY {table} {s3(plain.prefix, keys, 'FROM')}")

    assert ({"0000_part_00": b""}, []) == (plain.pair.files(plain.prefix), contents(plain, table))


def test_the_client_is_told_how_many_rows_went(plain: Desk) -> None:
    """Tag and notice are Redshift's."""
    client, table = filled(plain)
    keys = plain.pair.keys(*READS)
    assert isinstance(client, Psycopg2)
    with client.connection.cursor() as cursor:
        cursor.execute(f"UNLOAD ('select * from {table}') {s3(plain.prefix, keys)} CSV")
        tags = [cursor.statusmessage]
        cursor.execute(f"COPY {table} {s3(plain.prefix, keys, 'FROM')} CSV")
        tags.append(cursor.statusmessage)

    assert ["UNLOAD", "COPY"] == tags
    said = ["UNLOAD completed, 9 record(s) unloaded successfully.", "Load into table 't' completed, 9 record(s) loaded successfully."]
    assert [f"INFO:  {each}\n" for each in said] == client.connection.notices


def test_an_empty_field_is_null_where_no_text_is(plain: Desk) -> None:
    """A blank field becomes NULL in a number's column and an empty text in a text's; columns may be chosen in any order."""
    client, table = plain.table("id int, name varchar(9), n numeric(9,2) default 7")
    plain.pair.put(f"{plain.prefix}a", b" ,\nx,\\N\n")

    client.run(f"COPY {table} (name, id) {s3(plain.prefix, plain.pair.keys(*READS), 'FROM')} CSV")

    rows = plain.admin.run(f"select id is null, name = ' ', name = 'x', n from {table} order by name")
    assert [("t", "t", "f", "7.00"), ("t", "f", "t", "7.00")] == rows


def test_the_database_users_own_rights_count(desk: Desk) -> None:
    """Without SELECT nothing is unloaded, without INSERT nothing loaded, and without USAGE not even the columns are looked up."""
    client, table = desk.table(grants="")
    keys = desk.pair.keys(*READS)
    with refused("42501", "permission denied for relation t"):
        client.run(f"UNLOAD ('select * from {table}') {s3(desk.prefix, keys)}")
    desk.admin.run(f"GRANT SELECT ON {table} TO {desk.name('mover')}")
    with refused("42501", "permission denied for relation t"):
        client.run(f"COPY {table} {s3(desk.prefix, keys, 'FROM')}")
    desk.admin.run(f"REVOKE USAGE ON SCHEMA {table.removesuffix('.t')} FROM {desk.name('mover')}")
    with refused("42501", "permission denied for schema"):
        client.run(f"COPY {table} {s3(desk.prefix, keys, 'FROM')}")
    assert {} == desk.pair.files(desk.prefix)
    assert [("1",)] == client.run("select 1")


@pytest.mark.parametrize(("verb", "lacking", "action"), [
    ("UNLOAD", "s3:PutObject", "s3:PutObject"), ("UNLOAD", "s3:GetObject", ""), ("COPY", "s3:GetObject", "s3:GetObject"),
])  # fmt: skip
def test_what_the_keys_may_not_is_an_error_of_the_server(desk: Desk, verb: str, lacking: str, action: str) -> None:
    """S3 decides by the role whose keys are named, and its refusal ends the statement as Redshift ends it; the connection lives on."""
    client, table = filled(desk)
    desk.pair.put(f"{desk.prefix}there", b"1|x\n")
    keys, prefix = desk.pair.keys(*(each for each in READS if each != lacking)), desk.prefix + ("new" if verb == "UNLOAD" else "")
    statement = f"UNLOAD ('select * from {table}') {s3(prefix, keys)}" if verb == "UNLOAD" else f"COPY {table} {s3(prefix, keys, 'FROM')}"
    with refused("XX000", ",Status 403,Error AccessDenied,Rid ") as caught:
        client.run(statement)
    words = f"is not authorized to perform: {action} on resource" if action else "S3ServiceException:Access Denied,"
    assert words in caught.value.message
    assert [("1",)] == client.run("select 1")


def test_listing_is_needed_too(plain: Desk) -> None:
    """Outside the part that the role may list, both are refused for want of ListBucket."""
    client, table = plain.table()
    keys = plain.pair.keys(*READS)
    for statement in (f"UNLOAD ('select * from {table}') {s3('other/', keys)}", f"COPY {table} {s3('other/', keys, 'FROM')}"):
        with refused("XX000", "is not authorized to perform: s3:ListBucket"):
            client.run(statement)


def test_bad_keys_are_refused(plain: Desk) -> None:
    """An unknown key, a wrong secret, a missing token, and a session that is over, are S3's refusals."""
    client, table = plain.table()
    keys = plain.pair.keys(*READS)
    without = {name: value for name, value in keys.items() if name != "aws_session_token"}
    for bad, code in (
        ({**keys, "aws_access_key_id": "AKIANOBODY0000000000"}, "403,Error InvalidAccessKeyId"),
        ({**keys, "aws_secret_access_key": "wrong"}, "403,Error SignatureDoesNotMatch"),
        (without, "400,Error InvalidToken"),
    ):
        with refused("XX000", f",Status {code}"):
            client.run(f"UNLOAD ('select * from {table}') {s3(plain.prefix, bad)}")
    plain.pair.account.control("sessions", "DELETE")
    with refused("XX000", "Error ExpiredToken"):
        client.run(f"UNLOAD ('select * from {table}') {s3(plain.prefix, keys)}")


def test_keys_may_stand_in_one_string(plain: Desk) -> None:
    """CREDENTIALS names them as well, with WITH and AS or without; malformed, it is refused in Redshift's words."""
    client, table = plain.table()
    keys = plain.pair.keys(*READS)
    names = {"aws_access_key_id": "aws_access_key_id", "aws_secret_access_key": "aws_secret_access_key", "aws_session_token": "token"}
    given = ";".join(f"{name}={keys[key]}" for key, name in names.items())
    place = f"'s3://{BUCKET}/{plain.prefix}'"

    client.run(f"UNLOAD ('select 1, ''x''') TO {place} WITH CREDENTIALS AS '{given}'")
    client.run(f"COPY {table} FROM {place} CREDENTIALS '{given}'")

    assert [("1", "x")] == client.run(f"select * from {table}")
    with refused("XX000", "Invalid credentials. Must be of the format: credentials 'aws_access_key_id=<access-key-id>;"):
        client.run(f"COPY {table} FROM {place} CREDENTIALS '{given.replace(';', '; ')}'")


def test_files_are_not_written_over(plain: Desk) -> None:
    """A place that is not empty is refused without ALLOWOVERWRITE; a place without files cannot be loaded."""
    client, table = filled(plain)
    keys = plain.pair.keys(*READS)
    unload = f"UNLOAD ('select * from {table}') {s3(plain.prefix, keys)} CSV"
    client.run(unload)
    with refused("XX000", "Specified unload destination on S3 is not empty."):
        client.run(unload)
    client.run(f"{unload} ALLOWOVERWRITE")
    with refused("XX000", f"The specified S3 prefix '{plain.prefix}none' does not exist"):
        client.run(f"COPY {table} {s3(plain.prefix + 'none', keys, 'FROM')} CSV")


@pytest.mark.parametrize("body", [b"x|name\n", b"1\n", b"1|a|b\n", b"1|\xff\n", b"1|" + b"y" * 81 + b"\n"])
def test_what_does_not_fit_is_a_failed_load(desk: Desk, body: bytes) -> None:
    """Wrong values, columns missing or too many, bytes that are no text, and a text too long: nothing is loaded."""
    client, table = desk.table()
    desk.pair.put(f"{desk.prefix}a", b"1|good\n")
    desk.pair.put(f"{desk.prefix}b", body)
    with refused("XX000", "Load into table 't' failed.  Check 'stl_load_errors' system table for details."):
        client.run(f"COPY {table} {s3(desk.prefix, desk.pair.keys(*READS), 'FROM')}")
    assert [] == contents(desk, table)


def test_both_belong_to_the_clients_transaction(desk: Desk) -> None:
    """What a transaction inserted is unloaded, what it loaded goes with it, and a refusal by S3 aborts it."""
    client, table = desk.table()
    keys = desk.pair.keys(*READS)
    client.run("BEGIN")
    client.run(f"INSERT INTO {table} VALUES (1, 'mine')")
    client.run(f"UNLOAD ('select * from {table}') {s3(desk.prefix, keys)}")
    client.run(f"COPY {table} {s3(desk.prefix, keys, 'FROM')}")
    assert [("2",)] == client.run(f"select count(*) from {table}")
    client.run("ROLLBACK")
    assert [("0",)] == client.run(f"select count(*) from {table}")
    for statement in (f"UNLOAD ('select 1') {s3('other/', keys)}", f"COPY {table} {s3('other/', keys, 'FROM')}", "COPY x FROM 's3://b/k'"):
        client.run("BEGIN")
        client.run(f"INSERT INTO {table} VALUES (1, 'lost')")
        with refused("XX000" if "other" in statement else "42601"):
            client.run(statement)
        with refused("25P02", "current transaction is aborted"):
            client.run(f"UNLOAD ('select 1') {s3(desk.prefix + 'x', keys)}")
        client.run("ROLLBACK")
    assert ([], ["0000_part_00"]) == (contents(desk, table), list(desk.pair.files(desk.prefix)))


def test_the_extended_protocol_may_run_ahead(pair: Pair) -> None:
    """A client that sends all of a statement before it reads gets its answer, its error, and goes on, within transactions too."""
    desk = Desk(pair.standin, "psql", pair=pair)
    client, table = desk.table()
    keys, ahead = pair.keys(*READS), " \\bind \\g"
    client.run(f"UNLOAD ('select 1, 2') {s3(desk.prefix, keys)}{ahead}")
    client.run(f"COPY {table} {s3(desk.prefix, keys, 'FROM')}{ahead}")
    assert [("1", "2")] == client.run(f"select id, name from {table}{ahead}")
    client.run("BEGIN")
    with refused("XX000", "Specified unload destination on S3 is not empty."):
        client.run(f"UNLOAD ('select 1') {s3(desk.prefix, keys)}{ahead}")
    with refused("25P02", "current transaction is aborted"):
        client.run(f"COPY {table} {s3(desk.prefix, keys, 'FROM')}{ahead}")
    client.run("ROLLBACK")
    with refused("42601"):
        client.run(f"COPY {table} FROM 's3://b/k'{ahead}")
    assert [("1", "2")] == client.run(f"select id, name from {table}")
    for each in desk.opened:
        each.close()


REFUSALS = {
    "UNLOAD ('select 1') TO 's3://b/k' IAM_ROLE 'arn:aws:iam::1:role/r'": ("0A000", "UNLOAD ... IAM_ROLE is not modelled"),
    "UNLOAD ('select 1') {to} MANIFEST": ("0A000", "UNLOAD ... MANIFEST is not modelled"),
    "UNLOAD ('select 1') {to} FORMAT AS PARQUET": ("0A000", "UNLOAD ... FORMAT PARQUET is not modelled"),
    "UNLOAD ('select 1') {to} CLEANPATH": ("0A000", "UNLOAD ... CLEANPATH is not modelled"),
    "UNLOAD ('select 1') {to} ENCRYPTED": ("0A000", "ENCRYPTED without KMS_KEY_ID is not modelled"),
    "UNLOAD ('select 1') {to} KMS_KEY_ID 'k'": ("42601", "KMS_KEY_ID needs ENCRYPTED"),
    "UNLOAD ('select 1') {to} MASTER_SYMMETRIC_KEY 'k'": ("0A000", "UNLOAD ... MASTER_SYMMETRIC_KEY is not modelled"),
    "UNLOAD ('select 1') {to} CSV CSV": ("42601", "conflicting or redundant options"),
    "UNLOAD ('select 1') {to} CREDENTIALS 'aws_access_key_id=a;aws_secret_access_key=b'": ("42601", "conflicting or redundant options"),
    "UNLOAD ('select 1') {to} IGNOREHEADER 1": ("42601", 'syntax error at or near "IGNOREHEADER"'),
    "UNLOAD ('select 1') {to} DELIMITER 'ab'": ("0A000", "COPY delimiter must be a single character"),
    "UNLOAD ('select 1') TO 's3://b/k'": ("42601", "UNLOAD needs ACCESS_KEY_ID and SECRET_ACCESS_KEY, or CREDENTIALS"),
    "UNLOAD ('select 1') TO '/file' CSV": ("0A000", "UNLOAD but with 's3://bucket/prefix' is not modelled"),
    "UNLOAD ('select 1 limit 1') {to}": ("0A000", "Limit clause is not supported in the outermost select of an UNLOAD statement"),
    "UNLOAD ('select 1; select 2') {to}": ("42601", "UNLOAD takes one SELECT"),
    "UNLOAD ('delete from t') {to}": ("42601", "UNLOAD takes one SELECT"),
    "UNLOAD ('select 1) to program ''id'' --') {to}": ("42601", 'syntax error at or near ")"'),
    "UNLOAD ('select string_agg(1, 2)') {to}": ("42883", "function string_agg() does not exist"),
    "UNLOAD ('select nothing') {to}": ("42703", 'column "nothing" does not exist'),
    "COPY nowhere {from}": ("42P01", 'relation "nowhere" does not exist'),
    "COPY t {from} IAM_ROLE default": ("0A000", "COPY ... IAM_ROLE is not modelled"),
    "COPY t FROM 's3://b/k' CREDENTIALS 'aws_iam_role=arn:aws:iam::1:role/r'": ("0A000", "CREDENTIALS with aws_iam_role is not modelled"),
    "COPY t FROM 'dynamodb://table' CSV": ("0A000", "COPY but with 's3://bucket/prefix' is not modelled"),
    "COPY t {from} HEADER": ("42601", 'syntax error at or near "HEADER"'),
    "COPY t FROM stdin": ("42601", 'syntax error at or near "stdin"'),
    "COPY t TO 's3://b/k'": ("42601", 'syntax error at or near "TO"'),
}


@pytest.mark.parametrize("statement", REFUSALS)
def test_the_rest_is_refused_by_name(plain: Desk, statement: str) -> None:
    """What Redshift has and the stand-in has not is not modelled; what Redshift has not is an error of syntax."""
    code, message = REFUSALS[statement]
    with refused(code, message):
        plain.admin.run(statement.format(**{"to": s3("out/never", ADMIN), "from": s3("out/never", ADMIN, "FROM")}))


def test_they_stand_alone_in_their_string(plain: Desk) -> None:
    """Among other statements in one string they are not modelled, and nothing of that string runs."""
    client, table = plain.table()
    with refused("0A000", "UNLOAD among other statements in one string is not modelled"):
        client.run(f"INSERT INTO {table} VALUES (1, 'x'); UNLOAD ('select 1') {s3(plain.prefix, ADMIN)}")
    assert [] == contents(plain, table)


def test_a_key_of_kms_encrypts_what_is_unloaded(plain: Desk) -> None:
    """ENCRYPTED with KMS_KEY_ID takes the key for the files, which the role must be let to use; COPY finds it by itself."""
    client, table = plain.table()
    key = plain.pair.account.client("kms").create_key()["KeyMetadata"]["Arn"]
    objects = allow(["s3:*"], [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"])
    with refused("XX000", "is not authorized to perform: kms:GenerateDataKey"):
        client.run(
            f"UNLOAD ('select 1, ''x''') {s3(plain.prefix, plain.pair.account.holder(policy(objects)))} KMS_KEY_ID '{key}' ENCRYPTED"
        )
    keys = plain.pair.account.holder(policy(objects, allow(["kms:GenerateDataKey", "kms:Decrypt"], key)))
    client.run(f"UNLOAD ('select 1, ''x''') {s3(plain.prefix, keys)} KMS_KEY_ID '{key}' ENCRYPTED")
    client.run(f"COPY {table} {s3(plain.prefix, keys, 'FROM')}")
    assert [("1", "x")] == client.run(f"select * from {table}")
    about = plain.pair.account.client("s3").head_object(Bucket=BUCKET, Key=f"{plain.prefix}0000_part_00")
    assert ("aws:kms", key) == (about["ServerSideEncryption"], about["SSEKMSKeyId"])


def test_another_region_must_be_named(plain: Desk) -> None:
    """A bucket outside the cluster's region is refused, and reached with REGION."""
    client, table = plain.table()
    account, bucket = plain.pair.account, "tonic-elsewhere"
    account.client("s3", region="us-west-2").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    there = s3("k", ADMIN).replace(BUCKET, bucket)
    with refused("XX000", "must be addressed using the specified endpoint.,Status 301,Error PermanentRedirect"):
        client.run(f"UNLOAD ('select 1, ''x''') {there}")
    client.run(f"UNLOAD ('select 1, ''x''') {there} REGION 'us-west-2'")
    client.run(f"COPY {table} {there.replace('TO', 'FROM', 1)} REGION AS 'us-west-2'")
    assert [("1", "x")] == client.run(f"select * from {table}")


def test_a_dropped_call_is_an_error_and_no_hang(plain: Desk) -> None:
    """When S3's endpoint breaks off, the statement fails, and the next one works."""
    client, _ = plain.table()
    plain.pair.account.control("faults", "POST", [{"kind": "drop", "match": "s3:ListObjectsV2"}])
    try:
        with refused("XX000", "stand-in: S3 did not answer: ConnectionClosedError"):
            client.run(f"UNLOAD ('select 1') {s3(plain.prefix, ADMIN)}")
    finally:
        plain.pair.account.control("faults", "DELETE")
    client.run(f"UNLOAD ('select 1') {s3(plain.prefix, ADMIN)}")


def test_statements_can_be_made_to_fail(plain: Desk) -> None:
    """Injected faults meet these statements too: an error in their place, and a connection that drops when they are done."""
    client, _ = plain.table()
    unload = f"UNLOAD ('select 1') {s3(plain.prefix, ADMIN)}"
    with plain.standin.failing({"match": "unload", "kind": "error", "code": "57014", "message": "no"}), refused("57014"):
        client.run(unload)
    with plain.standin.failing({"match": "unload", "kind": "drop after"}), refused(""):
        client.run(unload)
    assert ["0000_part_00"] == list(plain.pair.files(plain.prefix))


@pytest.mark.parametrize("wrong", [
    "{to} NONSENSE", "{to} IAM_ROLE 'x'", "{to} CSV '{secret}'", "TO 's3://b/k' ACCESS_KEY_ID '{id}' SECRET_ACCESS_KEY AS AS '{secret}'",
    "TO 's3://b/k' '{id};{secret};{token}'", "TO 's3://b/k' SECRET_ACCESS_KEY {bare}", "TO 's3://b/k' SECRET_ACCESS_KEY '{secret}",
    "TO 's3://b/k' SECRET_ACCESS_KEY'{secret}' SESSION_TOKEN /* here */ $${token}$$", "TO 's3://b/k' SECRET_ACCESS_KEY \"{secret}\"",
    "TO 's3://b/k' CREDENTIALS 'aws_access_key_id={id};aws_secret_access_key={secret};token={token} '",
    "TO 's3://b/k' CREDENTIALS 'aws_access_key_id={id};'\n'aws_secret_access_key={secret};token={token}'", "{to}; select 1",
    "TO 's3://b/k' MASTER_SYMMETRIC_KEY '{secret}'", "TO 's3://b/k' TOKEN '{token}'",
])  # fmt: skip
@pytest.mark.parametrize("begun", ["UNLOAD ('select 1') ", "EXPLAIN UNLOAD ('select 1') ", "select 1 ", "UNLOAD ('select no') "])
def test_no_error_and_no_log_tells_a_key(plain: Desk, begun: str, wrong: str) -> None:
    """However a statement with keys is wrong, neither the error, nor the statement log, nor the server's log holds one."""
    client, _ = plain.table()
    keys = plain.pair.account.session(plain.pair.account.role())
    parts = {"id": keys["aws_access_key_id"], "secret": keys["aws_secret_access_key"], "token": keys["aws_session_token"]}
    statement = begun + wrong.format(to=s3("out/x", keys), bare=parts["secret"], **parts)
    with pytest.raises(RefusedError) as caught:
        client.run(statement)
    logs = [
        path.read_text("utf-8", "replace") for path in (*plain.standin.folder.glob("*.*"), *plain.standin.folder.glob("postgres/*.log"))
    ]
    assert [] == [each for each in parts.values() if each in str(caught.value) or any(each in log for log in logs)]

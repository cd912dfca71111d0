"""UNLOAD and COPY: rows go to S3 and come back as they were, or the statement fails as Redshift's does."""

from __future__ import annotations

import gzip

import pytest

from tests.sandbox.aws.account import ADMIN
from tests.sandbox.redshift.clients import Psycopg2, refused
from tests.sandbox.redshift.transfers import BUCKET, READS, Desk, Pair, contents, filled, s3

NULLS = "NULL AS '\\\\N'"


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

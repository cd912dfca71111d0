"""UNLOAD and COPY are done in the rights of a database user and of whoever's keys the statement names; nothing tells the keys."""

from __future__ import annotations

import pytest

from tests.sandbox.aws.account import allow, policy
from tests.sandbox.redshift.clients import RefusedError, refused
from tests.sandbox.redshift.transfers import BUCKET, READS, Desk, filled, s3


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

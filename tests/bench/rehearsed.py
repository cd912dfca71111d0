"""Set up as the straight script does, then make the calls of a rehearsal: as the server, and as both database users.

What has to be refused is tried as well. Everything is removed again at the end, and nothing is where something fails: it is a script.
"""

from __future__ import annotations

import os
import runpy
import sys
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import boto3
import psycopg2
import yaml
from botocore.exceptions import ClientError
from botocore.utils import InstanceMetadataFetcher

ROWS, NAME = b"1,rehearsal\n", "rehearsal_probe"
PLACES = {"source": f"input/{NAME}/", "destination": f"output/{NAME}/"}
OWN, GRANTED, OTHERS = (f"{NAME}_{which}" for which in ("own", "granted", "others"))
TEMPORARY = ("create temporary table probe as select 1 as id, 'rehearsal' as word", "select id from probe")


def main() -> None:
    """Set up the environment of a parameter file, and rehearse."""
    runpy.run_path(str(Path(__file__).with_name("straight.py")), run_name="__main__")
    environment = yaml.safe_load(Path(sys.argv[1]).read_text("utf-8"))
    session = partial(cast("Any", boto3.Session), region_name=environment["aws"]["region"])
    client = partial(session().client, endpoint_url=environment["aws"]["endpoint"])
    secrets = client("secretsmanager")
    users = {side: _logged_in(environment[side], secrets) for side in PLACES}
    keys = InstanceMetadataFetcher(base_url=f"{environment['server']['metadata']}/", env={}).retrieve_iam_role_credentials()
    pair = {"aws_access_key_id": keys["access_key"], "aws_secret_access_key": keys["secret_key"], "aws_session_token": keys["token"]}
    server = partial(session(**pair).client, endpoint_url=environment["aws"]["endpoint"])
    server("sts").get_caller_identity()
    buckets = {side: environment["buckets"][side]["name"] for side in PLACES}
    with closing(users["source"]) as source, closing(users["destination"]) as destination, closing(_admin(environment)) as admin:
        as_source(source)
        as_destination(destination, admin, environment["destination"]["user"]["name"])
        as_server(server("s3"), buckets)
        transfer(server("s3"), buckets, source, destination, _authorised(keys))


def as_source(user: Any) -> None:
    """Use a temporary table and read what sizes tables have; be refused a schema."""
    _say(user, *TEMPORARY, "drop table probe", "select 1 from pg_catalog.svv_table_info limit 1")
    _refused(user, f"create schema {OWN}")


def as_destination(user: Any, admin: Any, name: str) -> None:
    """Make, fill and drop a schema; drop one that was granted, and be refused one that was not."""
    _say(user, *TEMPORARY, "drop table probe", "select 1 from pg_catalog.svv_table_info limit 1")
    _say(
        user, f"create schema {OWN}", f"create table {OWN}.probe (id int, word varchar(20))", f"insert into {OWN}.probe values (1, 'word')"
    )
    _say(user, f"select id from {OWN}.probe", f"drop table {OWN}.probe", f"drop schema {OWN} cascade")
    _say(admin, f"create schema {GRANTED}", f'grant drop on schema {GRANTED} to "{name}"')
    _say(user, f"drop schema {GRANTED}")
    _say(admin, f"create schema {OTHERS}")
    _refused(user, f"drop schema {OTHERS}")
    _say(admin, f"drop schema {OTHERS}")


def as_server(s3: Any, buckets: dict[str, str]) -> None:
    """Put, read, transform, put, read and remove; be refused what the server has no use for."""
    listed(s3, buckets, "source")
    rows = ROWS
    for side, bucket in buckets.items():
        place = {"Bucket": bucket, "Key": f"{PLACES[side]}probe.csv"}
        s3.put_object(**place, Body=rows)
        rows = s3.get_object(**place)["Body"].read().upper()
    for side, bucket in buckets.items():
        s3.delete_object(Bucket=bucket, Key=f"{PLACES[side]}probe.csv")
        assert not listed(s3, buckets, side)
    for ask in (s3.list_buckets, partial(s3.get_bucket_policy, Bucket=buckets["source"])):
        with suppress(ClientError):
            ask()
            sys.exit("the server may do what it should not")


def transfer(s3: Any, buckets: dict[str, str], source: Any, destination: Any, authorised: str) -> None:
    """Unload a row, carry it over, and copy it."""
    urls = {side: f"s3://{bucket}/{PLACES[side]}probe" for side, bucket in buckets.items()}
    _say(source, TEMPORARY[0], f"unload ('select id, word from probe') to '{urls['source']}' {authorised} csv allowoverwrite parallel off")
    (unloaded,) = listed(s3, buckets, "source")
    rows = s3.get_object(Bucket=buckets["source"], Key=unloaded)["Body"].read()
    s3.put_object(Bucket=buckets["destination"], Key=f"{PLACES['destination']}probe.csv", Body=rows)
    _say(destination, f"create schema {OWN}", f"create table {OWN}.probe (id int, word varchar(20))")
    _say(destination, f"copy {OWN}.probe from '{urls['destination']}' {authorised} csv", f"select id from {OWN}.probe")
    _say(destination, f"drop schema {OWN} cascade")
    s3.delete_object(Bucket=buckets["source"], Key=unloaded)
    s3.delete_object(Bucket=buckets["destination"], Key=f"{PLACES['destination']}probe.csv")
    assert not [key for side in PLACES for key in listed(s3, buckets, side)]


def listed(s3: Any, buckets: dict[str, str], side: str) -> list[str]:
    """List what lies in a place of the rehearsal."""
    return [each["Key"] for each in s3.list_objects_v2(Bucket=buckets[side], Prefix=PLACES[side]).get("Contents", [])]


def _authorised(keys: Any) -> str:
    return f"access_key_id '{keys['access_key']}' secret_access_key '{keys['secret_key']}' session_token '{keys['token']}'"


def _logged_in(side: dict[str, Any], secrets: Any) -> Any:
    secret = side["user"]["password"].removeprefix("generate:secretsmanager:")
    return _connected(side, side["user"]["name"], secrets.get_secret_value(SecretId=secret)["SecretString"])


def _admin(environment: dict[str, Any]) -> Any:
    side = environment["destination"]
    return _connected(side, side["admin"]["user"], os.environ[side["admin"]["password"].removeprefix("env:")])


def _connected(side: dict[str, Any], user: str, password: str) -> Any:
    connection = psycopg2.connect(
        host=side["host"], port=side["port"], dbname=side["database"], user=user, password=password, sslmode=side["sslmode"]
    )
    connection.autocommit = True
    return connection


def _say(database: Any, *statements: str) -> None:
    with database.cursor() as cursor:
        for each in statements:
            cursor.execute(each)


def _refused(database: Any, statement: str) -> None:
    try:
        _say(database, statement)
    except psycopg2.Error:
        return
    sys.exit(f"nobody refused: {statement}")


if __name__ == "__main__":
    main()

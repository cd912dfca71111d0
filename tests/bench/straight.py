"""Set up what `parameters/sandbox.yaml` sets up, as a straight script does: one call after the other, created where missing.

It is what `make bench` measures the runbook by, and shares nothing with it: no plan, no approval, no record, no proof. A second run
changes nothing. What was changed since by others is set again, but for passwords.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, cast

import boto3
import psycopg2
import yaml
from botocore.exceptions import ClientError
from psycopg2.extensions import quote_ident

Values = dict[str, Any]
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
POLICY_NAME = "tonic-server-role-v2"
POLICY = (
    {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion"],
        "Resource": "arn:aws:s3:::tonic-*/*",
    },
    {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:GetBucketNotification", "s3:PutBucketNotification"],
        "Resource": "arn:aws:s3:::tonic-*",
    },
)
PRIVATE = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
SCHEMAS = "select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'catalog_history')"
NOT_USABLE = f"{SCHEMAS} and not has_schema_privilege(%s, nspname, 'usage') order by nspname"
NOT_READABLE = f"""select distinct n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v')
and n.nspname in ({SCHEMAS}) and not has_table_privilege(%s, c.oid, 'select') order by n.nspname"""
NOT_DROPPABLE = f"{SCHEMAS} and not has_schema_privilege(%s, nspname, 'drop') order by nspname"
MAY = """select has_table_privilege(%(user)s, 'pg_catalog.svv_table_info', 'select'),
has_database_privilege(%(user)s, current_database(), 'temporary'), has_database_privilege(%(user)s, current_database(), 'create')"""


def main() -> None:
    """Set up the environment of a parameter file."""
    environment = yaml.safe_load(Path(sys.argv[1]).read_text("utf-8"))
    aws = environment["aws"]
    session = cast("Any", boto3.Session(region_name=aws["region"]))
    client = partial(session.client, endpoint_url=aws["endpoint"])
    if client("sts").get_caller_identity()["Account"] != aws["account"]:
        sys.exit("another account")
    tags = listed(environment)
    s3, secrets = client("s3"), client("secretsmanager")
    for side in ("source", "destination"):
        set_up_bucket(s3, environment["buckets"][side]["name"], environment["buckets"]["retention_days"], tags)
    set_up_role(client("iam"), environment, tags)
    carry_profile(client("ec2"), environment)
    set_up_databases(environment, secrets, tags)


def set_up_bucket(s3: Any, name: str, days: int, tags: list[Values]) -> None:
    """Make a bucket where it is missing, and set what differs."""
    if _found(s3.head_bucket, Bucket=name) is None:
        s3.create_bucket(Bucket=name)
    rules = {
        "abort-incomplete-uploads": {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        "expire-staged-objects": {"Expiration": {"Days": days}},
    }
    lifecycle = {"Rules": [{"ID": rule, "Status": "Enabled", "Filter": {"Prefix": ""}, **what} for rule, what in rules.items()]}
    settings: tuple[tuple[str, str, str, Values], ...] = (
        ("public_access_block", "PublicAccessBlockConfiguration", "", PRIVATE),
        ("bucket_ownership_controls", "OwnershipControls", "", OWNED),
        ("bucket_lifecycle_configuration", "LifecycleConfiguration", "Rules", lifecycle),
        ("bucket_tagging", "Tagging", "TagSet", {"TagSet": tags}),
        ("bucket_encryption", "ServerSideEncryptionConfiguration", "", ENCRYPTED),
    )
    for operation, member, inside, wanted in settings:
        answer = _found(getattr(s3, f"get_{operation}"), Bucket=name)
        now = None if answer is None else {inside: answer[inside]} if inside else answer[member]
        if _sorted(now) != _sorted(wanted):
            getattr(s3, f"put_{operation}")(Bucket=name, **{member: wanted})
    answer = _found(s3.get_bucket_policy, Bucket=name)
    if answer is None or json.loads(answer["Policy"]) != tls_only(name):
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(tls_only(name)))


def set_up_role(iam: Any, environment: Values, tags: list[Values]) -> None:
    """Make the server's role with its policy and its profile."""
    name = role_of(environment)
    if _found(iam.get_role, RoleName=name) is None:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy(TRUST)), Tags=tags)
    answer = _found(iam.get_role_policy, RoleName=name, PolicyName=POLICY_NAME)
    if answer is None or answer["PolicyDocument"] != policy(*POLICY):
        iam.put_role_policy(RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(policy(*POLICY)))
    profile = _found(iam.get_instance_profile, InstanceProfileName=name)
    if profile is None:
        iam.create_instance_profile(InstanceProfileName=name, Tags=tags)
    if profile is None or not profile["InstanceProfile"]["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def carry_profile(ec2: Any, environment: Values) -> None:
    """Let the instance carry the role's profile, unless it carries one."""
    instance = environment["server"]["instance_id"]
    of_it = [{"Name": "instance-id", "Values": [instance]}, {"Name": "state", "Values": ["associating", "associated"]}]
    if not ec2.describe_iam_instance_profile_associations(Filters=of_it)["IamInstanceProfileAssociations"]:
        ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": role_of(environment)})


def set_up_databases(environment: Values, secrets: Any, tags: list[Values]) -> None:
    """Make both users, and grant what they have not."""
    with closing(_connected(environment["source"])) as source, closing(_connected(environment["destination"])) as destination:
        set_up_source(source, secrets, environment["source"]["user"], tags)
        set_up_destination(source, destination, secrets, environment["destination"], tags)


def set_up_source(database: Any, secrets: Any, user: Values, tags: list[Values]) -> None:
    """Make the user that reads, and grant what he has not."""
    name = quote_ident(user["name"], database)
    is_new = _make_user(database, secrets, user, tags)
    # PUBLIC's rights make some grants look needless; a new user is given his own all the same.
    for schema in _names(database, SCHEMAS) if is_new else _names(database, NOT_USABLE, user["name"]):
        _send(database, f"grant usage on schema {quote_ident(schema, database)} to {name}")
    for schema in _names(database, NOT_READABLE, user["name"]):
        _send(database, f"grant select on all tables in schema {quote_ident(schema, database)} to {name}")
    if is_new or not _rows(database, MAY, {"user": user["name"]})[0][0]:
        _send(database, f"grant select on pg_catalog.svv_table_info to {name}")


def set_up_destination(source: Any, database: Any, secrets: Any, side: Values, tags: list[Values]) -> None:
    """Make the user that writes, and grant what he has not: DROP where a schema of the source's name is there."""
    user, name = side["user"], quote_ident(side["user"]["name"], database)
    is_new = _make_user(database, secrets, user, tags)
    grants = (
        "select on pg_catalog.svv_table_info",
        *(f"{each} on database {quote_ident(side['database'], database)}" for each in ("temporary", "create")),
    )
    for grant, is_held in zip(grants, _rows(database, MAY, {"user": user["name"]})[0], strict=True):
        if is_new or not is_held:
            _send(database, f"grant {grant} to {name}")
    replaced = set(_names(source, SCHEMAS))
    for schema in _names(database, NOT_DROPPABLE, user["name"]):
        if schema in replaced:
            _send(database, f"grant drop on schema {quote_ident(schema, database)} to {name}")


def _make_user(database: Any, secrets: Any, user: Values, tags: list[Values]) -> bool:
    """Make a user under a password that is generated and kept; tell whether he is new."""
    secret = secret_of(user)
    is_kept = _found(secrets.describe_secret, SecretId=secret) is not None
    if not is_kept:
        password = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True, RequireEachIncludedType=True)["RandomPassword"]
        secrets.create_secret(Name=secret, SecretString=password, Tags=tags)
    if _rows(database, "select 1 from pg_user where usename = %s", (user["name"],)):
        return False
    if is_kept:
        password = secrets.get_secret_value(SecretId=secret)["SecretString"]
    digest = hashlib.md5(f"{password}{user['name']}".encode(), usedforsecurity=False).hexdigest()
    _send(database, f"create user {quote_ident(user['name'], database)} password 'md5{digest}'")
    return True


def _connected(side: Values) -> Any:
    password = os.environ[side["admin"]["password"].removeprefix("env:")]
    connection = psycopg2.connect(
        host=side["host"],
        port=side["port"],
        dbname=side["database"],
        user=side["admin"]["user"],
        password=password,
        sslmode=side["sslmode"],
    )
    connection.autocommit = True
    return connection


def _rows(database: Any, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def _names(database: Any, statement: str, user: str = "") -> list[str]:
    return [name for (name,) in _rows(database, statement, (user,) if user else None)]


def _send(database: Any, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)


def _found(ask: Any, **parameters: str) -> Values | None:
    """Ask for what may be missing."""
    try:
        return cast("Values", ask(**parameters))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "404" or code.startswith("NoSuch") or "NotFound" in code:
            return None
        raise


def policy(*statements: Values) -> Values:
    """Write a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def tls_only(bucket: str) -> Values:
    """Write the policy of a bucket."""
    arn = f"arn:aws:s3:::{bucket}"
    statement = {"Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"],
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
    return policy(statement)


def _sorted(value: Any) -> str:
    """Write a value so that two that differ in the order of a list are one."""
    if isinstance(value, list):
        return str(sorted(map(_sorted, value)))
    if isinstance(value, dict):
        return str({key: _sorted(value[key]) for key in sorted(value)})
    return str(value)


def tags_of(environment: Values) -> dict[str, str]:
    """Give what everything carries that can."""
    return {**environment["roles"]["tags"], "tonic-runbook:environment": environment["environment"]}


def listed(environment: Values) -> list[Values]:
    """Give the tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags_of(environment).items()]


def role_of(environment: Values) -> str:
    """Name the server's role, which its profile is named after."""
    return f"tonic-{environment['environment']}-server"


def secret_of(user: Values) -> str:
    """Name the secret that keeps a user's password."""
    return str(user["password"].removeprefix("generate:secretsmanager:"))


if __name__ == "__main__":
    main()

"""Read back everything that a run may touch, as one value, so that before and after can be compared.

Keys and secrets in their waiting period are left out: AWS keeps them for days.
"""

from __future__ import annotations

import json
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from runbook_lib.policy.canonical import canonical
from runbook_lib.sandbox.state import ACCESS_KEY
from runbook_lib.sandbox.supervisor import PASSWORD, environment

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.sandbox.state import State

DATABASES = ("tickit", "tickit_masked")
SERVICES = ("iam", "s3", "kms", "secretsmanager", "ec2")
GLOBAL = {
    "users": "select usename, usesuper from pg_user order by 1",
    "groups": "select groname from pg_group order by 1",
    "databases": "select datname from pg_database order by 1",
}
QUERIES = {
    "schemas": "select n.nspname, u.usename from pg_namespace n left join pg_user u on u.usesysid = n.nspowner "
    "where n.nspname !~ '^pg_' order by 1",
    "relations": "select n.nspname, c.relname, u.usename from pg_class c join pg_namespace n on n.oid = c.relnamespace "
    "left join pg_user u on u.usesysid = c.relowner where c.relkind in ('r', 'v') and n.nspname !~ '^pg_' order by 1, 2",
    "schema_grants": "select namespace_name, privilege_type, identity_name from svv_schema_privileges order by 1, 2, 3",
    "relation_grants": "select namespace_name, relation_name, privilege_type, identity_name from svv_relation_privileges "
    "where identity_name <> 'public' order by 1, 2, 3, 4",
    "database_grants": "select database_name, privilege_type, identity_name from svv_database_privileges order by 1, 2, 3",
    "default_privileges": "select owner_name, schema_name, privilege_type, grantee_name from svv_default_privileges order by 1, 2, 3, 4",
}


def snapshot(state: State, folder: Path) -> dict[str, Any]:
    """Read the account and the warehouse."""
    known = environment(folder)
    return {"aws": _aws(state, known["AWS_SECRET_ACCESS_KEY"]), "warehouse": _warehouse(state, known[PASSWORD])}


def _warehouse(state: State, password: str) -> dict[str, Any]:
    import psycopg2

    found: dict[str, Any] = {}
    for database in DATABASES:
        options: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": state.redshift_port,
            "user": "awsuser",
            "password": password,
            "dbname": database,
        }
        with closing(psycopg2.connect(**options)) as connection, connection.cursor() as cursor:
            for name, query in {**QUERIES, **GLOBAL}.items():
                cursor.execute(query)
                found[f"{database} {name}"] = cursor.fetchall()
    return found


def _aws(state: State, secret: str) -> dict[str, Any]:
    iam, s3, kms, secrets, ec2 = _clients(state.aws_port, state.region, secret)
    return {
        "roles": {role["RoleName"]: _role(iam, role) for role in iam.list_roles()["Roles"]},
        "profiles": sorted(
            (each["InstanceProfileName"], tuple(role["RoleName"] for role in each["Roles"]))
            for each in iam.list_instance_profiles()["InstanceProfiles"]
        ),
        "associations": [
            (each["InstanceId"], each["IamInstanceProfile"]["Arn"])
            for each in ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
        ],
        "buckets": sorted(each["Name"] for each in s3.list_buckets()["Buckets"]),
        "keys": sorted(_keys(kms)),
        "aliases": sorted(each["AliasName"] for each in kms.list_aliases()["Aliases"] if not each["AliasName"].startswith("alias/aws/")),
        "secrets": sorted(each["Name"] for each in secrets.list_secrets()["SecretList"]),
    }


@lru_cache(maxsize=8)
def _clients(port: int, region: str, secret: str) -> tuple[Any, ...]:
    """Make the clients once: before and after are read with the same ones."""
    import boto3

    session = cast("Any", boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=secret, region_name=region))
    return tuple(session.client(each, endpoint_url=f"http://127.0.0.1:{port}") for each in SERVICES)


def _role(iam: Any, role: dict[str, Any]) -> dict[str, Any]:
    name = role["RoleName"]
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return {
        "trust": canonical(role["AssumeRolePolicyDocument"]),
        "inline": {each: canonical(iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]) for each in inline},
        "attached": sorted(each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]),
        "tags": sorted((tag["Key"], tag["Value"]) for tag in iam.list_role_tags(RoleName=name)["Tags"]),
    }


def _keys(kms: Any) -> list[tuple[str, str]]:
    found = []
    for each in kms.list_keys()["Keys"]:
        facts = kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
        if facts["KeyState"] != "PendingDeletion" and facts["KeyManager"] == "CUSTOMER":
            found.append((each["KeyId"], canonical(json.loads(kms.get_key_policy(KeyId=each["KeyId"], PolicyName="default")["Policy"]))))
    return found

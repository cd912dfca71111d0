"""The tables of permissions name operations that there are, and hold every action that our documents grant."""

from __future__ import annotations

import re
from typing import Any

from botocore.session import get_session

from runbook_lib.documents.policies import lambda_role_policies, server_role_policies
from runbook_lib.parameters.load import load
from runbook_lib.policy.canonical import statements
from runbook_lib.policy.reference import reference
from runbook_lib.sandbox.aws.permissions.iam import FREE
from runbook_lib.sandbox.aws.permissions.needs import anything
from runbook_lib.sandbox.aws.permissions.table import TABLE
from tests.driver import offline_needs
from tests.machine import ROOT

IMPLIED = {
    "iam:PassRole", "iam:TagRole", "iam:TagInstanceProfile", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject",
    "s3:DeleteObjectVersion", "kms:TagResource",
}  # fmt: skip
"""What no row has for its own action: it comes with others, or has two names."""


def test_every_row_is_an_operation_of_its_service() -> None:
    """A row for an operation that botocore does not know could never be met."""
    session = get_session()
    known = {name.partition(":")[0] for name in TABLE}
    operations = {f"{service}:{each}" for service in known for each in session.get_service_model(service).operation_names}

    assert set() == (set(TABLE) | FREE) - operations


def test_every_action_is_one_of_the_service_reference() -> None:
    """Actions are spelt as AWS's service reference does, and asked for on no resource exactly where it names none."""
    known = {f"{prefix}:{each.name}": each for prefix, service in reference().services.items() for each in service.actions.values()}
    rows = {name: row for name, row in TABLE.items() if row.action}

    assert set() == {row.action for row in rows.values()} - set(known)
    on_nothing = {name for name, row in rows.items() if row.resources is anything}
    # ListAllMyBuckets has no resource either; policies write it on every bucket as well as on everything.
    assert {"s3:ListBuckets"} == {name for name, row in rows.items() if not known[row.action].types} ^ on_nothing


def test_every_action_that_we_grant_is_one_that_is_decided() -> None:
    """Each action in the roles' policies, in both styles, and each that setting up takes, is wanted by some operation."""
    decided = {row.action for row in TABLE.values()} | IMPLIED
    wanted: set[str] = set()
    for file in sorted((ROOT / "parameters").glob("*.yaml")):
        for style in ("documented", "scoped"):
            environment = load(file).model_copy(update={"policy_style": style})
            for _, document in (*server_role_policies(environment), *lambda_role_policies(environment)):
                wanted |= {action for each in statements(document) for action in _listed(each["Action"])}
            wanted |= {need.permission.action for need in offline_needs(environment)}

    assert set() == {each for each in wanted if not re.search(r"[*?]", each)} - decided


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)

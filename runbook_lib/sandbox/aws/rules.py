"""All rules of the endpoint, as its command line asks for them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runbook_lib.sandbox.aws import functions, iam, kms, logs, notifications, queues, redshift, s3, secretsmanager, sessions, simulator
from runbook_lib.sandbox.aws.credentials import issuing_into
from runbook_lib.sandbox.aws.sample import secret_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.sandbox.aws.callers import Caller
    from runbook_lib.sandbox.aws.front import Rules


def warehouse(given: argparse.Namespace) -> redshift.Warehouse:
    """Say where the stand-in listens."""
    secret = secret_arn(given.account, given.region)
    return redshift.Warehouse("127.0.0.1", given.redshift_port, given.redshift_id or given.id, secret)


def all_rules(given: argparse.Namespace, find: Callable[[str, str], Caller | None]) -> Rules:
    """Give every rule by call."""
    passwords = given.credentials or (given.folder or given.ready_file.parent) / "credentials.json"
    return {
        **kms.rules(find),
        **iam.rules(),
        **secretsmanager.rules(),
        **s3.rules(),
        **notifications.rules(),
        **queues.rules(),
        **functions.rules(),
        **logs.rules(),
        **sessions.rules(find),
        **simulator.rules(),
        **redshift.rules(lambda: warehouse(given), issuing_into(passwords)),
    }

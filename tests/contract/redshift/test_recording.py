"""Every statement that is sent to a database is told as it was sent, with its session, and without a secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runbook_lib.adapters.redshift import WarehouseTarget
from runbook_lib.adapters.redshift.recording import Statement, as_sent
from runbook_lib.errors import TargetError
from runbook_lib.model import Change
from runbook_lib.resources.warehouse import DatabaseUser, SchemasAsked
from runbook_lib.secrets import Masked, md5_literal
from tests.contract.redshift.standin import ADMIN, PASSWORD
from tests.contract.redshift.worlds import PRODUCT, Held, World

Heard = tuple[WarehouseTarget, list[Statement]]


@pytest.fixture
def heard(stood: World) -> Iterator[Heard]:
    """Connect with a recorder."""
    told: list[Statement] = []
    target = WarehouseTarget(stood.environment, Held(), lambda _side: (ADMIN, Masked(PASSWORD)), told.append)
    yield target, told
    target.close()


def test_reads_and_writes_are_told_apart(stood: World, heard: Heard) -> None:
    """Asking only reads; a new user is one statement that writes, in the administrator's session, with a mask for its password."""
    target, told = heard
    target.ask([SchemasAsked(side="source")])
    assert told
    assert [] == [each for each in told if each.writes]
    user = DatabaseUser(side="source", name="recorded", password=stood.password)

    target.write([Change(before=None, after=user)])
    target.write([Change(before=user, after=None)])

    made, dropped = (each for each in told if each.writes)
    assert ["CREATE USER recorded PASSWORD '********';", "DROP USER recorded;"] == [made.sql, dropped.sql]
    assert ("source database", stood.environment.source.database, "") == (made.service, made.database, made.error)
    assert made.session > 0
    assert made.user == target.sender(Change(before=None, after=user))["user"]
    assert 0 < made.milliseconds < 60_000


def test_what_fails_is_told_with_its_state(stood: World, heard: Heard) -> None:
    """A statement that the database refuses is told with the SQLSTATE."""
    target, told = heard
    user = DatabaseUser(side="source", name="nobody_there", password=stood.password)

    with pytest.raises(TargetError):
        target.write([Change(before=user, after=None)])

    assert ["42704"] == [each.error for each in told if each.writes]


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("CREATE USER a PASSWORD %(literal)s;", "CREATE USER a PASSWORD '********';"),
        (
            "copy a from 's3://b' access_key_id %(key)s secret_access_key %(secret)s",
            "copy a from 's3://b' access_key_id '********' secret_access_key '********'",
        ),
        ('GRANT SELECT ON "a%%b" TO c', 'GRANT SELECT ON "a%b" TO c'),
        ("ALTER USER a PASSWORD 'md50123456789abcdef0123456789abcdef'", "ALTER USER a PASSWORD '********'"),
    ],
)
def test_what_was_bound_is_masked(statement: str, shown: str) -> None:
    """Every bound value is a mask, and a literal that slipped through too; nothing else of a statement is changed."""
    assert shown == as_sent(statement)


def test_no_secret_is_told(stood: World, heard: Heard) -> None:
    """Neither the administrator's password nor the user's stands in what is told."""
    target, told = heard
    user = DatabaseUser(side="source", name="recorded", password=stood.password)
    target.write([Change(before=None, after=user)])
    target.write([Change(before=user, after=None)])

    assert told
    secrets = (PASSWORD, PRODUCT, md5_literal(Masked(PRODUCT), user.name).reveal())
    assert [] == [each for each in told if any(secret in str(each) for secret in secrets)]

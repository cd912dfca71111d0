"""The table of changes: the gravest first, a line each, what is sent behind it, and 500 of them at once."""

from __future__ import annotations

from runbook_lib import views
from runbook_lib.model import Change, EnvironmentPlan, Plan
from runbook_lib.resources.iam import RolePolicy
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.secretsmanager import Rotation
from runbook_lib.resources.warehouse import DatabaseUser
from runbook_lib.views import changes
from runbook_lib.views.blocks import Fold, Mark
from runbook_lib.views.sending import sent
from tests.unit.views.samples import CHANGES, LESS, MORE, ROLE, USER, grants

KILOBYTES = 500_000


def opened(change: Change) -> tuple[str, list[str]]:
    """Give what stands on the line of a change, and what opens behind it."""
    (fold,) = sent(change)
    assert isinstance(fold, Fold)
    return fold.summary, [line.text for line in fold.lines]


def many(number: int) -> Plan:
    """Plan many changes, one in five of which widens access."""
    policies = (RolePolicy(role="tonic-server", name=f"policy-{place:03}", document=LESS) for place in range(number))
    found = (
        Change(before=each if not place % 5 else None, after=each.model_copy(update={"document": MORE}))
        for place, each in enumerate(policies)
    )
    return Plan(stage="server_role", environment="staging", scope=(), changes=(Change(before=None, after=ROLE), *found))


def test_gravest_stands_first_under_its_own_number() -> None:
    """A superuser comes before what widens, what widens before what deletes, and each keeps the number under which it is made."""
    superuser = Change(before=USER, after=USER.model_copy(update={"superuser": True}))

    grid = changes.table((*CHANGES, superuser), frozenset())

    assert ["5", "2", "3", "4", "1"] == [row[0][0] for row in grid.rows]
    assert ["makes a superuser", "widens access", "widens access", "deletes"] == [
        mark.word for row in grid.rows for mark in row[1] if isinstance(mark, Mark)
    ]


def test_without_risk_there_is_no_column_of_risks() -> None:
    """A plan that only adds is not cluttered."""
    assert "risk" not in changes.table(CHANGES[:1], frozenset()).columns


def test_what_is_made_together_widens_nothing() -> None:
    """A role's first policy is no risk where the role is made under the same approval, whichever stage makes it."""
    policy = Change(before=None, after=RolePolicy(role=ROLE.name, name="s3", document=MORE))
    one = Plan(stage="server_role", environment="staging", scope=(), changes=(Change(before=None, after=ROLE),))
    other = Plan(stage="encryption", environment="staging", scope=(), changes=(policy,))

    assert "widens access" not in views.text(EnvironmentPlan(environment="staging", plans=(one, other)))
    assert "widens access" in views.text(other)


def test_request_is_named_and_its_parameters_are_behind_it() -> None:
    """One line names the call; every parameter and the whole document open."""
    summary, lines = opened(CHANGES[1])

    assert "iam:PutRolePolicy" == summary
    assert ["iam:PutRolePolicy", "RoleName: tonic-server", "PolicyName: s3", "PolicyDocument: {"] == lines[:4]
    assert '    "s3:DeleteObject",' in lines


def test_statement_is_shown_with_its_password_masked() -> None:
    """A user's password is not in what is shown, as it is not in what is planned."""
    user = DatabaseUser(side="source", name="tonic_user", password="env:SOURCE_PASSWORD")

    summary, lines = opened(Change(before=None, after=user))

    assert "CREATE USER tonic_user PASSWORD '********';" == summary
    assert [summary] == lines


def test_many_statements_are_counted() -> None:
    """Several statements are counted, and the first of them is begun."""
    summary, lines = opened(Change(before=grants("a", "b"), after=grants("c")))

    assert "2 statements: GRANT SELECT ON sales.c TO tonic_user;" == summary
    assert ["GRANT SELECT ON sales.c TO tonic_user;", "REVOKE SELECT ON sales.a, sales.b FROM tonic_user;"] == lines


def test_rotation_shows_requests_and_statement() -> None:
    """A rotation is sent to Secrets Manager and to the database."""
    new = Rotation(side="source", user="tonic_user", secret="tonic/source", version="b" * 32)

    summary, lines = opened(Change(before=new.model_copy(update={"version": "a" * 32}), after=new))

    assert "secretsmanager:PutSecretValue and 2 more" == summary
    assert "ALTER USER tonic_user PASSWORD '********';" in lines


def test_rehearsal_says_what_its_steps_send() -> None:
    """Who approves it reads the statements, as whom they run, and what has to be refused; who sweeps reads what is removed."""
    played = Rehearsal(flow="source_user", acts_as=("source/tonic_user",), touches=("a temporary table",), proves="")

    summary, lines = opened(Change(before=None, after=played))

    assert "plays CREATE TEMPORARY TABLE tonic_runbook_probe AS SELECT 1 AS id ..." == summary
    assert ("as source/tonic_user", "SELECT 1 FROM pg_catalog.svv_table_info LIMIT 1") == (lines[0], lines[2])
    assert "has to be refused" in lines[3]
    assert ("removes what was left", ["a temporary table"]) == opened(Change(before=played, after=None))


def test_five_hundred_changes_stay_small() -> None:
    """A plan of 500 changes with all that is sent stays below 500 kB, and every change is a row."""
    html = views.html(many(500))

    assert 501 == html.count("<summary>iam:")
    assert len(html.encode()) < KILOBYTES

"""Stages 60 and 70: the user of a database, the password, what is missing of either, and the SQL that is handed over."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.model import Inventory
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked, Rotation, Secret, version_of
from runbook_lib.resources.warehouse import PrivilegesAnswer, SessionAsked, UsersAsked
from tests.stages.worlds import READER, ROTATED, STAGES, WRITER, World, amiss, environment, privileges, session, verdicts, wanted, world

READER_IS = "the source user exists and is an ordinary user"
WRITER_IS = "the destination user exists with the power that the choice asks for"
WRITES = "the source user writes nowhere"


def reader(**changes: Any) -> PrivilegesAnswer:
    """Describe a source user, who creates no schemas."""
    return privileges(**{"database_create": False, **changes})


@pytest.mark.parametrize(("slug", "side"), [("source_database", "source"), ("destination_database", "destination")])
def test_a_generated_password_is_made_before_the_user(slug: str, side: str) -> None:
    """The secret is a resource of its own that stands before the user who needs it."""
    reference = "generate:secretsmanager:tonic/x"
    env = environment(**{side: {"user": {"name": f"{side}_user", "password": reference}}})
    assert list(STAGES[slug].parts[0].desire(env, Inventory({}))) == [Secret(name="tonic/x", tags=env.tags)]
    assert STAGES[slug].parts[0].name == "password"


@pytest.mark.parametrize(
    ("slug", "answers", "claim", "verdict", "detail"),
    [
        ("source_database", {UsersAsked(side="source"): ()}, READER_IS, "broken", "there is no user tonic_user"),
        (
            "source_database",
            {UsersAsked(side="source"): (("tonic_user", True),)},
            READER_IS,
            "broken",
            "tonic_user is a superuser, which reads and drops everything",
        ),
        (
            "source_database",
            {READER: reader(schemas_without_usage=("crm", "hidden"))},
            "the source user may use every included schema",
            "broken",
            "1 without USAGE: crm",
        ),
        (
            "source_database",
            {READER: reader(relations_without_select=(("hidden", "x"), ("sales", "order")))},
            "the source user reads every included table",
            "broken",
            "1 without SELECT: sales.order",
        ),
        (
            "source_database",
            {READER: reader(table_info=False)},
            "the source user reads svv_table_info",
            "broken",
            "it may not read svv_table_info",
        ),
        ("source_database", {READER: reader(relations_with_write=(("crm", "person"),))}, WRITES, "broken", "it may write to crm.person"),
        (
            "source_database",
            {READER: reader(schemas_with_create=("crm", "public"), public_may_create_in=("public",))},
            WRITES,
            "broken",
            "it may create in crm",
        ),
        (
            "source_database",
            {READER: reader(schemas_with_create=("public",), public_may_create_in=("public",))},
            WRITES,
            "kept",
            "everybody may create in public, the source user too",
        ),
        ("source_database", {READER: reader(database_create=True)}, WRITES, "broken", "it may create schemas in dev"),
        (
            "destination_database",
            {WRITER: privileges(table_info=False)},
            "the destination user reads svv_table_info",
            "broken",
            "no SELECT on svv_table_info",
        ),
        (
            "destination_database",
            {WRITER: privileges(database_temporary=False)},
            "the destination user may use temporary tables",
            "broken",
            "no TEMPORARY on masked",
        ),
        (
            "destination_database",
            {WRITER: privileges(database_create=False)},
            "the destination user may create schemas",
            "broken",
            "no CREATE on masked",
        ),
        (
            "destination_database",
            {SessionAsked(side="destination"): session("destination", databases=("dev",))},
            "the destination database exists",
            "broken",
            "there is no database masked",
        ),
        ("destination_database", {UsersAsked(side="destination"): ()}, WRITER_IS, "broken", "there is no user tonic_destination_user"),
    ],
)
def test_what_is_missing_or_too_much_is_named(slug: str, answers: World, claim: str, verdict: str, detail: str) -> None:
    """Each grant of the ledger has a check of its own."""
    env = environment()
    assert [each for each in verdicts(slug, claim, env, world(env, answers)) if each == (verdict, detail)] != []
    assert amiss(slug, env, world(env, answers)) == ([(claim, verdict)] if verdict != "kept" else [])


@pytest.mark.parametrize(
    ("answer", "verdict", "detail"),
    [
        (ReferenceAnswer(resolves=False), "owed", "env:SOURCE_PASSWORD names nothing that can be read from here"),
        (ReferenceAnswer(resolves=True, broken_rules=("a digit",)), "broken", "env:SOURCE_PASSWORD lacks: a digit"),
        (ReferenceAnswer(resolves=True), "kept", "env:SOURCE_PASSWORD resolves and satisfies Redshift's rules"),
    ],
)
def test_a_password_is_checked_before_it_is_used(answer: ReferenceAnswer, verdict: str, detail: str) -> None:
    """G3: rules are named, the value never."""
    env = environment()
    asked = ReferenceAsked(reference="env:SOURCE_PASSWORD", user="tonic_user")
    found = verdicts("source_database", "the password is one that Redshift accepts", env, world(env, {asked: answer}))
    assert found == [(verdict, detail)]


@pytest.mark.parametrize("side", ["source", "destination"])
def test_what_is_handed_over_is_sql(side: str) -> None:
    """Planned, the script has each statement; not planned, it asks the database itself where it has to."""
    env, stage = environment(), STAGES[f"{side}_database"]
    planned = stage.artefacts(env, tuple(wanted(stage.slug, env)))
    assert list(planned) == [f"{side}_database.sql"]
    assert ("GRANT USAGE ON SCHEMA crm, sales TO tonic_user;" in planned[f"{side}_database.sql"]) == (side == "source")
    assert "\\gexec" not in planned[f"{side}_database.sql"]
    offline = stage.artefacts(env, ())[f"{side}_database.sql"]
    assert "\\gexec" in offline


def test_a_word_asks_for_a_version_of_the_password() -> None:
    """The secret is made in that version, and rotated to it where it is another; without a word there is nothing to rotate."""
    (secret,) = [each for each in wanted("source_database", environment(**ROTATED)) if isinstance(each, Secret)]
    (rotation,) = [each for each in wanted("source_database", environment(**ROTATED)) if isinstance(each, Rotation)]
    without = {"source": {"user": {**ROTATED["source"]["user"], "rotation": ""}}}

    assert (secret.version, "s", "tonic_user") == (rotation.version, rotation.secret, rotation.user)
    assert 32 <= len(rotation.version) <= 64
    script = STAGES["source_database"].artefacts(environment(**ROTATED), (secret,))["source_password.sh"]
    assert f"--secret-string file:///dev/stdin --client-request-token {secret.version} " in script
    assert version_of("s", "second") != version_of("s", "third") != version_of("t", "third")
    assert [""] == [each.version for each in wanted("source_database", environment(**without)) if isinstance(each, Secret | Rotation)]

"""Stage 70: the destination."""

from __future__ import annotations

import pytest

from runbook_lib.model import Unanswered
from runbook_lib.resources.warehouse import Database, DatabaseUser, Ownership, RelationsAsked, SessionAsked, UsersAsked
from tests.stages.worlds import (
    DESTINATION,
    SOURCE,
    STAGES,
    WRITER,
    amiss,
    environment,
    grants,
    judged,
    privileges,
    refused,
    relation,
    schema,
    session,
    verdicts,
    wanted,
    world,
)

OWNERSHIP = {"preserve_ownership": True}
OWNS = "under preserved ownership the superuser owns what is there"
DROPS = "the destination user may drop the schemas that a job replaces"


def test_a_missing_database_is_broken_unless_it_may_be_made() -> None:
    """H1: the destination must exist; it is created on request only."""
    env = environment()
    answers = world(env, {SessionAsked(side="destination"): session("destination", database="dev", databases=("dev",))})
    reasons = {name: each.reason for name, each in refused("destination_database", env, answers).items()}
    assert reasons == dict.fromkeys(("database", "user", "grants", "drop", "ownership"), "there is no database masked on dst.example")
    assert [
        each for each in wanted("destination_database", environment(destination={"create_database": True})) if isinstance(each, Database)
    ] != []


def test_the_destination_user_gets_the_vendors_three_grants() -> None:
    """H3a to H3c, in the destination database."""
    assert grants("destination_database", environment()) == {
        "grants/destination/tonic_destination_user/SELECT/table/svv_table_info": (("pg_catalog", "svv_table_info"),),
        "grants/destination/tonic_destination_user/TEMPORARY/database": (("masked",),),
        "grants/destination/tonic_destination_user/CREATE/database": (("masked",),),
    }


def test_drop_is_granted_on_exactly_the_schemas_that_need_it() -> None:
    """H3d: in both databases, included, local, and owned by somebody else."""
    env = environment(schemas={"include": ["crm", "sales", "public"]})
    there = (
        schema("crm", "etl"),
        schema("lake", "etl", kind="external"),
        schema("only_here", "etl"),
        schema("public", "admin"),
        schema("sales", "tonic_destination_user"),
    )
    source = (schema("crm"), schema("lake", kind="external"), schema("only_there"), schema("public"), schema("sales"))
    answers = world(env, {SOURCE: source, DESTINATION: there})
    assert grants("destination_database", env, answers)["grants/destination/tonic_destination_user/DROP/schema"] == (
        ("crm",),
        ("public",),
    )


@pytest.mark.parametrize(
    ("held", "verdict", "warning", "detail"),
    [
        ((), "broken", False, "1 without DROP: crm"),
        (("crm",), "kept", True, "a job may drop crm of masked and what is in them"),
    ],
)
def test_drop_is_computed_again_and_warns_of_lost_data(held: tuple[str, ...], verdict: str, warning: bool, detail: str) -> None:
    """The recomputed set is granted, with a warning of what a job replaces."""
    env = environment()
    answers = world(env, {DESTINATION: (schema("crm"),), WRITER: privileges(schemas_with_drop=held)})
    found = [
        (each.verdict, each.warning, each.detail) for check, each in judged("destination_database", env, answers) if check.claim == DROPS
    ]
    assert found == [(verdict, warning, detail)]


def test_without_the_source_only_the_drop_part_waits() -> None:
    """The destination's own grants do not wait for the source's schemas."""
    env = environment()
    answers = world(env, {SOURCE: Unanswered("no route", "unknown")})
    assert set(refused("destination_database", env, answers)) == {"drop"}


def test_preserved_ownership_wants_a_superuser_and_no_grants() -> None:
    """H4: the other branch."""
    assert wanted("destination_database", environment(destination=OWNERSHIP)) == [
        DatabaseUser(side="destination", name="tonic_destination_user", password="env:DESTINATION_PASSWORD", superuser=True)
    ]


def test_ownership_is_taken_only_on_request() -> None:
    """Under take_ownership everything local in the destination changes hands."""
    env = environment(destination={**OWNERSHIP, "take_ownership": True})
    answers = world(env, {RelationsAsked(side="destination"): (relation("public", "t"),)})
    found = [each for each in wanted("destination_database", env, answers) if isinstance(each, Ownership)]
    assert [(each.on, each.owners) for each in found] == [
        ("schema", ((("public",), "tonic_destination_user"),)),
        ("table", ((("public", "t"), "tonic_destination_user"),)),
    ]


def test_what_others_own_is_owed_with_its_ddl() -> None:
    """Schemas first, names quoted."""
    env = environment(destination=OWNERSHIP)
    answers = world(
        env,
        {
            DESTINATION: (schema("Sales", "etl"),),
            RelationsAsked(side="destination"): (relation("Sales", 'the "x"', "etl"),),
        },
    )
    found = [each for check, each in judged("destination_database", env, answers) if check.claim == OWNS and each.verdict != "kept"]
    assert [(each.verdict, each.by, each.detail) for each in found] == [("owed", "warehouse admin", "2 objects belong to others")]
    assert found[0].way_out.splitlines()[1:] == [
        'ALTER SCHEMA "Sales" OWNER TO tonic_destination_user;',
        'ALTER TABLE "Sales"."the ""x""" OWNER TO tonic_destination_user;',
    ]


def test_source_owners_must_exist_in_the_destination() -> None:
    """H4: an owner whom the destination's cluster does not know cannot be preserved."""
    env = environment(destination={**OWNERSHIP, "take_ownership": True})
    users = UsersAsked(side="destination")
    answers = world(env, {users: (("admin", True), ("tonic_destination_user", True)), DESTINATION: ()})
    found = [each for each in verdicts("destination_database", OWNS, env, answers) if each[0] != "kept"]
    assert found == [("owed", "owners in the source without a user in the destination: etl")]


def test_what_belongs_to_nobody_needs_no_user() -> None:
    """A dropped owner has no name that the destination could know."""
    env = environment(destination=OWNERSHIP)
    answers = world(env, {SOURCE: (schema("crm", ""), schema("sales")), DESTINATION: ()})
    assert amiss("destination_database", env, answers) == []


def test_a_superuser_is_warned_of_over_the_same_cluster() -> None:
    """H4: a superuser spans all databases of a cluster, the source included."""
    env = environment(source={"host": "one.example"}, destination={**OWNERSHIP, "host": "one.example"})
    claim = "it is chosen whether source ownership is preserved"
    [found] = [each for check, each in judged("destination_database", env) if check.claim == claim]
    detail = "preserved: tonic_destination_user is a superuser in every database of the cluster, the source included"
    assert (found.verdict, found.warning, found.detail) == ("kept", True, detail)


def test_a_superusers_script_takes_ownership_where_it_was_planned() -> None:
    """H4: what the plan holds is what the script does."""
    env = environment(destination={**OWNERSHIP, "take_ownership": True})
    text = STAGES["destination_database"].artefacts(env, tuple(wanted("destination_database", env)))["destination_database.sql"]
    assert text.splitlines()[-2:] == [
        "CREATE USER tonic_destination_user CREATEUSER PASSWORD :'destination_password';",
        "ALTER SCHEMA public OWNER TO tonic_destination_user;",
    ]

"""Stage 60: the source."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.resources.warehouse import DatabaseUser, DefaultPrivileges, Grants, RelationsAsked
from tests.stages.worlds import SOURCE, amiss, environment, grants, relation, schema, verdicts, wanted, world


def test_the_source_user_may_use_and_read_every_included_schema() -> None:
    """G3 to G6: an ordinary user, USAGE, SELECT, and svv_table_info in the source database."""
    assert wanted("source_database", environment()) == [
        DatabaseUser(side="source", name="tonic_user", password="env:SOURCE_PASSWORD", superuser=False),
        Grants(
            side="source",
            grantee="tonic_user",
            privilege="SELECT",
            on="table",
            objects=(("pg_catalog", "svv_table_info"),),
            label="svv_table_info",
        ),
        Grants(side="source", grantee="tonic_user", privilege="USAGE", on="schema", objects=(("crm",), ("sales",))),
        Grants(
            side="source",
            grantee="tonic_user",
            privilege="SELECT",
            on="table",
            objects=(("crm", "person"), ("sales", "order"), ("sales", "paid")),
        ),
    ]


@pytest.mark.parametrize(
    ("schemas", "included"),
    [
        ({}, ["crm", "public", "sales"]),
        ({"include": ["s*"]}, ["sales"]),
        ({"include": ["*"], "exclude": ["cr?"]}, ["public", "sales"]),
        ({"include": ["crm", "lake"]}, ["crm", "lake"]),
        ({"include": ["*", "lake"]}, ["crm", "lake", "public", "sales"]),
        ({"include": ["CRM"]}, []),
    ],
)
def test_patterns_choose_schemas(schemas: dict[str, Any], included: list[str]) -> None:
    """`*` means the local schemas, public among them; external ones have to be named; letters keep their case."""
    env = environment(schemas=schemas)
    answers = world(env, {SOURCE: (schema("crm"), schema("lake", kind="external"), schema("public"), schema("sales"))})
    usage = [objects for address, objects in grants("source_database", env, answers).items() if "/USAGE/" in address]
    assert sorted(name for objects in usage for (name,) in objects) == included


def test_a_pattern_of_many_stars_is_answered() -> None:
    """Many stars in a pattern that matches nearly: each name is told from it at once, where every way to cut it would never end."""
    env = environment(schemas={"include": ["*a" * 60 + "b", "*a" * 60 + "*"]})
    answers = world(env, {SOURCE: (schema("a" * 127), schema("a" * 59))})
    assert grants("source_database", env, answers)["grants/source/tonic_user/USAGE/schema"] == (("a" * 127,),)


def test_only_star_and_question_mark_are_special() -> None:
    """A schema named with brackets is matched by its own name."""
    env = environment(schemas={"include": ["a[b]"]})
    answers = world(env, {SOURCE: (schema("a[b]"), schema("ab"))})
    assert grants("source_database", env, answers)["grants/source/tonic_user/USAGE/schema"] == (("a[b]",),)


def test_an_external_schema_is_granted_by_itself() -> None:
    """USAGE alone, outside the transaction, one schema a resource, and no SELECT on its tables."""
    env = environment(schemas={"include": ["lake"]})
    answers = world(env, {SOURCE: (schema("lake", kind="external"),), RelationsAsked(side="source"): (relation("lake", "t"),)})
    external = [each for each in wanted("source_database", env, answers) if isinstance(each, Grants) and each.external]
    assert [(each.address, each.objects, each.group) for each in external] == [
        ("grants/source/tonic_user/USAGE/schema/lake", (("lake",),), "")
    ]
    assert len(grants("source_database", env, answers)) == 2


def test_a_datashare_schema_gets_no_grant_and_a_finding() -> None:
    """Grants across databases are not supported: the datashare's admin owes it."""
    env = environment(schemas={"include": ["share"]})
    answers = world(env, {SOURCE: (schema("share", kind="shared"),), RelationsAsked(side="source"): ()})
    assert list(grants("source_database", env, answers)) == ["grants/source/tonic_user/SELECT/table/svv_table_info"]
    assert verdicts("source_database", "every pattern matches a schema", env, answers) == [
        ("owed", "share comes from a datashare: grants across databases are not supported")
    ]


def test_a_pattern_that_matches_nothing_is_broken() -> None:
    """A misspelt schema is named, and what the other patterns match is granted: nobody gets more by it."""
    env = environment(schemas={"include": ["crm", "slaes"]})
    assert verdicts("source_database", "every pattern matches a schema", env) == [("broken", "`slaes` matches no schema of dev")]
    assert grants("source_database", env)["grants/source/tonic_user/USAGE/schema"] == (("crm",),)


def test_later_tables_are_opted_in_per_creator() -> None:
    """Default privileges cover one creator each, in the included schemas."""
    env = environment(source={"future_tables_of": ["etl", "admin"]})
    found = [each for each in wanted("source_database", env) if isinstance(each, DefaultPrivileges)]
    assert [(each.creator, each.schemas) for each in found] == [("admin", ("crm", "sales")), ("etl", ("crm", "sales"))]


def test_the_recommended_backup_is_asked_for() -> None:
    """G2: asked, recorded and warned of, never blocking; endpoint and database are shown."""
    claim = "the source is a backup, or the risk is taken"
    env = environment(confirmations=[])
    detail = "dev on source.example is read; the vendor recommends a backup instead of production"
    assert verdicts("source_database", claim, env) == [("owed", detail)]
    assert amiss("source_database", environment()) == []

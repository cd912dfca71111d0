"""Stages 60 and 70: source and destination."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.model import Inventory, Unanswered
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked, Rotation, Secret, version_of
from runbook_lib.resources.warehouse import (
    Database,
    DatabaseUser,
    DefaultPrivileges,
    Grants,
    LoginAsked,
    Ownership,
    PrivilegesAnswer,
    RelationsAsked,
    SessionAsked,
    UsersAsked,
)
from tests.stages.worlds import (
    DESTINATION,
    READER,
    SOURCE,
    STAGES,
    WRITER,
    World,
    amiss,
    environment,
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

SAME = session("destination", namespace="namespace-source", database="dev", databases=("dev", "masked"))
OWNERSHIP = {"preserve_ownership": True}
TWO = "source and destination are two databases"
OWNS = "under preserved ownership the superuser owns what is there"
READER_IS = "the source user exists and is an ordinary user"
WRITER_IS = "the destination user exists with the power that the choice asks for"
WRITES = "the source user writes nowhere"
DROPS = "the destination user may drop the schemas that a job replaces"


def reader(**changes: Any) -> PrivilegesAnswer:
    """Describe a source user, who creates no schemas."""
    return privileges(**{"database_create": False, **changes})


def grants(slug: str, env: Any, answers: World | None = None) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Map the address of each wanted grant to its objects."""
    return {each.address: each.objects for each in wanted(slug, env, answers) if isinstance(each, Grants)}


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


@pytest.mark.parametrize(("slug", "side"), [("source_database", "source"), ("destination_database", "destination")])
def test_a_generated_password_is_made_before_the_user(slug: str, side: str) -> None:
    """The secret is a resource of its own that stands before the user who needs it."""
    reference = "generate:secretsmanager:tonic/x"
    env = environment(**{side: {"user": {"name": f"{side}_user", "password": reference}}})
    assert list(STAGES[slug].parts[0].desire(env, Inventory({}))) == [Secret(name="tonic/x", tags=env.tags)]
    assert STAGES[slug].parts[0].name == "password"


@pytest.mark.parametrize("slug", ["source_database", "destination_database"])
def test_one_database_behind_two_names_stops_everything(slug: str) -> None:
    """H1: cluster id and database decide, whatever the hosts are called."""
    answers = world(environment(), {SessionAsked(side="destination"): SAME})
    env = environment()
    reasons = {each.reason for each in refused(slug, env, answers).values()}
    assert reasons == {"source and destination are one database: dev of cluster namespace-source"}
    assert set(refused(slug, env, answers)) == {part.name for part in STAGES[slug].parts} - {"password", "rotation"}


def test_an_unreachable_other_side_does_not_stop_the_source() -> None:
    """Halves run separately: the guard needs both ends, the grants one."""
    env = environment()
    answers = world(env, {SessionAsked(side="destination"): Unanswered("no route", "unknown")})
    assert refused("source_database", env, answers) == {}


NO_ROUTE: World = {SessionAsked(side="source"): Unanswered("no route", "broken")}
NOBODY: World = {SessionAsked(side="source"): Unanswered("source.admin: login is none", "owed", by="warehouse admin")}
OWN = "{}.cab7xyzexample.us-east-1.redshift.amazonaws.com"


def sides(source: str, destination: str, **both: Any) -> dict[str, Any]:
    """Place both sides, a host each."""
    return {"source": {"host": source, **both}, "destination": {"host": destination, **both}}


@pytest.mark.parametrize(
    "places",
    [
        sides("localhost", "127.0.0.1", sslmode="disable"),
        sides("src.example", "dst.example"),
        sides(OWN.format("src"), OWN.format("dst"), sslmode="verify-ca", tls_reason="custom"),
        sides(OWN.format("src"), OWN.format("dst"), connect_to="127.0.0.1"),
        sides(OWN.format("src"), OWN.format("src-endpoint-abc")),
        sides("src.example", "src.example", database="dev"),
    ],
    ids=["loopback", "names of one's own", "unverified", "a tunnel", "an endpoint of a VPC", "one name"],
)
@pytest.mark.parametrize(("answers", "verdict", "by"), [(NO_ROUTE, "unknown", ""), (NOBODY, "owed", "warehouse admin")])
def test_nothing_is_written_that_may_be_the_source(places: dict[str, Any], answers: World, verdict: str, by: str) -> None:
    """H1: while the source cannot be asked and no name tells it apart, the destination waits, and the source does not."""
    env = environment(**places)
    known = world(
        env, {**answers, SessionAsked(side="destination"): session("destination", database="masked", databases=("dev", "masked"))}
    )
    reasons = refused("destination_database", env, known)
    assert set(reasons) == {"database", "user", "grants", "drop", "ownership"}
    assert {(each.verdict, each.by) for each in reasons.values()} == {(verdict, by)}
    assert {each.reason.partition(": ")[0] for each in reasons.values()} == {"whether source and destination are one database is not known"}
    assert [each for each, _ in verdicts("destination_database", TWO, env, known)] == [verdict]
    assert refused("source_database", env, known) == {}


def test_what_waits_for_the_question_is_not_called_broken() -> None:
    """The user is not there because nothing may be written: that is owed, in the database's stage and in the rehearsal."""
    env = environment(**sides("src.example", "dst.example"))
    absent = Unanswered("there is no user tonic_destination_user on dst.example", "broken")
    refused_login = LoginAsked(side="destination", user="tonic_destination_user", password="env:DESTINATION_PASSWORD")
    answers = world(env, {**NOBODY, UsersAsked(side="destination"): (), WRITER: absent, refused_login: absent})
    found = {verdict for slug in ("destination_database", "rehearsal") for _, verdict in amiss(slug, env, answers)}
    assert found == {"owed"}


@pytest.mark.parametrize(
    ("places", "detail"),
    [
        (
            sides(OWN.format("src"), OWN.format("dst")),
            f"dev on {OWN.format('src')}:5439 and masked on {OWN.format('dst')}:5439 are told apart by name",
        ),
        (
            sides("127.0.0.1", "127.0.0.1", sslmode="disable"),
            "dev on 127.0.0.1:5439 and masked on 127.0.0.1:5439 are told apart by name",
        ),
    ],
    ids=["two clusters", "two databases in one place"],
)
def test_names_that_cannot_deceive_tell_databases_apart(places: dict[str, Any], detail: str) -> None:
    """Halves run separately where clusters prove their own names, or where one server has two databases."""
    env = environment(**places)
    answers = world(env, NO_ROUTE)
    assert refused("destination_database", env, answers) == {}
    assert verdicts("destination_database", TWO, env, answers) == [("kept", detail)]


def test_a_person_may_vouch_for_two_databases() -> None:
    """H1: whoever looked says so in the file, until it expires."""
    word = {"row": "H1", "who": "Ada", "date": "2026-01-31", "note": "two clusters"}
    env = environment(confirmations=[word])
    late = environment(confirmations=[{**word, "expires": "2026-06-01"}])
    assert refused("destination_database", env, world(env, NO_ROUTE)) == {}
    assert verdicts("destination_database", TWO, env, world(env, NO_ROUTE)) == [("kept", "Ada on 2026-01-31: two clusters")]
    assert {each.verdict for each in refused("destination_database", late, world(late, NO_ROUTE)).values()} == {"unknown"}


def test_a_database_yet_to_be_made_is_not_mistaken_for_the_source() -> None:
    """While the destination is missing its session sits in another database of the cluster."""
    env = environment(destination={"create_database": True})
    elsewhere = session("destination", namespace="namespace-source", database="dev", databases=("dev",))
    answers = world(env, {SessionAsked(side="destination"): elsewhere, DESTINATION: Unanswered("no such database", "broken")})
    found = wanted("destination_database", env, answers)
    assert [each.address for each in found] == [
        "database/destination/masked",
        "database_user/destination/tonic_destination_user",
        "grants/destination/tonic_destination_user/SELECT/table/svv_table_info",
        "grants/destination/tonic_destination_user/TEMPORARY/database",
        "grants/destination/tonic_destination_user/CREATE/database",
    ]


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


def test_the_recommended_backup_is_asked_for() -> None:
    """G2: asked, recorded and warned of, never blocking; endpoint and database are shown."""
    claim = "the source is a backup, or the risk is taken"
    env = environment(confirmations=[])
    detail = "dev on source.example is read; the vendor recommends a backup instead of production"
    assert verdicts("source_database", claim, env) == [("owed", detail)]
    assert amiss("source_database", environment()) == []


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


def test_a_superusers_script_takes_ownership_where_it_was_planned() -> None:
    """H4: what the plan holds is what the script does."""
    env = environment(destination={**OWNERSHIP, "take_ownership": True})
    text = STAGES["destination_database"].artefacts(env, tuple(wanted("destination_database", env)))["destination_database.sql"]
    assert text.splitlines()[-2:] == [
        "CREATE USER tonic_destination_user CREATEUSER PASSWORD :'destination_password';",
        "ALTER SCHEMA public OWNER TO tonic_destination_user;",
    ]


ROTATED = {"source": {"user": {"name": "tonic_user", "password": "generate:secretsmanager:s", "rotation": "second"}}}


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


def test_no_password_is_rotated_in_what_may_be_the_source() -> None:
    """H1: as everything else in the destination, it waits for the question; the source's does not."""
    user = {"name": "tonic_destination_user", "password": "generate:secretsmanager:d", "rotation": "second"}
    places = sides("src.example", "dst.example")
    env = environment(source={**places["source"], **ROTATED["source"]}, destination={**places["destination"], "user": user})
    known = world(
        env, {**NO_ROUTE, SessionAsked(side="destination"): session("destination", database="masked", databases=("dev", "masked"))}
    )
    assert "rotation" in refused("destination_database", env, known)
    assert {} == refused("source_database", env, known)

"""The SQL that is handed over does, under psql itself, what the runbook would have done."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.documents import scripts, sql
from runbook_lib.model import Resource
from runbook_lib.parameters import Environment
from runbook_lib.resources.warehouse import (
    TABLE_INFO,
    Database,
    DatabaseUser,
    DefaultPrivileges,
    LoginAnswer,
    LoginAsked,
    SchemasAsked,
    Side,
)
from runbook_lib.sandbox.redshift.postgres import binaries
from runbook_lib.secrets import Masked, md5_literal
from runbook_lib.stages._schemas import included
from tests.contract.aws.test_life import observed, write
from tests.contract.redshift.cases import AWKWARD, grants
from tests.contract.redshift.standin import ADMIN, PASSWORD, Standin
from tests.contract.redshift.worlds import PRODUCT, World, target_on


def hand_over(script: str, side: Side, folder: Path) -> subprocess.CompletedProcess[str]:
    """Do what the script's own comments say in a shell, up to psql on the file."""
    path = folder / "script.sql"
    path.write_text(script, "utf-8")
    lines = [line.removeprefix("--   ") for line in script.splitlines() if line.startswith("--   ")]
    told = "\n".join(lines).replace("THIS_FILE", scripts.shell(str(path))).replace("user=ADMIN", f"user={ADMIN}")
    return subprocess.run(
        ["bash", "-c", f"{told}\necho \"exit $?; $(env | grep -c '^{side}_password=md5')\""],
        input=f"{PRODUCT}\n",
        env={"PATH": f"{binaries()}{os.pathsep}{os.environ['PATH']}", "PGPASSWORD": PASSWORD, "PSQLRC": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )


def succeeded(done: subprocess.CompletedProcess[str], user: str) -> bool:
    """Tell whether psql went through, with a literal from the environment, and nothing on the way showed a secret."""
    said = done.stdout + done.stderr
    literal = md5_literal(Masked(PRODUCT), user).reveal()
    assert (PRODUCT in said, literal in said, PASSWORD in said) == (False, False, False)
    assert done.stdout.splitlines()[-1] == "exit 0; 1", said
    return True


def with_user(world: World, side: Side, **changed: Any) -> Environment:
    """Name a side's user awkwardly, and change more of that side."""
    here = world.environment.side(side)
    user = here.user.model_copy(update={"name": f'{world.name} O\'Neil "x" $y'})
    return world.environment.model_copy(update={side: here.model_copy(update={"user": user, **changed})})


def test_a_script_makes_what_was_desired(stood: World, tmp_path: Path) -> None:
    """Every resource of the side is there after psql ran the file, and the user logs in with the password."""
    env = with_user(stood, "source")
    holder = DatabaseUser(side="source", name=env.source.user.name, password="env:PRODUCT")
    schemas = [stood.schema("source", f"{stood.name} {each}", each) for each in AWKWARD]
    maker = DatabaseUser(side="source", name=f"{stood.name}_Maker", password="env:PRODUCT")
    write(stood.target, None, maker)
    wanted: list[Resource] = [
        holder,
        grants(holder, "USAGE", "schema", *schemas),
        grants(holder, "SELECT", "table", *((*name, each) for name, each in zip(schemas, AWKWARD, strict=True))),
        grants(holder, "SELECT", "table", TABLE_INFO, label="info"),
        grants(holder, "TEMPORARY", "database", (env.source.database,)),
        DefaultPrivileges(side="source", creator=maker.name, grantee=holder.name, schemas=tuple(sorted(name for (name,) in schemas))),
    ]
    done = hand_over(scripts.script(wanted, "source", env), "source", tmp_path)
    seen = [observed(stood.target, each).value for each in wanted]
    question = LoginAsked(side="source", user=holder.name, password="env:PRODUCT")
    answer: LoginAnswer = stood.target.ask([question])[question]
    for each in [maker, *wanted][::-1]:
        write(stood.target, each, None)
    assert succeeded(done, holder.name)
    assert (seen, answer.user) == (wanted, holder.name)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_script_makes_the_database_that_it_needs(stood: World, standin: Standin, tmp_path: Path, *, is_known: bool) -> None:
    """A destination that does not exist is made first, then entered: the grants are its own."""
    name = f"{stood.name} new 'db' \"x\" a=b"
    env = with_user(stood, "destination", database=name, create_database=True)
    holder = DatabaseUser(side="destination", name=env.destination.user.name, password="env:PRODUCT")
    database = Database(side="destination", name=name)
    wanted: list[Resource] = [
        database,
        holder,
        grants(holder, "SELECT", "table", TABLE_INFO, label="info"),
        *(grants(holder, privilege, "database", (name,)) for privilege in ("TEMPORARY", "CREATE")),
        # What is known is what the caller wants here; offline the script finds that the source has a `public` too.
        *(() if is_known else (grants(holder, "DROP", "schema", ("public",)),)),
    ]
    script = scripts.script(wanted, "destination", env) if is_known else scripts.offline_script("destination", env)
    done = hand_over(script, "destination", tmp_path)
    with closing(target_on(env)) as target:
        seen = [observed(target, each).value for each in wanted]
        for each in reversed(wanted[1:]):
            write(target, each, None)
        write(target, database, None)
    assert succeeded(done, holder.name)
    assert seen == wanted


PATTERNS = [
    (("*",), ()),
    (("*",), ("RB* a:b",)),
    (("RB_%*", "RBx?z"), ('*quo"ted', "*it's")),
    (("RB*", "*_ext"), ("*\\*",)),
    (("RB*100%_off", "*back\\slash"), ()),
]


@pytest.mark.parametrize(("include", "exclude"), PATTERNS)
def test_an_offline_script_finds_the_schemas_that_the_stage_would(
    stood: World, tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...]
) -> None:
    """Psql asks for the schemas by the file's patterns; what it grants is what the stage wants, external schemas included only by name."""

    def named(pattern: str) -> str:
        return re.sub("^RB", stood.name, pattern)

    for each in (*AWKWARD, "%zz", "_yy"):
        stood.schema("source", f"{stood.name} {each}", each)
    for end in ("xyz", "_%1", "__1"):
        stood.schema("source", f"{stood.name}{end}", "t", "mv_tbl__hidden__0")
    stood.run("source", f"CREATE EXTERNAL SCHEMA {stood.name}_ext FROM DATA CATALOG DATABASE 'logs'")
    chosen = {"include": tuple(map(named, include)), "exclude": tuple(map(named, exclude))}
    env = with_user(stood, "source")
    env = env.model_copy(update={"schemas": env.schemas.model_copy(update=chosen)})
    question = SchemasAsked(side="source")
    stage = included(env, stood.target.ask([question])[question])
    holder = DatabaseUser(side="source", name=env.source.user.name, password="env:PRODUCT")
    done = hand_over(scripts.offline_script("source", env), "source", tmp_path)
    session = stood.target._sessions["source"]  # type: ignore[attr-defined]
    usage = session.rows("select namespace_name from svv_schema_privileges where identity_name = :u", u=holder.name)
    select = session.rows("select namespace_name, relation_name from svv_relation_privileges where identity_name = :u", u=holder.name)
    clean = [
        *(f"REVOKE ALL ON SCHEMA {sql.identifier(name)} FROM {sql.user_name(holder.name)}" for (name,) in usage),
        *(f"REVOKE ALL ON {sql.qualified(name)} FROM {sql.user_name(holder.name)}" for name in select),
        sql.drop_user(holder.name),
    ]
    session.execute(clean, in_transaction=False)
    assert succeeded(done, holder.name)
    assert {name for (name,) in usage} == {*stage.local, *stage.external}
    assert {schema for schema, _ in select if schema != "pg_catalog"} == set(stage.local) - {"public"}
    assert not [name for _, name in select if name.startswith("mv_tbl")]

"""SQL files that somebody else runs by psql: how to run one, what it asks for itself, and what to write down once it was run. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from runbook_lib.documents.sql import MAINTENANCE, create_user, identifier, literal, statements, user_name
from runbook_lib.model import Change
from runbook_lib.resources.warehouse import Database, DatabaseUser
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.model import Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Side

SYSTEM = "nspname !~ '^pg_' and nspname not in ('information_schema', 'catalog_history')"
LOCAL = "pg_namespace.oid not in (select esoid from pg_external_schema)"


def script(desired: Iterable[Resource], side: Side, env: Environment) -> str:
    """Write the SQL that makes a side's resources from nothing, for psql: passwords are variables, set before."""
    mine = [resource for resource in desired if getattr(resource, "side", "") == side]
    changes = [Change(before=None, after=each) for each in mine if not isinstance(each, Database)]
    lines = [line for change in changes for line in statements(change, f":'{side}_password'")]
    return "\n".join((*_how(side, env), *_begin(side, env, is_new=len(mine) > len(changes)), *lines)) + "\n" if mine else ""


def offline_script(side: Side, env: Environment) -> str:
    r"""Write a side's SQL without knowing its schemas: psql asks for them and runs the answers (`\gexec`)."""
    warehouse = env.side(side)
    user = user_name(warehouse.user.name)
    is_super = side == "destination" and env.destination.preserve_ownership
    is_new = side == "destination" and env.destination.create_database
    made = create_user(DatabaseUser(side=side, name=warehouse.user.name, password="", superuser=is_super), f":'{side}_password'")
    drops = side == "destination" and not is_super
    lines = [*_how(side, env, *(_source_schemas(env) if drops else ())), *_begin(side, env, is_new=is_new), made]
    if not is_super:
        lines.append(f"GRANT SELECT ON pg_catalog.svv_table_info TO {user};")
    if side == "source":
        lines += _asked(env, user)
    elif drops:
        database = identifier(warehouse.database)
        lines += (f"GRANT {privilege} ON DATABASE {database} TO {user};" for privilege in ("TEMPORARY", "CREATE"))
        lines += _drops(env, user)
    return "\n".join(lines) + "\n"


def adoption(env: Environment, sides: Iterable[Side] = ("source", "destination")) -> str:
    """Write the line of the parameter file that takes over the users whom somebody made by hand: they carry no mark of who made them."""
    users = (DatabaseUser(side=side, name=env.side(side).user.name, password="") for side in sides)
    return f"adopt: {json.dumps([each.address for each in users], ensure_ascii=False)}"


def conninfo(**place: str) -> str:
    """Write libpq's connection string of what is not empty."""

    def quoted(value: str) -> str:
        return value if re.fullmatch(r"[\w.:/-]+", value) else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    return " ".join(f"{key}={quoted(value)}" for key, value in place.items() if value)


def shell(text: str) -> str:
    """Quote a word for the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _how(side: Side, env: Environment, *more: str) -> tuple[str, ...]:
    """Say how to run a script, and what to do once it was run; `more` are lines for the shell."""
    warehouse = env.side(side)
    first = _first(side, env)
    name = shell(warehouse.user.name)
    comments = (
        f"-- {side} database {warehouse.database} of {env.environment}. Run it with psql, connected to {first}.",
        "-- The password never stands here. Make its literal in your shell, where neither logs nor lists of processes show it:",
        f"--   {_password(side, env)}; export {side}_password=md5$(printf '%s%s' \"$password\" {name} | md5sum | cut -d' ' -f1)",
        *(f"--   {line}" for line in more),
        f"--   psql -f THIS_FILE {shell(_place(side, env, first))}",
        f"-- Once it was run, add to the parameter file, so that the runbook takes the user over: {adoption(env, (side,))}",
    )
    return tuple(" ".join(line.splitlines()) for line in comments)


def _first(side: Side, env: Environment) -> str:
    """Name the database to log in to: a database that is yet to be made is made from another one."""
    return MAINTENANCE if side == "destination" and env.destination.create_database else env.side(side).database


def _place(side: Side, env: Environment, database: str) -> str:
    warehouse = env.side(side)
    place = {"host": warehouse.host, "hostaddr": warehouse.connect_to, "port": str(warehouse.port), "dbname": database, "user": "ADMIN"}
    return conninfo(**place, sslmode=warehouse.sslmode, sslrootcert=warehouse.sslrootcert)


def _password(side: Side, env: Environment) -> str:
    """Write what puts the password into a shell's variable: read from where it was stored, or typed."""
    reference = parse_reference(env.side(side).user.password)
    if not reference.is_filled_here:
        return "read -rs password"
    secret = f"--secret-id {shell(reference.name)} --region {env.aws.region}"
    return f"password=$(aws secretsmanager get-secret-value {secret} --query SecretString --output text)"


def _begin(side: Side, env: Environment, *, is_new: bool) -> Iterator[str]:
    """Stop at the first error, take the password, and enter the database."""
    name = env.side(side).database
    yield "\\set ON_ERROR_STOP on"
    yield f'\\set {side}_password `printf %s "${side}_password"`'
    if is_new:
        target = conninfo(dbname=name).replace('"', '""')
        yield f"CREATE DATABASE {identifier(name)};"
        yield f'\\connect -reuse-previous=on "{target}"'
    yield "SET enable_case_sensitive_identifier TO true;"


def _asked(env: Environment, user: str) -> Iterator[str]:
    """Ask for the grants on the schemas of the file's patterns, and for those on what is made in them later."""
    chosen = f"{SYSTEM}{_patterns(env)}"
    grantee = literal(f" to {user}")
    yield f"select 'grant usage on schema ' || quote_ident(nspname) || {grantee} from pg_namespace where {chosen} order by nspname"
    yield "\\gexec"
    yield (
        "select 'grant select on ' || quote_ident(nspname) || '.' || quote_ident(relname) || "
        f"{grantee} from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        f"where relkind in ('r', 'v') and {LOCAL} and {chosen} and relname not like 'mv\\\\_tbl\\\\_\\\\_%' order by nspname, relname"
    )
    yield "\\gexec"
    for creator in env.source.future_tables_of:
        head = literal(f"alter default privileges for user {user_name(creator)} in schema ")
        tail = literal(f" grant select on tables to {user}")
        yield f"select {head} || quote_ident(nspname) || {tail} from pg_namespace where {LOCAL} and {chosen} order by nspname"
        yield "\\gexec"


def _source_schemas(env: Environment) -> Iterator[str]:
    """Ask the source for its included schemas, in the shell: the destination's script grants DROP on those that are there too."""
    query = shell(f"select nspname from pg_namespace where {SYSTEM} and {LOCAL}{_patterns(env)}")
    yield f"export source_schemas=$(psql -XAtc {query} {shell(_place('source', env, env.source.database))})"


def _drops(env: Environment, user: str) -> Iterator[str]:
    """Ask for DROP on the schemas that a job replaces and that belong to somebody else."""
    yield "\\set source_schemas `printf '\\n%s\\n.' \"$source_schemas\"`"
    yield (
        f"select 'grant drop on schema ' || quote_ident(nspname) || {literal(f' to {user}')} from pg_namespace "
        f"where {SYSTEM} and {LOCAL} and pg_get_userbyid(nspowner) <> {literal(env.destination.user.name)} "
        "and position(chr(10) || nspname || chr(10) in :'source_schemas') > 0 order by nspname"
    )
    yield "\\gexec"


def _patterns(env: Environment) -> str:
    """Choose schemas as the stage does: `*` means the local ones, external schemas have to be named."""

    def like(pattern: str) -> str:
        escaped = re.sub(r"([\\%_])", r"\\\1", pattern).replace("*", "%").replace("?", "_")
        return f"nspname like {literal(escaped)}"

    include, exclude = env.schemas.include, env.schemas.exclude
    named = " or ".join(LOCAL if pattern == "*" else like(pattern) for pattern in include)
    return f" and ({named})" + "".join(f" and not ({like(pattern)})" for pattern in exclude)

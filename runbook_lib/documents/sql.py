"""Every SQL statement the runbook sends or hands over, as text; the one place where names are quoted. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from runbook_lib.resources.warehouse import Database, DatabaseUser, DefaultPrivileges, Grants, Ownership

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model import Change
    from runbook_lib.resources.warehouse import Name

N = TypeVar("N", str, tuple[str, ...])
MASKED_LITERAL = "'********'"
# Where to log in while the side's own database does not exist yet: Redshift makes it with every cluster.
MAINTENANCE = "dev"
SCHEMAS_A_STATEMENT, TABLES_A_STATEMENT = 100, 500
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
# Reserved words (Amazon Redshift Database Developer Guide): a name that is one has to be quoted.
WORDS = """
aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary blanksasnull both
bytedict bzip2 case cast check collate column connect constraint create credentials cross current_date current_time
current_timestamp current_user current_user_id default deferrable deflate defrag delta delta32k desc disable distinct do else
emptyasnull enable encode encrypt encryption end except explicit false for foreign freeze from full globaldict256 globaldict64k
grant group gzip having identity ignore ilike in initially inner intersect interval into is isnull join language lateral leading left like
limit localtime localtimestamp lun luns lzo lzop minus mostly16 mostly32 mostly8 natural new not notnull null nulls off offline
offset oid old on only open or order outer overlaps parallel partition percent permissions pivot placing primary raw readratio
recover references rejectlog resort respect restore right select session_user similar snapshot some sysdate system table tag tdes
text255 text32k then timestamp to top trailing true truncatecolumns type union unique unnest unpivot user using verbose wallet
when where with without
"""
RESERVED = frozenset(WORDS.split())


@lru_cache(2**15)
def identifier(name: str) -> str:
    """Quote a name unless it is plain; quoting `public` is needless, and the vendor's statements do not."""
    return name if PLAIN.fullmatch(name) and name not in RESERVED else '"' + name.replace('"', '""') + '"'


def user_name(name: str) -> str:
    """Quote a user's name: quoted ones keep their case."""
    return identifier(name)


def qualified(name: Name) -> str:
    """Quote a name of several parts."""
    return ".".join(map(identifier, name))


def literal(text: str) -> str:
    """Quote a text; backslashes escape on Redshift."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def create_user(user: DatabaseUser, password: str) -> str:
    """Create a user; `password` is the md5 literal, or a psql variable's text."""
    power = " CREATEUSER" if user.superuser else ""
    return f"CREATE USER {user_name(user.name)}{power} PASSWORD {password};"


def alter_user(user: DatabaseUser) -> str:
    """Change a user's power."""
    return f"ALTER USER {user_name(user.name)} {'CREATEUSER' if user.superuser else 'NOCREATEUSER'};"


def alter_password(name: str) -> str:
    """Change a user's password."""
    return f"ALTER USER {user_name(name)} PASSWORD {MASKED_LITERAL};"


def drop_user(name: str) -> str:
    """Drop a user."""
    return f"DROP USER {user_name(name)};"


def grants(change: Change) -> Iterator[str]:
    """Grant what is wanted and missing, revoke what is there and not wanted, many objects a statement."""
    subject = change.subject
    assert isinstance(subject, Grants)  # noqa: S101 - the caller dispatched on it
    had, has = (each.objects if isinstance(each, Grants) else () for each in (change.before, change.after))
    who = user_name(subject.grantee)
    for verb, names, preposition in (("GRANT", _without(has, had), "TO"), ("REVOKE", _without(had, has), "FROM")):
        for batch in _batches(names, TABLES_A_STATEMENT if subject.on == "table" else SCHEMAS_A_STATEMENT):
            what = "" if subject.on == "table" else f"{subject.on.upper()} "
            yield f"{verb} {subject.privilege} ON {what}{', '.join(map(qualified, batch))} {preposition} {who};"


def _without(names: Sequence[N], others: Sequence[N]) -> list[N]:
    """Leave out what is among others; names are sorted already, which makes sorting them cheap."""
    known = set(others)
    return sorted(each for each in names if each not in known)


def _batches(names: list[N], size: int) -> Iterator[list[N]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def default_privileges(change: Change) -> Iterator[str]:
    """Grant or revoke SELECT on the tables that one creator makes later."""
    subject = change.subject
    assert isinstance(subject, DefaultPrivileges)  # noqa: S101 - the caller dispatched on it
    had, has = (each.schemas if isinstance(each, DefaultPrivileges) else () for each in (change.before, change.after))
    head = f"ALTER DEFAULT PRIVILEGES FOR USER {user_name(subject.creator)} IN SCHEMA"
    who = user_name(subject.grantee)
    for verb, schemas, preposition in (("GRANT", _without(has, had), "TO"), ("REVOKE", _without(had, has), "FROM")):
        for batch in _batches(schemas, SCHEMAS_A_STATEMENT):
            yield f"{head} {', '.join(map(identifier, batch))} {verb} SELECT ON TABLES {preposition} {who};"


def revoke_default(creator: str, schema: str, objects: str, kind: str, grantee: str) -> str:
    """Take back what a creator grants on all that he makes later; `objects` and `kind` are the catalogue's words."""
    place = f" IN SCHEMA {identifier(schema)}" if schema else ""
    what = "TABLES" if objects == "RELATION" else f"{objects}S"
    whom = {"user": user_name(grantee), "public": "PUBLIC"}.get(kind, f"{kind.upper()} {identifier(grantee)}")
    return f"ALTER DEFAULT PRIVILEGES FOR USER {user_name(creator)}{place} REVOKE ALL ON {what} FROM {whom};"


def ownership(change: Change) -> Iterator[str]:
    """Give each object whose owner differs to the wanted one."""
    subject = change.subject
    assert isinstance(subject, Ownership)  # noqa: S101 - the caller dispatched on it
    before = dict(change.before.owners) if isinstance(change.before, Ownership) else {}
    after = dict(change.after.owners) if isinstance(change.after, Ownership) else {}
    for name, owner in after.items():
        if before.get(name) != owner:
            yield alter_owner(subject.on, name, owner)


def alter_owner(on: str, name: Name, owner: str) -> str:
    """Give one object to an owner."""
    return f"ALTER {on.upper()} {qualified(name)} OWNER TO {user_name(owner)};"


def statements(change: Change, password: str = MASKED_LITERAL) -> tuple[str, ...]:
    """Write a change of the databases; a password stands as the literal or variable that is given."""
    match change.subject:
        case Database() as database:
            return (f"{'DROP' if change.after is None else 'CREATE'} DATABASE {identifier(database.name)};",)
        case DatabaseUser() as user:
            return _user(change, user, password)
        case Grants():
            return tuple(grants(change))
        case DefaultPrivileges():
            return tuple(default_privileges(change))
        case Ownership():
            return tuple(ownership(change))
    return ()


def _user(change: Change, user: DatabaseUser, password: str) -> tuple[str, ...]:
    match change.verb:
        case "create":
            return (create_user(user, password),)
        case "update":
            return (alter_user(user),)
    return (drop_user(user.name),)

"""CREATE USER and ALTER USER: every option, the rules for passwords and names, and who may do it."""

from __future__ import annotations

import pytest

from tests.sandbox.redshift.clients import refused, shut_out
from tests.sandbox.redshift.door import PASSWORD, Door

WEAK = {
    "Sh0rt": "8 to 64 characters",
    "Long0" * 13: "8 to 64 characters",
    "nocapital0": "uppercase letter",
    "NOSMALL000": "lowercase letter",
    "NoNumberHere": "number",
    "Has@Sign0": "outside ASCII 33-126",
    "Has/Slash0": "outside ASCII 33-126",
    'Has"Quote0': "outside ASCII 33-126",
    "Has''Quote0": "outside ASCII 33-126",
    r"Has\\Back0": "outside ASCII 33-126",
    "Has Blank0": "outside ASCII 33-126",
    "Has\u00c4Umlaut0": "outside ASCII 33-126",
    "tonic_password": "uppercase letter",
}


@pytest.mark.parametrize(("password", "rule"), WEAK.items(), ids=WEAK.values())
def test_a_weak_password_is_refused_by_its_rule(door: Door, password: str, rule: str) -> None:
    """Clear text that breaks a rule is refused with that rule and without the password, in either form and either statement."""
    name, user = door.name("weak"), door.add("strong")
    statements = (
        f"CREATE USER {name} PASSWORD '{password}'",
        f"CREATE USER {name} PASSWORD 'sha256|{password}'",
        f"ALTER USER {user} PASSWORD '{password}'",
    )
    for statement in statements:
        with refused("22023", rule) as caught:
            door.admin.run(statement)
        assert password not in str(caught.value)
    assert [("0",)] == door.admin.run(f"select count(*) from pg_user where usename = '{name}'")


@pytest.mark.parametrize("password", ["Eight0ch", "Sixty4" + "x" * 58, "All!#$%&()*+,-.:;<=>?[]^_`{|}~0aA"])
def test_the_longest_the_shortest_and_the_oddest_password_open(door: Door, password: str) -> None:
    """What the rules allow is taken as it stands, percent signs and backticks too."""
    user = door.add("odd", f"PASSWORD '{password}'")
    assert [(user,)] == door.log_in(user, password).run("select current_user")


def test_a_password_is_needed(door: Door) -> None:
    """CREATE USER without PASSWORD is a syntax error."""
    with refused("42601", "PASSWORD"):
        door.admin.run(f"CREATE USER {door.name('none')} CREATEDB")


@pytest.mark.parametrize("literal", ["sha256|abc|def", "sha256|" + "0" * 64 + "|" + "0" * 63, "sha256|a|b|c"])
def test_a_broken_digest_is_refused(door: Door, literal: str) -> None:
    """A sha256 literal whose parts have the wrong length is refused."""
    with refused("22023", "sha256"):
        door.admin.run(f"CREATE USER {door.name('digest')} PASSWORD '{literal}'")


def test_with_createdb_he_makes_databases(door: Door) -> None:
    """CREATEDB lets a user create a database, NOCREATEDB takes it back."""
    user, database = door.add("maker", f"PASSWORD '{PASSWORD}' CREATEDB"), door.name("made")
    own = door.log_in(user)
    own.run(f"CREATE DATABASE {database}")
    own.run(f"DROP DATABASE {database}")
    door.admin.run(f"ALTER USER {user} NOCREATEDB")
    with refused("42501", "permission denied to create database"):
        own.run(f"CREATE DATABASE {database}")


def test_createuser_makes_a_superuser(door: Door) -> None:
    """CREATEUSER makes a superuser, who reads what was never granted, until NOCREATEUSER."""
    schema, user = door.schema("unseen"), door.add("super", f"PASSWORD '{PASSWORD}' CREATEUSER")
    own = door.log_in(user)
    assert [("t",)] == own.run("select usesuper from pg_user where usename = current_user")
    assert [("1",)] == own.run(f"select id from {schema}.t")
    door.admin.run(f"ALTER USER {user} NOCREATEUSER")
    with refused("42501", "permission denied"):
        own.run(f"select id from {schema}.t")


def test_a_superuser_keeps_a_password(door: Door) -> None:
    """A superuser's password cannot be disabled, neither when he is made nor later."""
    with refused("42501", "superuser"):
        door.add("super", "CREATEUSER PASSWORD DISABLE")
    user = door.add("super", f"CREATEUSER PASSWORD '{PASSWORD}'")
    with refused("42501", "superuser"):
        door.admin.run(f"ALTER USER {user} PASSWORD DISABLE")
    assert [(user,)] == door.log_in(user).run("select current_user")


def test_options_are_shown_in_every_database(door: Door) -> None:
    """SYSLOG ACCESS, SESSION TIMEOUT and CONNECTION LIMIT are kept and shown, from whatever database one looks."""
    user = door.add("options", f"WITH PASSWORD '{PASSWORD}' SYSLOG ACCESS UNRESTRICTED SESSION TIMEOUT 600 CONNECTION LIMIT 3")
    query = f"select syslog_access, session_timeout, connection_limit, superuser, createdb from svv_user_info where user_name = '{user}'"
    for database in ("dev", "tickit"):
        assert [("UNRESTRICTED", "600", "3", "f", "f")] == door.log_in(database=database).run(query)
    door.admin.run(f"ALTER USER {user} SYSLOG ACCESS RESTRICTED CONNECTION LIMIT UNLIMITED CREATEDB")
    assert [("RESTRICTED", "600", "UNLIMITED", "f", "t")] == door.admin.run(query)


def test_a_user_without_options_has_the_defaults(door: Door) -> None:
    """Whoever is made with a password alone is restricted, unlimited and nothing special."""
    user = door.add("plain")
    query = "select syslog_access, session_timeout, connection_limit, superuser, createdb from svv_user_info"
    assert [("RESTRICTED", "0", "UNLIMITED", "f", "f")] == door.admin.run(f"{query} where user_name = '{user}'")


def test_a_user_joins_a_group(door: Door) -> None:
    """IN GROUP gives the group's rights."""
    schema, group = door.schema("grouped"), door.name("readers")
    door.admin.run(f"CREATE GROUP {group}")
    door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO GROUP {group}")
    door.admin.run(f"GRANT SELECT ON {schema}.t TO GROUP {group}")
    user = door.add("member", f"PASSWORD '{PASSWORD}' IN GROUP {group}")
    assert [("1",)] == door.log_in(user).run(f"select id from {schema}.t")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE USER {0} PASSWORD 'Quite0Right' EXTERNALID 'x'",
        "ALTER USER {1} SET search_path TO public",
        "ALTER USER {1} RESET search_path",
        "CREATE ROLE {0}",
    ],
)
def test_what_is_missing_says_so(door: Door, statement: str) -> None:
    """What Redshift has and the stand-in has not is refused as not modelled, never passed over."""
    with refused("0A000", "not modelled"):
        door.admin.run(statement.format(door.name("other"), door.add("there")))


@pytest.mark.parametrize("options", ["SUPERUSER", "LOGIN", "CREATEROLE", "REPLICATION", "BYPASSRLS", "INHERIT", "SYSLOG ACCESS SOMETIMES"])
def test_options_of_postgresql_are_no_options(door: Door, options: str) -> None:
    """PostgreSQL's own options for users are syntax errors."""
    with refused("42601", "syntax error"):
        door.add("foreign", f"PASSWORD '{PASSWORD}' {options}")


def test_a_user_who_is_there_is_not_made_again(door: Door) -> None:
    """CREATE USER refuses a name that is taken, and knows no IF NOT EXISTS."""
    user = door.add("twice")
    with refused("42710", "already exists"):
        door.add("twice")
    with refused("42601", "syntax error"):
        door.admin.run(f"CREATE USER IF NOT EXISTS {user} PASSWORD '{PASSWORD}'")


def test_public_is_nobody(door: Door) -> None:
    """No user can be called public."""
    with refused("42939", "reserved"):
        door.admin.run(f"CREATE USER public PASSWORD '{PASSWORD}'")


def test_only_superusers_make_users(door: Door) -> None:
    """A plain user creates no user, changes no other one and makes himself no superuser, but changes his own password."""
    user, other = door.add("plain"), door.add("other")
    own = door.log_in(user)
    for statement in (f"CREATE USER {door.name('new')} PASSWORD '{PASSWORD}'", f"ALTER USER {other} PASSWORD 'Quite0Other'"):
        with refused("42501", "permission denied"):
            own.run(statement)
    with refused("42501"):
        own.run(f"ALTER USER {user} CREATEUSER")
    own.run(f"ALTER USER {user} PASSWORD 'Quite0Other'")
    assert [(user,)] == door.log_in(user, "Quite0Other").run("select current_user")


def test_a_renamed_user_needs_a_new_password(door: Door) -> None:
    """The stored hash holds the name: after RENAME the old password opens no longer, a new one does."""
    user, name = door.add("before"), door.name("after")
    door.admin.run(f"ALTER USER {user} RENAME TO {name}")
    with shut_out("password authentication failed"):
        door.log_in(name)
    door.admin.run(f"ALTER USER {name} PASSWORD '{PASSWORD}'")
    assert [(name,)] == door.log_in(name).run("select current_user")


def test_quoted_user_names_keep_their_case(door: Door) -> None:
    """An unquoted name folds to lower case; a quoted user name keeps case, blanks, quotes, percent signs and colons."""
    plain, odd = door.name("Folded"), door.name('Odd "%s":1 ä')
    quoted = '"' + odd.replace('"', '""') + '"'
    door.admin.run(f"CREATE USER {plain} PASSWORD '{PASSWORD}'")
    door.admin.run(f"CREATE USER {quoted} PASSWORD '{PASSWORD}'")
    assert [(plain.lower(),)] == door.log_in(plain.lower()).run("select current_user")
    assert [(odd,)] == door.log_in(odd).run("select current_user")
    with shut_out("password authentication failed"):
        door.log_in(odd.lower())

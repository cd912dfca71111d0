"""Who gets in, and how the password is kept."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator

import pytest

from tests.sandbox.redshift.clients import refused, shut_out
from tests.sandbox.redshift.door import PASSWORD, Door
from tests.sandbox.redshift.standin import StandIn

NOT_LIBPQ = "authentication method 13 not supported"
SALT = "3a" * 32


def md5(password: str, user: str) -> str:
    """Hash as the documentation says."""
    return "md5" + hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()


def sha256(password: str) -> str:
    """Hash as the documentation says."""
    return f"sha256|{hashlib.sha256(password.encode() + bytes.fromhex(SALT)).hexdigest()}|{SALT}"


@pytest.fixture
def temporary(standin: StandIn) -> Iterator[dict[str, object]]:
    """Hand out temporary passwords, as the embedded AWS endpoint does; take them back."""
    path = standin.folder / "credentials.json"
    found: dict[str, object] = {}
    yield found
    path.unlink(missing_ok=True)


def test_the_right_password_opens(door: Door) -> None:
    """A created user logs in with his password and is who he says."""
    user = door.add("right")
    assert [(user, user)] == door.log_in(user).run("select current_user, session_user")


def test_a_wrong_password_does_not(door: Door) -> None:
    """A wrong password is refused, for a known user and for an unknown one alike."""
    user = door.add("known")
    for name in (user, door.name("unknown")):
        with shut_out(f'password authentication failed for user "{name}"'):
            door.log_in(name, "Quite0Wrong")


def test_clear_text_is_kept_as_md5(door: Door) -> None:
    """A password sent in clear text is stored as the hash of password and name."""
    user = door.add("clear")
    assert [(md5(PASSWORD, user),)] == door.admin.run(f"select passwd from pg_shadow where usename = '{user}'")


def test_an_md5_literal_opens(door: Door) -> None:
    """A user whose hash alone was sent logs in with the password, and only with it."""
    user = door.name("hashed")
    door.add("hashed", f"PASSWORD '{md5(PASSWORD, user)}'")
    assert [(user,)] == door.log_in(user).run("select current_user")
    with shut_out("password authentication failed"):
        door.log_in(user, md5(PASSWORD, user))


@pytest.mark.parametrize("literal", [f"sha256|{PASSWORD}", sha256(PASSWORD)], ids=["salted by the server", "salted by us"])
def test_sha256_locks_libpq_out(door: Door, literal: str) -> None:
    """A sha256 user gets in through AWS's driver alone: libpq does not know the request."""
    user = door.add("sha", f"PASSWORD '{literal}'")
    if door.driver == "redshift_connector":
        assert [(user,)] == door.log_in(user).run("select current_user")
        with shut_out("password authentication failed"):
            door.log_in(user, "Quite0Wrong")
    else:
        with shut_out(NOT_LIBPQ):
            door.log_in(user)


def test_a_new_password_may_leave_sha256(door: Door) -> None:
    """A sha256 user who gets an md5 password logs in through every driver."""
    user = door.add("turned", f"PASSWORD 'sha256|{PASSWORD}'")
    door.admin.run(f"ALTER USER {user} PASSWORD '{md5(PASSWORD, user)}'")
    assert [(user,)] == door.log_in(user).run("select current_user")


def test_a_disabled_password_opens_nothing(door: Door) -> None:
    """A user whose password is disabled cannot log in until he gets one."""
    user = door.add("disabled", "PASSWORD DISABLE")
    with shut_out("password authentication failed"):
        door.log_in(user)
    door.admin.run(f"ALTER USER {user} PASSWORD '{PASSWORD}'")
    assert [(user,)] == door.log_in(user).run("select current_user")


def test_a_changed_password_replaces_the_old(door: Door) -> None:
    """After ALTER USER the old password opens no longer and the new one does."""
    user = door.add("changed")
    door.admin.run(f"ALTER USER {user} PASSWORD 'Quite0Other'")
    with shut_out("password authentication failed"):
        door.log_in(user)
    assert [(user,)] == door.log_in(user, "Quite0Other").run("select current_user")


def test_a_password_ends(door: Door) -> None:
    """After VALID UNTIL the password opens no longer."""
    user = door.add("ended", f"PASSWORD '{PASSWORD}' VALID UNTIL '2001-01-01'")
    with shut_out("password authentication failed"):
        door.log_in(user)


def test_connections_are_limited(door: Door) -> None:
    """A user with CONNECTION LIMIT 1 logs in once at a time; UNLIMITED lifts it."""
    user = door.add("limited", f"PASSWORD '{PASSWORD}' CONNECTION LIMIT 1")
    door.log_in(user)
    with shut_out("too many connections"):
        door.log_in(user)
    door.admin.run(f"ALTER USER {user} CONNECTION LIMIT UNLIMITED")
    assert [(user,)] == door.log_in(user).run("select current_user")


def test_users_are_of_the_cluster(door: Door) -> None:
    """A user made in one database logs in to every other."""
    user = door.add("everywhere")
    for database in ("tickit", "tickit_masked"):
        assert [(database, user)] == door.log_in(user, database=database).run("select current_database(), current_user")


def test_an_unknown_database_is_named(door: Door) -> None:
    """Logging in to a database that is not there says so."""
    with shut_out('database "nowhere" does not exist'):
        door.log_in(database="nowhere")


def test_a_temporary_password_opens_for_its_time(door: Door, standin: StandIn, temporary: dict[str, object]) -> None:
    """A user of IAM logs in with a temporary password under his prefixed name, until it expires."""
    user = door.add("iam", "PASSWORD DISABLE")
    passwords = [{"password": "Temporary0", "until": time.time() + 600}, {"password": "Expired0", "until": time.time() - 1}]
    (standin.folder / "credentials.json").write_text(json.dumps({user: passwords}), "utf-8")
    with shut_out("password authentication failed"):
        door.log_in(f"IAM:{user}", "Expired0")
    with shut_out("password authentication failed"):
        door.log_in(user, "Temporary0")
    assert [(user,)] == door.log_in(f"IAM:{user}", "Temporary0").run("select current_user")


def test_a_rolled_back_user_never_was(door: Door) -> None:
    """CREATE USER is part of its transaction: rolled back, the user is unknown and cannot log in."""
    user = door.name("undone")
    door.admin.run("BEGIN")
    door.admin.run(f"CREATE USER {user} PASSWORD '{PASSWORD}'")
    door.admin.run("ROLLBACK")
    with shut_out("password authentication failed"):
        door.log_in(user)
    with refused("42704", "does not exist"):
        door.admin.run(f"DROP USER {user}")

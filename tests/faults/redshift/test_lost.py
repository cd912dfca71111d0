"""The connection breaks before, in and after a write, or the server asks for another attempt: all of a group is written, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest

from runbook_lib.adapters.redshift import session, writing
from runbook_lib.errors import Denied, Rejected, TargetError, Transient, Unreachable
from runbook_lib.model import Change, Resource
from runbook_lib.resources.warehouse import Database, UsersAsked
from tests.contract.aws.test_life import observed
from tests.contract.redshift.cases import grants, user
from tests.contract.redshift.standin import ADMIN, PASSWORD, Standin, environment_on
from tests.contract.redshift.worlds import Held, World, target_on


@dataclass
class Scene:
    """Hold a group of changes that is written as one: a user, his USAGE, his SELECT."""

    world: World
    standin: Standin
    wanted: tuple[Resource, ...]
    pauses: list[float]

    def write(self, *, is_removal: bool = False) -> None:
        """Write the group; no pause really passes."""
        changes = [Change(before=None, after=each) for each in self.wanted]
        if is_removal:
            changes = [Change(before=each, after=None) for each in reversed(self.wanted)]
        sides = self.world.target._sessions  # type: ignore[attr-defined]
        writing.write(sides["source"], changes, Held(), self.pauses.append)

    def there(self) -> int:
        """Count what of the group is there by now."""
        self.world.look_anew()
        return sum(observed(self.world.target, each).value == each for each in self.wanted)

    def sent(self, pattern: str) -> int:
        """Count the statements of the log that begin so."""
        return sum(each.startswith(pattern) and self.world.name in each for each in self.standin.statements())


@pytest.fixture
def scene(stood: World, standin: Standin) -> Iterator[Scene]:
    """Make a schema with a table, and a group to write on it; afterwards the stand-in is sound again."""
    schema = f"{stood.name} s"
    stood.schema("source", schema, "t")
    holder = user(stood)
    wanted = (holder, grants(holder, "USAGE", "schema", (schema,)), grants(holder, "SELECT", "table", (schema, "t")))
    made = Scene(stood, standin, wanted, [])
    yield made
    standin.inject()
    if made.there():
        made.write(is_removal=True)


def drop(match: str, **fault: Any) -> dict[str, Any]:
    """Break the connection at a statement, before it reaches the server unless it is said otherwise."""
    return {"match": match, "kind": "drop", **fault}


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        (drop("^BEGIN"), 0),
        (drop("^CREATE USER"), 0),
        (drop("^GRANT USAGE"), 0),
        (drop("^GRANT SELECT"), 0),
        (drop("^GRANT SELECT", kind="drop after"), 0),
        (drop("^COMMIT"), 0),
        (drop("^COMMIT", kind="drop after"), 3),
    ],
    ids=["before", "first statement", "second statement", "last statement", "its reply", "commit", "reply to commit"],
)
def test_a_lost_write_is_all_or_nothing_and_sent_once(scene: Scene, fault: dict[str, Any], left: int) -> None:
    """The error says that the connection was lost; what stands is read anew, and is the whole group or nothing of it."""
    scene.standin.inject(fault)
    with pytest.raises(Unreachable, match=r"the connection was lost .*; run again: what is there is read anew"):
        scene.write()
    assert (scene.there(), scene.sent("CREATE USER") <= 1, scene.pauses) == (left, True, [])


@pytest.mark.parametrize("kind", ["drop", "drop after"])
def test_a_run_after_a_lost_write_ends_where_an_undisturbed_one_does(scene: Scene, kind: str) -> None:
    """After the re-run everything stands, whether the first one got through or not."""
    scene.standin.inject(drop("^COMMIT", kind=kind))
    with pytest.raises(Unreachable):
        scene.write()
    missing = [each for each in scene.wanted if observed(scene.world.target, each).value is None]
    if missing:
        scene.world.target.write([Change(before=None, after=each) for each in missing])
    assert (len(missing), scene.there()) == (3 if kind == "drop" else 0, 3)


def test_a_database_whose_reply_was_lost_is_found(stood: World, standin: Standin) -> None:
    """What is made outside a transaction may be there after all: the next look finds it."""
    environment = environment_on(standin.port, stood.name, database=f"{stood.name}_late")
    database = Database(side="source", name=f"{stood.name}_late")
    with closing(target_on(environment)) as target:
        standin.inject(drop("^CREATE DATABASE", kind="drop after"))
        with pytest.raises(Unreachable, match="the connection was lost"):
            target.write([Change(before=None, after=database)])
        seen = observed(target, database).value
        standin.inject()
        target.write([Change(before=database, after=None)])
    assert seen == database


def test_a_lost_read_is_read_again(stood: World, standin: Standin) -> None:
    """Servers and networks cut idle connections: a read that was lost is sent once more on a new one."""
    question = UsersAsked(side="source")
    standin.inject(drop("from pg_user order by"))
    answer = stood.target.ask([question])[question]
    standin.inject()
    assert (ADMIN, True) in answer


def test_a_read_that_is_lost_twice_is_given_up(stood: World, standin: Standin) -> None:
    """The reason is the lost connection."""
    question = UsersAsked(side="source")
    standin.inject(*(drop("from pg_user order by", nth=nth) for nth in (1, 2)))
    with pytest.raises(Exception, match="the connection was lost") as caught:
        stood.target.ask([question])[question]
    standin.inject()
    assert caught.value.verdict == "unknown"  # type: ignore[attr-defined]


def test_an_idle_connection_that_was_cut_costs_no_write(scene: Scene) -> None:
    """A write begins on a connection that was just seen to live, so that a pause of hours harms nothing."""
    database = scene.world.environment.source.database
    assert scene.there() == 0
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    [(closed,)] = scene.standin.past("dev", cut.replace("%s", f"'{database}'"))
    scene.write()
    assert (closed, scene.there()) == (1, 3)


@pytest.mark.parametrize("code", ["XX000", "40001", "40P01", "23505", "25P02"])
@pytest.mark.parametrize("match", ["^CREATE USER", "^GRANT SELECT"])
def test_a_conflict_repeats_the_whole_transaction(scene: Scene, code: str, match: str) -> None:
    """What a concurrent grant spoils is rolled back and sent once more, from its first statement."""
    scene.standin.inject({"match": match, "kind": "error", "code": code, "message": "concurrent"})
    scene.write()
    assert (scene.there(), scene.sent("CREATE USER"), scene.pauses) == (3, 2, [0.2])


def test_conflicts_without_end_are_given_up(scene: Scene) -> None:
    """After five attempts, each pause twice the one before, the server's words stand in the error, and nothing is written."""
    faults = ({"match": "^GRANT SELECT", "nth": nth, "kind": "error", "code": "40001", "message": "1023"} for nth in range(1, 6))
    scene.standin.inject(*faults)
    with pytest.raises(Transient, match="1023; run again"):
        scene.write()
    assert (scene.there(), scene.sent("CREATE USER"), scene.pauses) == (0, 5, [0.2, 0.4, 0.8, 1.6])


@pytest.mark.parametrize(
    ("code", "kind", "way_out"),
    [
        ("42501", Denied, "log in as a superuser"),
        ("42601", Rejected, "read the message"),
        ("57014", Rejected, "find who holds the lock"),
    ],
)
def test_a_refusal_in_the_middle_leaves_nothing(scene: Scene, code: str, kind: type[TargetError], way_out: str) -> None:
    """Another attempt would not help: the group is rolled back, and the error has the server's words and a way out."""
    scene.standin.inject({"match": "^GRANT SELECT", "kind": "error", "code": code, "message": "said the server"})
    with pytest.raises(kind, match=f"said the server; {way_out}"):
        scene.write()
    assert (scene.there(), scene.sent("CREATE USER"), scene.pauses) == (0, 1, [])


def test_an_old_patch_level_that_does_not_know_drop(scene: Scene) -> None:
    """A syntax error at GRANT DROP is told by name, with what to do."""
    holder, schema = user(scene.world), (f"{scene.world.name} s",)
    scene.wanted = (holder, grants(holder, "DROP", "schema", schema))
    scene.standin.inject({"match": "^GRANT DROP", "kind": "error", "code": "42601", "message": 'syntax error at or near "DROP"'})
    with pytest.raises(Rejected, match="this patch level does not know GRANT DROP ON SCHEMA; update the cluster's maintenance track"):
        scene.write()
    assert scene.there() == 0


def test_a_slow_server_is_waited_for(scene: Scene) -> None:
    """A server that takes its time for every statement is no error."""
    scene.standin.inject({"match": "GRANT|CREATE|COMMIT", "kind": "latency", "ms": 200})
    scene.write()
    assert scene.there() == 3


def test_a_lock_is_not_waited_for_without_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A grant that somebody's open transaction holds up ends with the time limit; nothing of its group is written."""
    monkeypatch.setattr(session, "STATEMENT_SECONDS", 1)
    scene.world.target.close()  # type: ignore[attr-defined]
    place: dict[str, Any] = {"host": "127.0.0.1", "port": scene.standin.port, "user": ADMIN, "password": PASSWORD}
    with closing(psycopg2.connect(**place, dbname=scene.world.environment.source.database)) as other, other.cursor() as cursor:
        cursor.execute(f'GRANT INSERT ON "{scene.world.name} s".t TO {ADMIN}, PUBLIC')
        with pytest.raises(
            Rejected, match=r"find who holds the lock \(svv_transactions\), and run again: nothing of this step was written"
        ):
            scene.write()
        other.rollback()
    assert scene.there() == 0

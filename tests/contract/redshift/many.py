"""Make a warehouse with many schemas, and plan, apply and verify the stages of its databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from runbook_lib import engine
from runbook_lib.adapters.redshift import WarehouseTarget
from runbook_lib.model import Approval, Change, Entry, Finding, Inventory, Plan, Question, Receipt, Resource, Stage
from runbook_lib.parameters import Environment
from runbook_lib.ports import Ended, Observation
from runbook_lib.resources.files import TodayAsked
from runbook_lib.resources.warehouse import is_of_warehouse
from runbook_lib.stages.destination_database import STAGE as DESTINATION
from runbook_lib.stages.source_database import STAGE as SOURCE
from tests.contract.redshift.standin import Standin, environment_on
from tests.contract.redshift.worlds import target_on

STAGES = (SOURCE, DESTINATION)
# Committed now and then: a transaction cannot lock 100,000 new tables.
FILL = """DO $x$ BEGIN FOR s IN 1..{schemas} LOOP EXECUTE format('CREATE SCHEMA many_%s', s); FOR t IN 1..{tables} LOOP
EXECUTE format('CREATE TABLE many_%s.t%s ()', s, t); END LOOP; IF s % 100 = 0 THEN COMMIT; END IF; END LOOP; END $x$"""
# Else the server takes the catalogue for as small as it was, and joins it in the slowest way.
COUNTED = "ANALYZE pg_catalog.pg_class, pg_catalog.pg_namespace"
CREATED = """DO $x$ DECLARE s name; BEGIN CREATE USER {user}; FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' LOOP
EXECUTE format('GRANT USAGE ON SCHEMA %I TO {user}', s); EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {user}', s);
END LOOP; GRANT SELECT ON pg_catalog.svv_table_info TO {user}; END $x$"""


@dataclass(frozen=True)
class OnADay:
    """Be the databases' half of the target on a day, which a stage asks for beside them."""

    target: WarehouseTarget

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer the date, and pass on what the databases answer."""
        days: dict[Question, object] = {each: "2026-01-31" for each in questions if isinstance(each, TodayAsked)}
        return self.target.ask([each for each in questions if is_of_warehouse(each)]).merged(Inventory(days))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there."""
        return self.target.observe(wanted)

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group."""
        self.target.write(changes)

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Have none that are written at once: a database's changes are one transaction."""
        raise NotImplementedError


class Unkept:
    """Be a journal that keeps nothing."""

    def announce(self, stage: str, changes: Sequence[Change]) -> None:
        """Forget it."""

    def begin(self, stage: str, *changes: Change) -> None:
        """Forget it."""

    def end(self, stage: str, *entries: Entry) -> None:
        """Forget it."""


@dataclass(frozen=True)
class Many:
    """Hold a warehouse with many schemas on a stand-in, each on both sides."""

    standin: Standin
    environment: Environment

    def plan(self, stage: Stage = SOURCE) -> Plan:
        """Log in, ask, observe and compare, as the stage's notebook does."""
        with self._reached() as target:
            return engine.plan(stage, self.environment, target, ())[0]

    def apply(self, stage: Stage) -> Receipt:
        """Plan a stage, and apply the plan under an approval."""
        with self._reached() as target:
            plan = engine.plan(stage, self.environment, target, ())[0]
            approval = Approval(digest=plan.digest, by="ada", at="2026-01-31T00:00:00Z")
            return engine.apply(plan, (approval,), plan, target, Unkept(), now=lambda: "2026-01-31T00:00:00Z")

    def verify(self, stage: Stage) -> tuple[Finding, ...]:
        """Plan again and judge, as the stage's notebook does after it applied."""
        with self._reached() as target:
            fresh = engine.plan(stage, self.environment, target, ())[0]
            return engine.verify(stage, self.environment, target, fresh)

    def statements(self, work: Callable[[], object] | None = None) -> list[str]:
        """Work, a plan of the source if nothing else, and list what was sent meanwhile, in order of the alphabet: both sides at once."""
        before = len(self.standin.statements())
        (work or self.plan)()
        return sorted(self.standin.statements()[before:])

    @contextmanager
    def _reached(self) -> Iterator[OnADay]:
        target = target_on(self.environment)
        try:
            yield OnADay(target)
        finally:
            target.close()

    def grant(self) -> None:
        """Make the user and grant all that the stage wants, past the runbook."""
        user = self.environment.source.user.name
        self.standin.past(self.environment.source.database, CREATED.format(user=user))


@contextmanager
def many(standin: Standin, schemas: int, tables: int) -> Iterator[Many]:
    """Make two databases with so many schemas, the source's of so many tables; both go with the context, and so do the users."""
    environment = environment_on(standin.port, f"many{schemas}")
    users = (f"source/{environment.source.user.name}", f"destination/{environment.destination.user.name}")
    # Nobody keeps a journal that would tell whose the users are.
    environment = environment.model_copy(update={"adopt": tuple(f"database_user/{each}" for each in users)})
    databases = (environment.source.database, environment.destination.database)
    standin.past("dev", *(f"CREATE DATABASE {each}" for each in databases))
    try:
        standin.past(databases[0], FILL.format(schemas=schemas, tables=tables), COUNTED)
        standin.past(databases[1], FILL.format(schemas=schemas, tables=0), COUNTED)
        yield Many(standin, environment)
    finally:
        standin.past("dev", *(f"DROP DATABASE {each} WITH (FORCE)" for each in databases))
        standin.past("dev", *(f"DROP ROLE IF EXISTS {each.partition('/')[2]}" for each in users))

"""Make a source with many schemas, and plan its stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from runbook_lib import engine
from runbook_lib.adapters.redshift import WarehouseTarget
from runbook_lib.model import Change, Inventory, Plan, Question, Resource
from runbook_lib.parameters import Environment
from runbook_lib.ports import Observation
from runbook_lib.resources.files import TodayAsked
from runbook_lib.stages.source_database import STAGE
from tests.contract.redshift.standin import Standin, environment_on
from tests.contract.redshift.worlds import target_on

FILL = """DO $x$ BEGIN FOR s IN 1..{schemas} LOOP EXECUTE format('CREATE SCHEMA many_%s', s); FOR t IN 1..{tables} LOOP
EXECUTE format('CREATE TABLE many_%s.t%s (id int)', s, t); END LOOP; END LOOP; END $x$"""
CREATED = """DO $x$ DECLARE s name; BEGIN CREATE USER {user}; FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' LOOP
EXECUTE format('GRANT USAGE ON SCHEMA %I TO {user}', s); EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {user}', s);
END LOOP; GRANT SELECT ON pg_catalog.svv_table_info TO {user}; END $x$"""


@dataclass(frozen=True)
class OnADay:
    """Be the databases' half of the target on a day, which a stage asks for beside them."""

    target: WarehouseTarget

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer the date, and pass on the rest."""
        days: dict[Question, object] = {each: "2026-01-31" for each in questions if isinstance(each, TodayAsked)}
        return self.target.ask([each for each in questions if each not in days]).merged(Inventory(days))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there."""
        return self.target.observe(wanted)

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group."""
        self.target.write(changes)


@dataclass(frozen=True)
class Many:
    """Hold a source with many schemas on a stand-in."""

    standin: Standin
    environment: Environment

    def plan(self) -> Plan:
        """Log in, ask, observe and compare, as the stage's notebook does."""
        target = target_on(self.environment)
        try:
            plan, _ = engine.plan(STAGE, self.environment, OnADay(target), ())
        finally:
            target.close()
        return plan

    def statements(self) -> list[str]:
        """Plan, and list what was sent meanwhile, in order of the alphabet: both sides are read at once."""
        before = len(self.standin.statements())
        self.plan()
        return sorted(self.standin.statements()[before:])

    def grant(self) -> None:
        """Make the user and grant all that the stage wants, past the runbook."""
        user = self.environment.source.user.name
        self.standin.past(self.environment.source.database, CREATED.format(user=user))


@contextmanager
def many(standin: Standin, schemas: int, tables: int) -> Iterator[Many]:
    """Make two databases, the source with so many schemas of so many tables; both go with the context."""
    environment = environment_on(standin.port, f"many{schemas}")
    databases = (environment.source.database, environment.destination.database)
    standin.past("dev", *(f"CREATE DATABASE {each}" for each in databases))
    try:
        standin.past(databases[0], FILL.format(schemas=schemas, tables=tables))
        yield Many(standin, environment)
    finally:
        standin.past("dev", *(f"DROP DATABASE {each} WITH (FORCE)" for each in databases))

"""9,900 schemas of ten tables each, Redshift's limit, in memory: as many questions and writes as for three, and as much to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import engine, views
from runbook_lib.documents.sql import statements
from runbook_lib.evidence.journal import FILE, FileJournal, written
from runbook_lib.model import Approval, Change, Entry, Inventory, Plan, Question, Receipt, Resource
from runbook_lib.ports import Ended, Observation
from runbook_lib.resources.warehouse import Grants, RelationsAsked
from runbook_lib.stages.source_database import STAGE as SOURCE_STAGE
from runbook_lib.views.shown import DesiredResources, Findings
from tests.fakes import FakeTarget
from tests.stages.worlds import DESTINATION, READER, SOURCE, STAGES, environment, privileges, relation, schema, world

FEW, MANY, TABLES = 3, 9_900, 10
DATABASES = ("source_database", "destination_database")
AT = "2026-06-30T10:00:00Z"
MOST = 200_000
"""Characters of one view of one stage, in each of its forms."""


@dataclass
class Counted:
    """Be a target that counts what it is asked for."""

    target: FakeTarget
    asked: list[Question] = field(default_factory=list)
    observed: list[str] = field(default_factory=list)
    written: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Count questions."""
        self.asked += questions
        return self.target.ask(questions)

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Count resources."""
        self.observed += (each.address for each in wanted)
        return self.target.observe(wanted)

    def write(self, changes: Sequence[Change]) -> None:
        """Count groups."""
        self.written.append(tuple(each.address for each in changes))
        self.target.write(changes)

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Have none that are written at once: a database's changes are one transaction."""
        raise NotImplementedError


def warehouse(size: int) -> Counted:
    """Hold so many schemas on both sides, somebody else's in the destination."""
    env = environment()
    names = [f"team_{number:04}" for number in range(size)]
    many: dict[Any, Any] = {
        SOURCE: tuple(map(schema, names)),
        DESTINATION: tuple(map(schema, names)),
        RelationsAsked(side="source"): tuple(relation(name, f"t{number}") for name in names for number in range(TABLES)),
    }
    return Counted(FakeTarget(answers=world(env, many)))


def planned(target: Counted, slug: str) -> Plan:
    """Plan a stage."""
    return engine.plan(STAGES[slug], environment(), target, ())[0]


def applied(target: Counted, plan: Plan, folder: Path) -> Receipt:
    """Apply a plan under an approval, journalled."""
    journal = FileJournal(folder / FILE, is_undo=False, now=lambda: AT)
    return engine.apply(plan, (Approval(digest=plan.digest, by="ada", at=AT),), plan, target, journal, now=lambda: AT)


@pytest.fixture(scope="module")
def large() -> Counted:
    """Hold the warehouse for those who only read it."""
    return warehouse(MANY)


@pytest.mark.parametrize("slug", DATABASES)
def test_as_much_is_asked_and_written_as_of_three(slug: str, tmp_path: Path) -> None:
    """Plan, apply and verify ask the same questions, look at the same addresses and write the same groups, whatever the size."""
    worlds = [warehouse(size) for size in (FEW, MANY)]
    for each, name in zip(worlds, ("few", "many"), strict=True):
        (folder := tmp_path / name).mkdir()
        applied(each, planned(each, slug), folder)
        env = environment(adopt=[f"database_user/{side}" for side in ("source/tonic_user", "destination/tonic_destination_user")])
        fresh = engine.plan(STAGES[slug], env, each, ())[0]
        assert fresh.changes == ()
        engine.verify(STAGES[slug], env, each, fresh)

    few, many = worlds
    assert (few.asked, few.observed, few.written) == (many.asked, many.observed, many.written)


def test_names_go_together(large: Counted) -> None:
    """500 tables or 100 schemas a statement, and each object once."""
    plan = planned(large, "source_database")
    sent = [each for change in plan.changes for each in statements(change)]

    assert len(sent) == 1 + 1 + MANY // 100 + MANY * TABLES // 500
    assert sum(each.count("team_") for each in sent) == MANY + MANY * TABLES


@pytest.mark.parametrize("form", [views.html, views.markdown, views.text], ids=lambda each: each.__name__)
@pytest.mark.parametrize("slug", DATABASES)
def test_a_person_can_read_it(large: Counted, slug: str, form: Any) -> None:
    """Plan, receipt and what is wanted stay small, say how many there are, and name the file that holds the rest."""
    plan = planned(large, slug)
    receipt = Receipt(stage=slug, digest=plan.digest, entries=tuple(Entry(change=each, outcome="withheld") for each in plan.changes))
    wanted = DesiredResources(plan.wanted, STAGES[slug].artefacts(environment(), plan.wanted))
    shown = [form(each) for each in (plan, receipt, wanted)]

    assert max(map(len, shown)) < MOST
    assert "9,900 schemas" in shown[0]
    if form is not views.text:
        assert "plan.json" in shown[0]
        assert "the whole file is under artefacts" in shown[2]


def test_what_is_not_shown_is_approved_too(large: Counted) -> None:
    """The digest binds the last of 99,000 tables, which no page shows."""
    plan = planned(large, "source_database")
    *others, grants = plan.changes
    assert isinstance(grants.after, Grants)
    less = grants.model_copy(update={"after": grants.after.model_copy(update={"objects": grants.after.objects[:-1]})})

    assert f"team_{MANY - 1}.t9" not in views.html(plan)
    assert plan.model_copy(update={"changes": (*others, less)}).digest != plan.digest


def test_the_journal_holds_every_name(tmp_path: Path) -> None:
    """What is journalled before it is sent is read back as it was planned."""
    target = warehouse(MANY)
    plan = planned(target, "source_database")

    applied(target, plan, tmp_path)

    told = written(tmp_path)
    assert tuple(each.change for each in told) == plan.changes
    assert all(each.is_certain for each in told)


def test_findings_are_few_and_short() -> None:
    """What is amiss with all schemas is one finding that names some of them."""
    names = tuple(f"team_{number:04}" for number in range(MANY))
    answers = world(
        environment(),
        {
            SOURCE: (*map(schema, names), *(schema(f"share_{number}", kind="shared") for number in range(MANY))),
            READER: privileges(
                schemas_without_usage=names,
                relations_without_select=tuple((name, "t") for name in names),
                public_may_create_in=names,
                database_create=False,
            ),
        },
    )
    env = environment(schemas={"include": ["*", "share_*"]})
    found = engine.check(SOURCE_STAGE, env, FakeTarget(answers=answers))

    assert len(found) < 2 * len(SOURCE_STAGE.checks)
    assert len(views.html(Findings(found, "Verify"))) < MOST

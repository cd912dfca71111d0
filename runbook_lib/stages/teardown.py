"""Stage 99: the reverse of the receipts. Wants nothing of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Check, Stage
from runbook_lib.resources.iam import ProductLeftovers
from runbook_lib.resources.records import ReverseAnswer, ReverseAsked
from runbook_lib.stages import _records, _rights, _signing
from runbook_lib.stages._judging import advised, broken, kept, listed, owed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

OF_DATABASES = ("database", "grants/", "default_privileges/", "ownership/")
SERVICES = ("lambda", "logs", "mappings", "sqs")


def reverse_asks(_env: Environment) -> tuple[Question, ...]:
    """Ask what undoing the receipts would still do."""
    return (ReverseAsked(),)


def leftover_asks(env: Environment) -> tuple[Question, ...]:
    """Ask what the product itself left; V2 leaves nothing."""
    return tuple(ProductLeftovers(service=service) for service in SERVICES) if env.is_legacy else ()


def judge_reverse(_env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the reverse of all receipts to being empty, but for what this run left to somebody else."""
    answer: ReverseAnswer = inventory[ReverseAsked()]
    names = tuple(each.address for each in answer.changes if each.address not in answer.owed)
    if answer.owed:
        is_sql = all(each.startswith(OF_DATABASES) for each in answer.owed)
        way_out = (
            "run what stands under artefacts" if is_sql else "give the caller what artefacts/teardown/caller.md says, or remove it by hand"
        )
        by = "warehouse admin" if is_sql else "cloud engineer"
        yield owed(f"left to somebody else: {listed(answer.owed)}", f"{way_out}; then destroy again", by)
    if names:
        yield broken(
            f"{len(names)} changes are not undone: {listed(names)}",
            "runbook destroy, read the plan, approve its digest",
        )
    elif not answer.owed:
        yield kept("undoing every receipt would change nothing")
    if answer.elsewhere:
        detail = f"made at another place under this name, and still standing there: {listed(answer.elsewhere)}"
        yield advised(detail, "destroy with the parameter file as it was then: its account, endpoint, region, hosts and databases")


def judge_waiting(_env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """List what lies in a waiting period that the service imposes; a later apply restores it."""
    answer: ReverseAnswer = inventory[ReverseAsked()]
    for each in answer.waiting:
        yield kept(f"{each.address} waits for its deletion; a later apply restores it", address=each.address)
    if not answer.waiting:
        yield kept("no key or secret is waiting")


def judge_leftovers(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """List what the product made: the runbook never deletes it."""
    found = False
    for question in leftover_asks(env):
        names: tuple[str, ...] = inventory[question]
        if names:
            found = True
            yield advised(f"{question.model_dump()['service']}: {listed(names)}", "delete them when no workspace uses them")
    if not found:
        yield kept("nothing of the product's own is left", grade="read back" if env.is_legacy else "")


STAGE = Stage(
    number=99,
    slug="teardown",
    title="Teardown",
    rows=(),
    summary="Undoes what the receipts say was done, and lists what stays.",
    checks=(
        Check(
            (),
            "the operator has the rights that the way back takes",
            _rights.judge(_rights.back),
            _rights.asks(_rights.back),
            when="plan",
        ),
        Check((), _records.CLAIM, _records.judge, _records.asks, when="plan"),
        Check((), _signing.CLAIM, _signing.judge, _signing.asks, when="plan"),
        Check((), "everything the runbook did is undone", judge_reverse, reverse_asks),
        Check((), "keys and secrets in their waiting periods are listed", judge_waiting, reverse_asks),
        Check((), "what the product left is listed", judge_leftovers, leftover_asks),
    ),
    report_asks=_rights.report_asks(_rights.back),
    reports=_rights.reports(_rights.back),
)

"""The laws of the engine, as properties over random wishes and random worlds."""

from __future__ import annotations

import contextlib
import json
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runbook_lib import engine
from runbook_lib.errors import ApprovalRefused, Denied, PlanDrifted, Unreachable
from runbook_lib.model import Approval, Check, EnvironmentPlan, Judgement, Plan, Receipt, Unanswered
from runbook_lib.resources.iam import Caller, Role, RolePolicy
from runbook_lib.resources.kms import Key
from runbook_lib.resources.warehouse import Grants
from tests.fakes import FakeTarget, Killed, ListJournal
from tests.properties.strategies import ENVIRONMENT, NOW, SCOPE, Case, cases, stage_of


def planned(case: Case, journal: ListJournal | None = None) -> Plan:
    """Plan a case."""
    return engine.plan(case.stage, ENVIRONMENT, case.target, SCOPE, journal.history() if journal is not None else ())[0]


def approvals(plan: Plan) -> tuple[Approval, ...]:
    """Approve a plan."""
    return (Approval(digest=plan.digest, by="a reviewer", at=NOW),)


def applied(case: Case, plan: Plan, journal: ListJournal | None = None) -> Receipt:
    """Apply a plan under its own approval."""
    journal = journal if journal is not None else ListJournal(scope=SCOPE)
    fresh = planned(case, journal)
    return engine.apply(plan, approvals(plan), fresh, case.target, journal, now=lambda: NOW)


@given(cases())
def test_law_1_planning_writes_nothing(case: Case) -> None:
    """Planning leaves the world as it was."""
    before = case.target.snapshot()

    planned(case)

    assert before == case.target.snapshot()
    assert 0 == case.target.writes


@given(cases())
def test_law_2_without_an_approval_nothing_is_applied(case: Case) -> None:
    """An apply without an approval withholds every change and writes nothing."""
    before = case.target.snapshot()
    plan = planned(case)

    receipt = engine.apply(plan, (), plan, case.target, ListJournal(scope=SCOPE), now=lambda: NOW)

    assert ["withheld"] * len(plan.changes) == [entry.outcome for entry in receipt.entries]
    assert before == case.target.snapshot()


@given(cases(), st.booleans())
def test_law_3_a_foreign_change_is_refused_and_named(case: Case, is_there: bool) -> None:
    """When somebody changes anything in scope after the approval, nothing is written and the address is named."""
    policy = RolePolicy(role="zulu", name="zulu", document='{"Statement":[1]}')
    case = Case((*case.wanted, policy), case.target, case.foreign)
    if is_there:
        case.target.things[policy.address] = policy
    plan = planned(case)
    case.target.things[policy.address] = policy.model_copy(update={"document": '{"Statement":["somebody"]}'})
    before = case.target.snapshot()

    with pytest.raises(PlanDrifted) as refusal:
        applied(case, plan)

    assert policy.address in str(refusal.value)
    assert before == case.target.snapshot()


@given(cases(), cases())
def test_law_3_an_approval_is_for_one_plan(one: Case, other: Case) -> None:
    """The approval of one plan is refused for another."""
    mine, theirs = planned(one), planned(other)
    assume(mine.digest != theirs.digest)

    with pytest.raises(ApprovalRefused):
        engine.consent(mine.digest, EnvironmentPlan(environment="staging", plans=(theirs,)), theirs.stage)


@given(cases(), st.randoms())
def test_law_3_the_digest_ignores_order_of_keys_reasons_and_time(case: Case, chance: random.Random) -> None:
    """A plan read back from JSON with its keys shuffled, and with other words for its reasons, has the same digest."""
    plan = planned(case)

    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            items = [(key, shuffled(each)) for key, each in value.items()]
            chance.shuffle(items)
            return dict(items)
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    again = Plan.model_validate_json(json.dumps(shuffled(json.loads(plan.model_dump_json()))))
    told = again.model_copy(update={"changes": tuple(each.model_copy(update={"reason": "why"}) for each in again.changes)})

    assert plan.digest == told.digest


@given(cases())
def test_law_4_after_apply_the_plan_is_empty(case: Case) -> None:
    """An applied plan leaves nothing to do, and a second run makes no write."""
    journal = ListJournal(scope=SCOPE)
    applied(case, planned(case), journal)
    writes = case.target.writes

    again = planned(case, journal)
    applied(case, again, journal)

    assert () == again.changes
    assert writes == case.target.writes


@given(cases(), st.integers(1, 8), st.sampled_from(["killed before", "killed after", "lost before", "lost after"]))
def test_law_5_stopped_anywhere_a_rerun_ends_as_if_undisturbed(case: Case, number: int, how: str) -> None:
    """A run that dies at any write, before or after it took effect, continues under the same approval to the same end."""
    plan = planned(case)
    twin = Case(case.wanted, FakeTarget(*case.target.snapshot(), ours=set(case.target.ours)), case.foreign)
    applied(twin, plan)

    def stop(at: int) -> None:
        if at == number:
            raise Killed if how.startswith("killed") else Unreachable("the network", "went away")

    setattr(case.target, "before_write" if how.endswith("before") else "after_write", stop)
    journal = ListJournal(scope=SCOPE)
    with contextlib.suppress(Killed):
        applied(case, plan, journal)
    case.target.before_write = case.target.after_write = lambda _number: None
    receipt = applied(case, plan, journal)

    assert twin.target.snapshot() == case.target.snapshot()
    assert receipt.is_applied


@given(cases())
def test_law_6_what_others_made_is_not_touched(case: Case) -> None:
    """Claimed objects of other people, and grants beyond those wanted, are the same after an apply."""
    before, grants_before = case.target.snapshot()
    plan = planned(case)

    applied(case, plan)

    after, grants_after = case.target.snapshot()
    for each in plan.contested:
        assert before[each.address] == after[each.address]
    assert all(names <= grants_after[key] for key, names in grants_before.items())
    assert not {each.address for each in plan.contested} & {change.address for change in plan.changes}


@given(cases())
def test_law_7_reverse_restores_what_was_there(case: Case) -> None:
    """Applying and then undoing the receipts gives the world back, but for keys in their waiting period."""
    before = case.target.snapshot()
    journal = ListJournal(scope=SCOPE)
    applied(case, planned(case), journal)

    back = engine.reverse("staging", journal.history(), case.target, SCOPE)
    engine.apply(back, approvals(back), back, case.target, ListJournal(is_undo=True, scope=SCOPE), now=lambda: NOW)

    things, grants = case.target.snapshot()
    waiting = {a for a, each in things.items() if isinstance(each, Key) and each.state == "PendingDeletion"} - set(before[0])
    assert before == ({address: each for address, each in things.items() if address not in waiting}, grants)


@given(cases())
def test_law_7_reverse_takes_back_only_our_grants(case: Case) -> None:
    """A grant that somebody made after our apply survives the reverse."""
    journal = ListJournal(scope=SCOPE)
    applied(case, planned(case), journal)
    key = ("source", "alpha", "USAGE", "schema")
    case.target.grants.setdefault(key, set()).add(("made later",))

    back = engine.reverse("staging", journal.history(), case.target, SCOPE)
    engine.apply(back, approvals(back), back, case.target, ListJournal(is_undo=True, scope=SCOPE), now=lambda: NOW)

    assert ("made later",) in case.target.grants[key]


def destroyed(case: Case, journal: ListJournal, back: Plan) -> Receipt:
    """Undo under the approval of a plan made earlier, against the one made now; what is undone joins the journal."""
    fresh = engine.reverse("staging", journal.history(), case.target, SCOPE)
    journal.is_undo = True
    try:
        return engine.apply(back, approvals(back), fresh, case.target, journal, now=lambda: NOW)
    finally:
        journal.is_undo = False


@given(cases(), st.integers(1, 8), st.sampled_from(["killed before", "killed after", "lost before", "lost after"]))
def test_law_5_a_destroy_stopped_anywhere_goes_on_to_the_same_end(case: Case, number: int, how: str) -> None:
    """A destroy that dies at any write goes on under the same approval, and leaves the world as an undisturbed one does."""
    journal, calm = ListJournal(scope=SCOPE), ListJournal(scope=SCOPE)
    twin = Case(case.wanted, FakeTarget(*case.target.snapshot(), ours=set(case.target.ours)), case.foreign)
    for each, lines in ((case, journal), (twin, calm)):
        applied(each, planned(each), lines)
        each.target.writes = 0
    back = engine.reverse("staging", journal.history(), case.target, SCOPE)
    destroyed(twin, calm, engine.reverse("staging", calm.history(), twin.target, SCOPE))

    def stop(at: int) -> None:
        if at == number:
            raise Killed if how.startswith("killed") else Unreachable("the network", "went away")

    setattr(case.target, "before_write" if how.endswith("before") else "after_write", stop)
    with contextlib.suppress(Killed):
        destroyed(case, journal, back)
    case.target.before_write = case.target.after_write = lambda _number: None
    receipt = destroyed(case, journal, back)

    assert twin.target.snapshot() == case.target.snapshot()
    assert receipt.is_applied
    assert () == engine.reverse("staging", journal.history(), case.target, SCOPE).changes


@given(cases())
def test_law_6_what_somebody_made_in_place_of_ours_survives_a_destroy(case: Case) -> None:
    """A role that was deleted and made anew by somebody, without our tag, is left as it is, with what he put on it, and is named."""
    role = Role(name="zulu", trust="{}")
    case = Case((*case.wanted, role, RolePolicy(role="zulu", name="zulu", document="{}")), case.target, case.foreign)
    journal = ListJournal(scope=SCOPE)
    applied(case, planned(case), journal)
    case.target.ours.discard(role.address)
    before = {address: each for address, each in case.target.things.items() if "zulu" in address}

    back = engine.reverse("staging", journal.history(), case.target, SCOPE)
    destroyed(case, journal, back)

    assert before == {address: each for address, each in case.target.things.items() if "zulu" in address}
    assert role.address in {each.address for each in back.owed}
    assert role.address in {each.address for each in planned(case, journal).contested}


@given(cases())
def test_law_6_what_has_our_names_at_another_place_is_not_ours(case: Case) -> None:
    """Receipts of another account claim nothing here, and a destroy here undoes nothing that was done there."""
    journal = ListJournal(scope=(("account", "999999999999"), ("source", "elsewhere:5439/a")))
    before = planned(case)
    other = Case(case.wanted, FakeTarget(), frozenset())
    applied(other, planned(other), journal)

    assert before.digest == planned(case, journal).digest
    assert () == engine.reverse("staging", journal.history(), case.target, SCOPE).changes
    assert {written.address for written in journal.history()} == set(engine.elsewhere(journal.history(), SCOPE))


@given(cases(), st.data())
def test_law_7_reverse_restores_what_was_there_before_several_applies(case: Case, data: st.DataObject) -> None:
    """Wishes that changed between two applies are both undone; access that was wanted no more is taken back by the second."""
    before = case.target.snapshot()
    journal = ListJournal(scope=SCOPE)
    applied(case, planned(case), journal)
    fewer = tuple(each for each in case.wanted if data.draw(st.booleans()))
    later = Case(fewer, case.target, case.foreign)
    second = planned(later, journal)
    applied(later, second, journal)
    assert () == planned(later, journal).changes

    back = engine.reverse("staging", journal.history(), case.target, SCOPE)
    destroyed(case, journal, back)

    things, grants = case.target.snapshot()
    waiting = {a for a, each in things.items() if isinstance(each, Key) and each.state == "PendingDeletion"} - set(before[0])
    assert before == ({address: each for address, each in things.items() if address not in waiting}, grants)
    # What stood under the same address before the first, others' or ours, is what the second plan wants there again.
    lingering = (
        {each.address for each in case.wanted if each.gives_access} - {each.address for each in fewer} - case.foreign - set(before[0])
    )
    assert not {each.address for each in second.wanted} & lingering


@given(cases())
def test_law_8_written_is_no_proof(case: Case) -> None:
    """When a service acknowledges writes and keeps none, verify says broken for every change."""
    case.target.is_deaf = True
    plan = planned(case)
    applied(case, plan)

    findings = engine.verify(case.stage, ENVIRONMENT, case.target, planned(case))

    broken = {finding.address for finding in findings if finding.verdict == "broken"}
    assert {change.address for change in plan.changes} <= broken


@given(cases(), st.sampled_from(["unknown", "owed", "broken"]))
def test_law_9_what_cannot_be_read_is_never_kept(case: Case, verdict: str) -> None:
    """An address that may not be read, and a check without an answer, are never kept and are not in the digest by value."""
    assume(case.wanted)
    case.target.refused[case.wanted[0].address] = Unanswered("may not be read", verdict, "the cloud engineer")  # type: ignore[arg-type]
    check = Check(
        ("A1",),
        "somebody calls",
        lambda _e, inventory: [Judgement(verdict="kept", detail=inventory[Caller()])],
        asks=lambda _e: (Caller(),),
    )
    stage = stage_of(case.wanted)
    stage = type(stage)(**{**stage.__dict__, "checks": (check,)})

    plan = engine.plan(stage, ENVIRONMENT, case.target, SCOPE)[0]
    findings = engine.verify(stage, ENVIRONMENT, case.target, plan)

    verdicts = {finding.verdict for finding in findings if finding.address == case.wanted[0].address}
    assert {verdict} == verdicts
    assert ["unknown"] == [finding.verdict for finding in findings if finding.rows == ("A1",)]


@given(cases())
def test_a_denied_change_is_owed_and_the_others_go_on(case: Case) -> None:
    """A right that is missing makes one change owed and holds up only what sits on it."""
    plan = planned(case)
    assume(plan.changes)

    def deny(number: int) -> None:
        if number == 1:
            raise Denied("iam:CreateRole", "is denied", "ask the cloud engineer")

    case.target.before_write = deny
    receipt = applied(case, plan)

    assert "owed" == receipt.entries[0].outcome
    assert {"owed", "applied"} >= {entry.outcome for entry in receipt.entries}


@given(cases())
def test_a_grant_is_a_set(case: Case) -> None:
    """An update of grants adds exactly what is missing."""
    plan = planned(case)

    for change in plan.changes:
        if isinstance(change.before, Grants) and isinstance(change.after, Grants):
            assert set(change.before.objects) < set(change.after.objects)

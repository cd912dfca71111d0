"""The gate: what it says of a plan that is empty, of whose signature it takes, and which commands it leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook_lib import views
from runbook_lib.model import Change, Contested, Owed, Plan
from runbook_lib.views.blocks import Note
from runbook_lib.views.gates import gate
from runbook_lib.views.shown import Asking, Gate, Signatures
from tests.unit.views.samples import BUCKET, CHANGES, NARROW, PLAN, WIDE

ASKING = Asking(facts=(("Environment", "staging"),), name="staging", acknowledge=(), approve=lambda _typed, _ticked: Gate(PLAN, PLAN))
NOBODY = Plan(stage="storage", environment="staging", scope=(), kept=(BUCKET,))
UNREAD = Owed(address="iam_role/tonic", by="security", reason="the token expired", way_out="log in again", verdict="unknown")
JO = Signatures(("Jo Rivera",), 1, (), is_protected=True)
NEW = PLAN.model_copy(update={"changes": CHANGES[:1]})


def notes(value: Gate) -> list[tuple[str, str]]:
    """List each note with its tone."""
    return [(" ".join(str(each) for each in block.parts), block.tone) for block in gate(value) if isinstance(block, Note)]


def test_an_empty_plan_leaves_nothing_to_approve() -> None:
    """Where everything was looked at, that is good."""
    assert [("Nothing to approve: the plan is empty.", "good")] == notes(Gate(NOBODY, NOBODY))


@pytest.mark.parametrize(
    ("left", "said", "named"),
    [
        ({"owed": (UNREAD,)}, "leaves out 1 unknown", ("iam_role/tonic", "the token expired", "log in again")),
        ({"owed": (UNREAD, UNREAD.model_copy(update={"verdict": "owed"}))}, "leaves out 1 unknown, 1 owed", ("by whom", "security")),
        (
            {"contested": (Contested(address="iam_role/x", reason="is theirs", way_out="adopt it"),)},
            "leaves out 1 contested",
            ("adopt it",),
        ),
    ],
)
def test_a_plan_that_is_empty_for_what_it_left_out_is_not_good(left: dict[str, object], said: str, named: tuple[str, ...]) -> None:
    """Nobody takes what could not be read for what is as wanted: it is named with its reason and the way out."""
    plan = NOBODY.model_copy(update=left)
    ((words, tone),) = notes(Gate(plan, plan))

    assert (said in words, tone) == (True, "quiet")
    assert [] == [each for each in named if each not in views.text(Gate(plan, plan))]


def test_whoever_steps_is_told_to_plan_first() -> None:
    """A command finds no plan in somebody's steps: it is made with the same digest; every grave change is named."""
    text = views.text(Gate(PLAN, PLAN, asking=ASKING, target="lab2"))

    plan, apply = "runbook plan lab2 --stage server_role", f"runbook apply lab2 --stage server_role --approve {PLAN.digest} --acknowledge "
    assert 0 < text.index(plan) < text.index(apply)
    assert "runbook plan" not in views.text(Gate(PLAN, PLAN))


def test_a_teardown_is_planned_by_its_own_verb() -> None:
    """Nothing else plans the way back."""
    plan = NEW.model_copy(update={"stage": "teardown"})
    text = views.text(Gate(plan, plan, asking=ASKING))

    assert "runbook destroy staging\n" in text
    assert f"runbook destroy staging --approve {plan.digest}" in text


def test_who_has_to_sign_is_said_from_the_start() -> None:
    """With the two commands, filled in; a digest in a cell is no way where the name has to be typed."""
    value = Gate(NEW, NEW, asking=ASKING, target="office", signatures=JO)
    text = views.text(value)

    assert ("staging is protected: it needs 1 signature of Jo Rivera.", "owed") == notes(value)[0]
    sign = f"runbook approve office/{NEW.digest} --key PRIVATE.pem\n"
    assert 0 < text.index("runbook plan office --stage server_role") < text.index(sign)
    assert "approve = " not in text


def test_what_was_signed_is_not_asked_for() -> None:
    """One of two is named, and with the second the commands for signing are gone."""
    two = replace(JO, approvers=("Jo Rivera", "Ada Park"), needed=2, signed=("Ada Park",), is_protected=False)
    assert "staging needs 1 signature of Jo Rivera; signed by Ada Park." == notes(Gate(NEW, NEW, asking=ASKING, signatures=two))[0][0]
    all_ = replace(two, signed=("Ada Park", "Jo Rivera"))

    value = Gate(NEW, NEW, asking=ASKING, signatures=all_)
    assert ("staging takes 2 signatures; signed by Ada Park, Jo Rivera.", "good") == notes(value)[0]
    assert "runbook approve" not in views.text(value)
    assert "approve = " in views.text(value)


def test_many_grave_changes_are_named_by_whoever_reads_them() -> None:
    """A command of a hundred addresses is read by nobody, and one word for all of them is not what the gate asks for."""
    names = [{"name": f"s{number}"} for number in range(6)]
    grave = tuple(Change(before=NARROW.model_copy(update=each), after=WIDE.model_copy(update=each)) for each in names)
    plan = PLAN.model_copy(update={"changes": grave})

    assert views.text(Gate(plan, plan)).endswith(" --acknowledge ADDRESS")

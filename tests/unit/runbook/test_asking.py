"""Approve in one cell, act in the next: nothing without an approval, nothing twice, and no approval is lost."""

from __future__ import annotations

import asyncio
import fcntl
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runbook_lib import headless, place
from runbook_lib.engine.approving import later
from runbook_lib.errors import ApprovalRefused, Denied, Locked, RunbookError, Transient
from runbook_lib.evidence import Record, lock, statement
from runbook_lib.evidence.audit.verify import verify
from runbook_lib.evidence.record import private_folder
from runbook_lib.headless import approving
from runbook_lib.model import Change, Receipt
from runbook_lib.parameters.load import load
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.runbook import open_stage
from runbook_lib.runbook.asking import ANEW
from runbook_lib.runbook.stage_run import StageRun
from runbook_lib.runbook.world import now
from runbook_lib.views.shown import Asking, Gate
from tests import cells
from tests.fakes import FakeTarget
from tests.machine import ROOT
from tests.stages.worlds import INSTANCE, STAGES, world

pytestmark = pytest.mark.once

SLUG = "server_role"


class Desk:
    """Hold a home with one environment, its world, and the notebooks that somebody opens there."""

    def __init__(self, folder: Path, target: FakeTarget, *, protected: bool) -> None:
        self.folder, self.target, self.is_protected = folder, target, protected

    @property
    def records(self) -> list[Path]:
        """List the records, oldest first."""
        return sorted((self.folder / "runs" / "staging").glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns)

    def opened(self, **parameters: str) -> StageRun:
        """Open the stage as a freshly started kernel does."""
        return open_stage(SLUG, parameters)


def signed_by_jo(home: Path) -> str:
    """Protect an environment: one approver, with a key of his own."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    (home / "jo.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (home / "jo.pub.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return "\nprotected: true\napprovers:\n  - name: Jo Rivera\n    key: jo.pub.pem\n"


@pytest.fixture(params=[False])
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Desk:
    """Let somebody look at the notebooks of an environment in a world in memory."""
    file = tmp_path / "parameters" / "any.yaml"
    file.parent.mkdir()
    text = (ROOT / "parameters" / "example-v2.yaml").read_text("utf-8").replace("i-0a1b2c3d4e5f60718", INSTANCE)
    file.write_text(text + (signed_by_jo(tmp_path) if request.param else ""), "utf-8")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    target = FakeTarget(answers=world(load(file)))
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_recorder: target)
    working = private_folder(place.lab() / "staging")
    place.choose(file, working)
    place.choose(file)
    monkeypatch.chdir(working)
    return Desk(tmp_path, target, protected=request.param)


def approved(gate: Gate, typed: str = "") -> Gate:
    """Tick every box, and approve."""
    asking = asked(gate)
    return asking.approve(typed, tuple(address for address, _ in asking.acknowledge))


def asked(gate: Gate) -> Asking:
    """Give what a gate asks."""
    assert gate.asking is not None
    return gate.asking


def applied(run: StageRun, gate: Gate) -> Receipt:
    """Run the cell after the gate's."""
    return asyncio.run(run.apply(gate.plan, gate))


def flaws(desk: Desk) -> list[str]:
    """Close the newest record, and say what an audit finds wrong with it."""
    statement.close(Record(desk.records[-1].parent), None)
    return [each.what for each in verify(desk.records[-1].parent).flaws if each.weight != "note"]


def outcomes(receipt: Receipt) -> set[str]:
    """Collect what became of the changes."""
    return {entry.outcome for entry in receipt.entries}


def test_plan_has_the_digest_of_a_headless_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether somebody looks makes no difference to what is planned."""
    looked = desk.opened().plan().digest
    monkeypatch.chdir(desk.folder)

    assert desk.opened().plan().digest == looked


def test_running_all_cells_changes_nothing(desk: Desk) -> None:
    """Without an answer at the gate everything is withheld, and the closed record is sound."""
    run = desk.opened()
    run.preflight(), run.desired()
    gate = run.gate(run.plan())
    receipt = applied(run, gate)
    verified = run.verify()
    run.close()

    assert ({"withheld"}, 0) == (outcomes(receipt), desk.target.writes)
    assert (len(gate.plan.changes), "Verify") == (verified.pending, verified.title)
    assert [] == flaws(desk)


@pytest.mark.parametrize(
    ("refusal", "verdict", "says"),
    [
        (Denied("role", "is refused", "ask"), "owed", "hand over artefacts/server_role/server_role.sh"),
        (Transient("role", "is throttled", "wait"), "broken", "run the cells from Plan on: what was approved goes on"),
    ],
)
def test_what_could_not_be_made_has_its_own_way_out(desk: Desk, refusal: RunbookError, verdict: str, says: str) -> None:
    """Under Verify stands what fits: the file for whoever has the right, or how the approved changes go on."""

    def refuse(_number: int) -> None:
        raise refusal

    desk.target.before_write = refuse
    run = desk.opened()
    gate = run.gate(run.plan())
    applied(run, approved(gate))

    found = next(each for each in run.verify() if each.address.startswith("iam_role/") and each.verdict == verdict)
    assert says == found.way_out


@pytest.mark.parametrize("slug", STAGES)
def test_running_all_cells_of_any_notebook_changes_nothing(desk: Desk, slug: str) -> None:
    """Also where another stage was applied before, and there is something to undo."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    run.close()
    before = desk.target.writes, desk.target.snapshot()

    done = cells.step_through(slug)

    assert before == (desk.target.writes, desk.target.snapshot())
    assert () == done.names["receipt"].approvals
    assert slug != "teardown" or done.names["plan"].changes


def test_what_was_approved_in_between_is_applied(desk: Desk) -> None:
    """The next cell holds to the answer that was given after the gate's had ended; verify proves it, and the record is sound."""
    run = desk.opened()
    gate = run.gate(run.plan())
    given = approved(gate)
    receipt = applied(run, gate)
    findings = run.verify()
    run.close()

    assert {"applied"} == outcomes(receipt)
    assert given.approvals == receipt.approvals
    assert "Verify" == findings.title
    assert [] == flaws(desk)


def test_same_end_as_headless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world is left as a run leaves it that is handed the digest."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    stepped = desk.target.snapshot()
    desk.target.things.clear()
    desk.target.ours.clear()
    monkeypatch.chdir(desk.folder)
    handed = desk.opened(approve=gate.plan.digest)
    plan = handed.plan()
    applied(handed, handed.gate(plan))
    handed.close()

    assert stepped == desk.target.snapshot()


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_protected_environment_is_named_and_signed_for(desk: Desk) -> None:
    """A wrong name is refused, and the right one too as long as no approver signed."""
    run = desk.opened()
    gate = run.gate(run.plan())
    for typed in ("", "Staging", "production"):
        with pytest.raises(ApprovalRefused, match="staging is protected"):
            approved(gate, typed)
    with pytest.raises(ApprovalRefused, match="one that an approver signs"):
        approved(gate, "staging")
    assert {"withheld"} == outcomes(applied(run, gate))


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_what_the_gate_of_a_protected_environment_says_leads_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever plans the stage, and signs the digest that the gate shows, as it says, is asked for nothing but the name."""
    run = desk.opened()
    gate = run.gate(run.plan())
    assert gate.signatures is not None
    assert (("Jo Rivera",), 1, (), "any") == (gate.signatures.approvers, gate.signatures.lacking, gate.signatures.signed, gate.target)

    with monkeypatch.context() as elsewhere:
        elsewhere.chdir(desk.folder)
        headless.carry_out(desk.folder / "parameters" / "any.yaml", "plan", stages=(SLUG,), by="Lee Chan", execute=cells.papermill)
        approving.approve([f"any/{gate.plan.digest}"], key="jo.pem", acknowledge=("*",))

    gate = run.gate(run.plan())
    assert gate.signatures is not None
    assert (0, ("Jo Rivera",)) == (gate.signatures.lacking, gate.signatures.signed)
    assert {"applied"} == outcomes(applied(run, approved(gate, "staging")))


def test_unprotected_environment_is_not_named(desk: Desk) -> None:
    """Nobody has to type what nobody protects."""
    run = desk.opened()

    assert "" == asked(run.gate(run.plan())).name


def test_grave_changes_are_acknowledged_one_by_one(desk: Desk) -> None:
    """A change that widens access on what is there has a box of its own, and the refusal names it."""
    first = desk.opened()
    gate = first.gate(first.plan())
    approved(gate)
    applied(first, gate)
    policy = next(each for each in desk.target.things.values() if isinstance(each, RolePolicy))
    narrow = json.dumps({"Version": "2012-10-17", "Statement": []}, separators=(",", ":"))
    desk.target.things[policy.address] = policy.model_copy(update={"document": narrow})
    run = desk.opened()
    gate = run.gate(run.plan())

    assert ((policy.address, "widens access"),) == asked(gate).acknowledge
    with pytest.raises(ApprovalRefused, match=policy.address):
        asked(gate).approve("", ())
    assert (policy.address,) == approved(gate).approvals[0].acknowledged


@pytest.mark.parametrize("word", ["*", "iam_role_policy/*", "iam_role?policy/[a-z]*"])
def test_a_cell_acknowledges_nothing_in_a_lump(desk: Desk, word: str) -> None:
    """A word that stands for any text is refused, be there anything grave or not; the address itself is taken."""
    first = desk.opened()
    gate = first.gate(first.plan())
    with pytest.raises(ApprovalRefused, match="stands for any text"):
        desk.opened(approve=gate.plan.digest, acknowledge=word).gate(gate.plan)
    approved(gate)
    applied(first, gate)
    policy = next(each for each in desk.target.things.values() if isinstance(each, RolePolicy))
    narrow = json.dumps({"Version": "2012-10-17", "Statement": []}, separators=(",", ":"))
    desk.target.things[policy.address] = policy.model_copy(update={"document": narrow})
    plan = desk.opened().plan()

    with pytest.raises(ApprovalRefused, match="stands for any text"):
        desk.opened(approve=plan.digest, acknowledge=word).gate(plan)
    assert (policy.address,) == desk.opened(approve=plan.digest, acknowledge=policy.address).gate(plan).approvals[0].acknowledged


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_a_notebook_without_a_form_asks_for_what_it_cannot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than in `runbook lab` what is protected is not applied while somebody looks, whoever signed; unattended it is."""
    run, _ = signed(desk, monkeypatch)
    digest = run._setting.approve
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr("runbook_lib.runbook.gating.live.has_front_end", lambda: True)
    alone = desk.opened(approve=digest)
    with pytest.raises(ApprovalRefused, match="cannot ask for its name; open it with `runbook lab`"):
        alone.gate(alone.plan())

    monkeypatch.setattr("runbook_lib.runbook.gating.live.has_front_end", lambda: False)
    assert ("Jo Rivera",) == tuple(each.by for each in alone.gate(alone.plan()).approvals)


def test_second_apply_writes_nothing(desk: Desk) -> None:
    """The cell is run again, or another notebook was opened before the first one wrote."""
    run, other = desk.opened(), desk.opened()
    gate, theirs = run.gate(run.plan()), other.gate(other.plan())
    approved(gate), approved(theirs)
    applied(run, gate)
    writes = desk.target.writes

    again = applied(run, gate), applied(other, theirs)

    assert [{"applied"}] * 2 == list(map(outcomes, again))
    assert writes == desk.target.writes


def test_restart_keeps_what_was_approved(desk: Desk) -> None:
    """A kernel that is started anew between the two cells finds the approval, and says who gave it."""
    before = desk.opened()
    given = approved(before.gate(before.plan()))
    run = desk.opened()
    gate = run.gate(run.plan())

    assert given.approvals == gate.approvals
    assert {"applied"} == outcomes(applied(run, gate))


def test_restart_in_the_middle_goes_on(desk: Desk) -> None:
    """What was stopped between two writes goes on under the same approval, and writes nothing twice."""
    before = desk.opened()
    gate = before.gate(before.plan())
    approved(gate)
    desk.target.after_write = lambda number: before.stop() if number == 1 else None
    assert {"applied", "withheld"} == outcomes(applied(before, gate))
    run = desk.opened()
    rest = run.gate(run.plan())
    receipt = applied(run, rest)
    run.close()

    assert rest.approvals == receipt.approvals
    assert {"applied"} == outcomes(receipt)
    assert len(gate.plan.changes) == desk.target.writes
    assert [] == flaws(desk)


def test_approval_is_used_once(desk: Desk) -> None:
    """What somebody takes away after everything was applied is approved anew, though the plan has the same digest."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    run.close()
    desk.target.things.clear()
    desk.target.ours.clear()
    later = desk.opened()
    plan = later.plan()

    assert plan.digest == gate.plan.digest
    assert () == later.gate(plan).approvals


@pytest.mark.parametrize("is_closed", [False, True])
def test_digest_in_its_cell_is_used_once(desk: Desk, *, is_closed: bool) -> None:
    """Left there, it does not apply again what somebody took away since, in the same record or the next: the gate asks, and says why."""
    digest = desk.opened().plan().digest
    run = desk.opened(approve=digest)
    applied(run, run.gate(run.plan()))
    run.close()
    if is_closed:
        statement.close(Record(desk.records[-1].parent), None)
    writes = desk.target.writes
    desk.target.things.clear()
    desk.target.ours.clear()

    later = desk.opened(approve=digest)
    gate = later.gate(later.plan())
    assert (digest, {"withheld"}, writes) == (gate.plan.digest, outcomes(applied(later, gate)), desk.target.writes)
    assert "was carried out already" in dict(asked(gate).facts)["The digest in the cell"]

    approved(gate)
    assert {"applied"} == outcomes(applied(later, gate))


def test_approval_is_used_once_also_without_evidence(desk: Desk) -> None:
    """Undone before the Evidence cell was run: neither the same cell nor a kernel started anew applies it again."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    writes = desk.target.writes
    desk.target.things.clear()
    desk.target.ours.clear()

    assert {"withheld"} == outcomes(applied(run, gate))
    later = desk.opened()
    asks = later.gate(later.plan())
    assert ((), {"withheld"}) == (asks.approvals, outcomes(applied(later, asks)))
    assert writes == desk.target.writes

    approved(asks)
    assert {"applied"} == outcomes(applied(later, asks))
    later.close()
    assert [] == flaws(desk)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_was_undone_before_the_evidence_leaves_a_sound_record(desk: Desk, *, is_restarted: bool) -> None:
    """The receipt of what was written is made up for, beside that of what was withheld."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    desk.target.things.clear()
    desk.target.ours.clear()
    if is_restarted:
        run = desk.opened()
        gate = run.gate(run.plan())
    applied(run, gate)
    run.verify(), run.close()

    assert [] == flaws(desk)


def test_restart_before_the_evidence_still_comes_to_a_receipt(desk: Desk) -> None:
    """Who died between the last write and the Evidence cell has the receipt written by the next run, under the approval."""
    before = desk.opened()
    gate = before.gate(before.plan())
    given = approved(gate)
    applied(before, gate)
    writes = desk.target.writes
    run = desk.opened()
    receipt = applied(run, run.gate(run.plan()))
    run.close()

    assert (given.approvals, {"applied"}, writes) == (receipt.approvals, outcomes(receipt), desk.target.writes)
    assert [] == flaws(desk)


def test_file_changed_after_the_approval_is_refused(desk: Desk) -> None:
    """Whoever changes the file between the gate and the next cell has the last word: nothing is written by what it said before."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    file = desk.folder / "parameters" / "any.yaml"
    file.write_text(file.read_text("utf-8") + signed_by_jo(desk.folder), "utf-8")

    with pytest.raises(RunbookError, match="was changed after this notebook read it"):
        applied(run, gate)
    assert 0 == desk.target.writes


def test_somebody_elses_change_is_refused_by_name(desk: Desk) -> None:
    """What was changed after the approval stops apply before the first write."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    role = next(each.after for each in gate.plan.changes if isinstance(each.after, Role))
    desk.target._make(Change(before=None, after=role.model_copy(update={"path": "/other/"})))

    with pytest.raises(Exception, match=role.address):
        applied(run, gate)
    assert 0 == desk.target.writes


def test_another_plan_asks_anew(desk: Desk) -> None:
    """An approval does not cover what is planned differently by now: the gate asks again, and the record holds both answers."""
    run = desk.opened()
    approved(run.gate(run.plan()))
    role = next(each.after for each in run.plan().changes if isinstance(each.after, Role))
    desk.target._make(Change(before=None, after=role))
    desk.target._make(Change(before=role, after=role.model_copy(update={"tags": (*role.tags[:-1],)})))

    gate = run.gate(run.plan())

    assert () == gate.approvals
    assert approved(gate).approvals


def test_while_another_run_writes_nothing_is_applied(desk: Desk) -> None:
    """Who approves while somebody else writes is told who that is."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)

    with (desk.folder / "runs" / "staging" / lock.FILE).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Locked):
            applied(run, gate)
    assert {"applied"} == outcomes(applied(run, gate))


def test_closed_record_takes_no_approval(desk: Desk) -> None:
    """What is closed stays as it was stated: neither an approval nor a write is added, and a notebook opened anew begins another."""
    run = desk.opened()
    gate = run.gate(run.plan())
    applied(run, gate)
    run.close()
    statement.close(Record(desk.records[-1].parent), None)

    with pytest.raises(ApprovalRefused, match=ANEW):
        approved(gate)
    with pytest.raises(ApprovalRefused, match=ANEW):
        applied(run, gate)
    anew = desk.opened()
    assert approved(anew.gate(anew.plan())).approvals


def signed(desk: Desk, monkeypatch: pytest.MonkeyPatch, *stages: str) -> tuple[StageRun, Gate]:
    """Have what Lee planned signed by Jo for eight hours, and open its gate."""
    monkeypatch.setattr("runbook_lib.views.notebook_page.notebook_html", lambda _path: "")
    file = desk.folder / "parameters" / "any.yaml"
    plan = headless.carry_out(file, "plan", stages=stages or (SLUG,), by="Lee Chan", execute=cells.papermill)
    approving.approve([str(plan.record.folder)], key=str(desk.folder / "jo.pem"), acknowledge=("*",), expires="8h")
    run = desk.opened(approve=plan.plan.digest)
    return run, run.gate(run.plan())


@pytest.mark.parametrize("desk", [True], indirect=True)
@pytest.mark.parametrize("is_alone", [False, True], ids=["steps", "alone"])
def test_a_signature_counts_until_all_of_it_was_applied(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, is_alone: bool) -> None:
    """Run again as it is, nothing is asked and nothing refused; what was undone since waits for another signature, and that is said."""
    run, gate = signed(desk, monkeypatch)
    digest = run._setting.approve
    if is_alone:
        monkeypatch.chdir(desk.folder)
        run = desk.opened(approve=digest)
        given = run.gate(run.plan())
    else:
        given = approved(gate, "staging")
    assert {"applied"} == outcomes(applied(run, given))
    run.verify()
    run.close()

    again = desk.opened(approve=digest)
    gate = again.gate(again.plan())
    assert ((), None, set()) == (gate.approvals, gate.asking, outcomes(applied(again, gate)))

    desk.target.things.clear()
    desk.target.ours.clear()
    undone = desk.opened(approve=digest)
    with pytest.raises(ApprovalRefused, match=r"the approval by Jo Rivera was used up by 2.*; plan again, and let an approver sign"):
        approved(undone.gate(undone.plan()), "staging")


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_a_stage_that_changes_nothing_refuses_no_used_up_signature(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on with the same digest once all that it changes was applied needs no approval, and is asked for none."""
    run, gate = signed(desk, monkeypatch, SLUG, "preflight")
    applied(run, approved(gate, "staging"))

    other = open_stage("preflight", {"approve": run._setting.approve})
    gate = other.gate(other.plan())
    assert ((), None) == (gate.approvals, gate.asking)


@pytest.mark.parametrize("desk", [True], indirect=True)
@pytest.mark.parametrize("stages", [(SLUG,), ("storage", SLUG)], ids=["stage", "environment"])
def test_a_signed_digest_in_its_cell_waits_for_the_name(desk: Desk, monkeypatch: pytest.MonkeyPatch, stages: tuple[str, ...]) -> None:
    """Signature and digest apply nothing until the name was typed at the gate; then they count, also after a restart."""
    run, gate = signed(desk, monkeypatch, *stages)

    assert ((), "staging") == (gate.approvals, asked(gate).name)
    assert "takes its name as well" in dict(asked(gate).facts)["The digest in the cell"]
    assert {"withheld"} == outcomes(applied(run, gate))
    with pytest.raises(ApprovalRefused, match="'production' was typed"):
        approved(gate, "production")
    given = approved(gate, "staging")
    assert ("Jo Rivera", run._setting.approve) == (given.approvals[0].by, given.approvals[0].digest)
    again = desk.opened(approve=run._setting.approve)
    assert {"applied"} == outcomes(applied(again, again.gate(again.plan())))
    again.verify(), again.close()
    assert [] == flaws(desk)


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_a_digest_without_a_signature_is_refused_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked for a name where it would not do; nor does it do to acknowledge everything unattended."""
    plan = desk.opened().plan()

    with pytest.raises(ApprovalRefused, match="one that an approver signs"):
        desk.opened(approve=plan.digest, acknowledge=" ".join(each.address for each in plan.changes)).gate(plan)
    monkeypatch.chdir(desk.folder)
    with pytest.raises(ApprovalRefused, match="one that an approver signs"):
        desk.opened(approve=plan.digest, acknowledge="*").gate(plan)


def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a day pass."""
    at = later(now(), timedelta(days=1))
    for each in ("gating", "stepping"):
        monkeypatch.setattr(f"runbook_lib.runbook.{each}.now", lambda: at)


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_expired_between_gate_and_apply_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads until the next day has to have it approved again, in the same kernel and in another one."""
    run, gate = signed(desk, monkeypatch)
    gate = approved(gate, "staging")
    tomorrow(monkeypatch)

    with pytest.raises(ApprovalRefused, match="expired at"):
        applied(run, gate)
    again = desk.opened()
    assert () == again.gate(again.plan()).approvals
    assert 0 == desk.target.writes


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_rejected_between_gate_and_apply_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rejection counts until the first write."""
    run, gate = signed(desk, monkeypatch)
    gate = approved(gate, "staging")
    plan = next(each.parent for each in desk.records if "-plan-" in each.parent.name)
    approving.reject([str(plan)], reason="too wide", key=str(desk.folder / "jo.pem"))

    with pytest.raises(ApprovalRefused, match="was rejected by Jo Rivera: too wide"):
        applied(run, gate)
    assert 0 == desk.target.writes


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_record_of_steps_without_its_approvals_is_broken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a consent that nobody signed is sound, nor one by somebody who planned it."""
    run, gate = signed(desk, monkeypatch)
    applied(run, approved(gate, "staging"))
    run.verify()
    run.close()
    record = next(each.parent for each in desk.records if "-step-" in each.parent.name)
    path = record / "steps" / f"{SLUG}-consent.json"
    text = path.read_text("utf-8")
    statement.close(Record(record), None)
    found = []
    changes: tuple[dict[str, list[str]], ...] = ({}, {"signed": [], "approvals": []}, {"planned_by": ["jo rivera"]})
    for change in changes:
        path.write_text(json.dumps({**json.loads(text), **change}), "utf-8")
        found.append([each.what for each in verify(record).flaws if each.weight != "note" and each.file.startswith("steps/")])

    assert ["was changed: its SHA-256 is not the stated one"] == found[0]
    assert [each for each in found[1] if "no approval counts" in each]
    assert [each for each in found[2] if "is by somebody who planned it" in each]

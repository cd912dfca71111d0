"""What no approver said of this very plan counts nowhere: a run does not take it, and an audit finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from runbook_lib.evidence import approvals
from runbook_lib.evidence.signing import FileKey
from runbook_lib.model import Approval
from tests import records
from tests.approving import ADA, JO, KIM, approve, approved_house, planned, private, refused
from tests.records import House

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", ["plan.json", "parameters.yaml", "index.html"])
def test_only_what_was_stated_is_approved(house: House, name: str) -> None:
    """A plan that was changed after its record was closed, or beside its page, is not what anybody read."""
    record, _ = planned(house)
    with (record / name).open("a", encoding="utf-8") as file:
        file.write("\n")

    assert f"holds another {name} than its statement covers" in refused(lambda: approve(house, record))


@pytest.mark.parametrize("files", [("parameters.yaml",), ("parameters.yaml", "parameters.json")], ids=["file", "both"])
def test_an_audit_finds_approvers_that_were_put_in_the_place_of_others(house: House, files: tuple[str, ...]) -> None:
    """Whoever states a record anew, with an approver's key of his own in it, is found: every plan binds the parameters."""
    record, digest = planned(house)
    approval = approve(house, record)
    folder = house.run("apply", approve=digest).record.folder
    jo, kim = (_inline(private(house.home, name).with_suffix(".pub.pem")) for name in (JO, KIM))
    forged = approval.model_copy(update={"key": FileKey(private(house.home, KIM)).name})
    for name in files:
        text = (folder / name).read_text("utf-8")
        assert jo in text
        (folder / name).write_text(text.replace(jo, kim), "utf-8")
    (folder / "approval.json").write_bytes(_signed(forged, house.home, KIM))
    for path in (*folder.glob("stages/*.json"), folder / "receipt.json"):
        path.write_text(path.read_text("utf-8").replace(approval.key, forged.key), "utf-8")
    records.restate(folder)

    said = " ".join(records.flaws(folder))
    assert ("says something else of approvers[0].key than parameters.json" if len(files) == 1 else "is a plan for other parameters") in said


def test_an_audit_misses_the_parameters_that_a_plan_binds(house: House) -> None:
    """A record without them is told of: nobody knows what was planned for."""
    record, _ = planned(house)
    (record / "parameters.json").unlink()
    records.restate(record)

    assert any("parameters.json" in each and "is missing" in each for each in records.flaws(record))


def _inline(path: Path) -> str:
    return "".join(path.read_text("utf-8").split("-----")[2].split())


def _signed(approval: Approval, home: Path, name: str) -> bytes:
    return approvals.written(approval, FileKey(private(home, name))).encode()


FORGED: dict[str, Callable[[Approval, Path], bytes]] = {
    "signed with another key": lambda one, home: _signed(one, home, KIM),
    "by an approver whom nobody lists": lambda one, home: _signed(
        one.model_copy(update={"key": FileKey(private(home, KIM)).name, "by": KIM}), home, KIM
    ),
    "in another's name": lambda one, home: _signed(one.model_copy(update={"by": ADA}), home, JO),
    "not signed": lambda one, _home: approvals.written(one, None).encode(),
    "without a key": lambda one, _home: approvals.written(one.model_copy(update={"key": ""}), None).encode(),
    "of another plan": lambda one, home: _signed(one.model_copy(update={"digest": "0" * 64}), home, JO),
    "of another environment": lambda one, home: _signed(one.model_copy(update={"environment": "production"}), home, JO),
    "for ever": lambda one, home: _signed(one.model_copy(update={"expires": ""}), home, JO),
    "in time to come": lambda one, home: _signed(
        one.model_copy(update={"at": "9999-12-30T00:00:00.000Z", "expires": "9999-12-31T00:00:00.000Z"}), home, JO
    ),
    "at no time": lambda one, home: _signed(one.model_copy(update={"at": "soon"}), home, JO),
    "until a time that compares otherwise": lambda one, home: _signed(one.model_copy(update={"expires": one.expires[:-1]}), home, JO),
    "with a space more": lambda one, home: _signed(one, home, JO) + b" ",
    "no envelope": lambda _one, _home: b"{}",
    "no JSON": lambda _one, _home: b"\xff",
}


@dataclass(frozen=True)
class Signed:
    """Hold a house with a plan that was approved, for tests that put something else in the place of that approval."""

    house: House
    record: Path
    digest: str
    approval: Approval


def signed(home: Path) -> Signed:
    """Plan, and approve the plan."""
    house = approved_house(home)
    record, digest = planned(house)
    return Signed(house, record, digest, approve(house, record))


@pytest.fixture(scope="module")
def signed_plan(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """Approve a plan that is not applied."""
    return signed(tmp_path_factory.mktemp("signed") / "house")


@pytest.fixture(scope="module")
def signed_run(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """Approve a plan and apply it; the record is that of the run."""
    made = signed(tmp_path_factory.mktemp("applied") / "house")
    return replace(made, record=made.house.run("apply", approve=made.digest).record.folder)


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_approval_does_not_count(signed_plan: Signed, forge: Callable[[Approval, Path], bytes]) -> None:
    """What is not an approver's word for this plan applies nothing, and an audit of the plan's record finds it or an apply's would."""
    house = signed_plan.house
    (signed_plan.record / "approval.json").write_bytes(forge(signed_plan.approval, house.home))

    assert "no approval counts" in refused(lambda: house.run("apply", approve=signed_plan.digest))
    assert 0 == house.target.writes


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_an_audit_finds_what_a_run_should_not_have_taken(signed_run: Signed, forge: Callable[[Approval, Path], bytes]) -> None:
    """Put into the record of a run and stated anew, a forged approval is broken."""
    (signed_run.record / "approval.json").write_bytes(forge(signed_run.approval, signed_run.house.home))
    records.restate(signed_run.record)

    assert [each for each in records.flaws(signed_run.record) if "approval.json" in each]

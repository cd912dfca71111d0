"""Approve or reject what records planned: everything is looked at first, and nothing is written while anything is wrong."""

from __future__ import annotations

import getpass
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib import place
from runbook_lib.engine.approving import Case, acknowledged, flaws, later, refusals, unsigned
from runbook_lib.errors import ApprovalRefused, InvalidParameters, PlanDrifted, Problem
from runbook_lib.evidence import Record
from runbook_lib.evidence.approvals import read, refuse_rejected, signers, stored, written
from runbook_lib.evidence.approved import planned_alone, refuse_changed, unstated
from runbook_lib.evidence.signing import FileKey
from runbook_lib.evidence.strict import Unsound
from runbook_lib.model import Approval, EnvironmentPlan, Rejection
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runbook_lib.parameters import Environment
    from runbook_lib.ports import SigningKey

MEND = "read the plan; say --acknowledge ADDRESS for each risky change that is meant (* stands for any text); mend the rest, or plan again"
NAME_IT = "runbook plan ENV makes one (with --stage of one stage); name its folder, ENV/NAME of it in the record store, or ENV/DIGEST"
DIGEST = re.compile(r"[0-9a-f]{64}")
LASTING = re.compile(r"(?P<number>[1-9][0-9]{0,3})(?P<unit>[hd])")


@dataclass(frozen=True)
class Planned:
    """Hold a record with its plan, and the environment as its parameter file is now."""

    record: Record
    plan: EnvironmentPlan
    records: Records

    @property
    def environment(self) -> Environment:
        """Give the environment."""
        return self.records.environment


@dataclass(frozen=True)
class Signer:
    """Hold who signs: his name, his key's name and the key; both are empty where nobody has to sign."""

    by: str
    name: str = ""
    key: SigningKey | None = None


def approve(
    names: Sequence[str], *, by: str = "", key: str = "", acknowledge: Sequence[str] = (), expires: str = ""
) -> tuple[tuple[Path, Approval], ...]:
    """Approve the plans of records, one approval each.

    Raises ApprovalRefused with everything that stands against any of them, InvalidParameters when a record or a time is none.
    """
    at, problems = now(), list[str]()
    ready: list[tuple[Planned, Approval, str]] = []
    for each in map(_planned, names):
        signer = _signer(each.environment, by, key, about_key := list[str]())
        approval = Approval(
            digest=each.plan.digest, environment=each.environment.environment, by=signer.by, at=at, key=signer.name,
            expires=later(at, _lasting(expires, each.environment)), acknowledged=acknowledged(each.plan, acknowledge),
        )  # fmt: skip
        problems += about_key
        problems += [f"{each.record.folder.name} {what}" for what in _against(each, approval, is_key_told=bool(about_key))]
        ready.append((each, approval, "" if problems else _signed(approval, signer, each, problems)))
    _refuse(problems, MEND)
    return tuple((each.records.add(each.record, "approval", text), approval) for each, approval, text in ready)


def reject(names: Sequence[str], *, reason: str, by: str = "", key: str = "") -> tuple[tuple[Path, Rejection], ...]:
    """Reject the plans of records: they are not applied until somebody plans them again. Raises as `approve` does."""
    at, problems = now(), list[str]()
    ready: list[tuple[Planned, Rejection, str]] = []
    for each in map(_planned, names):
        signer = _signer(each.environment, by, key, problems)
        rejection = Rejection(
            digest=each.plan.digest, environment=each.environment.environment, by=signer.by, at=at, reason=reason, key=signer.name
        )
        ready.append((each, rejection, "" if problems else _signed(rejection, signer, each, problems)))
    _refuse(problems, "sign with the private key of an approver: --key PRIVATE.pem")
    return tuple((each.records.add(each.record, "rejection", text), rejection) for each, rejection, text in ready)


def way_on(name: str, approval: Approval) -> str:
    """Say what follows after an approval of a record's plan: the command that applies it, or how many have signed yet."""
    each = _planned(name)
    known, facts = stored(each.records.store, each.environment, approval.digest), each.record.facts
    case = Case(approval.digest, each.plan, each.environment, known.planners, approval.at)
    if reasons := refusals([one.approval for one in known.approvals], case):
        return f"{reasons[0]}: the next one signs the same record"
    verb = "destroy" if facts.verb == "destroy" else "apply"
    return f"runbook {verb} {facts.target or facts.environment} --approve {approval.digest}"


def file_of(name: str) -> Path:
    """Find the parameter file of a record, which is named by its folder or as ENV/NAME. Raises InvalidParameters."""
    folder = Path(name)
    target = Record(folder).facts.target if (folder / "run.json").is_file() else name.rpartition("/")[0]
    if not target:
        raise InvalidParameters(name, [Problem(0, "", "there is no such record", NAME_IT)])
    return place.parameter_file(target.strip("'"))


def _planned(name: str) -> Planned:
    """Find a plan by its record's folder, ENV/NAME or ENV/DIGEST, with its parameter file; learn first what was said elsewhere.

    Raises InvalidParameters, and ApprovalRefused where there is no such plan.
    """
    from runbook_lib.parameters.load import load

    folder = Path(name)
    records = Records(load(file_of(name)))
    records.synchronise()
    last = name.rpartition("/")[2]
    found = planned_alone(records.store, records.environment, last) if DIGEST.fullmatch(last) else None
    record = found or Record(folder if (folder / "run.json").is_file() else records.folder / last)
    path = record.folder / "plan.json"
    if not path.is_file():
        raise ApprovalRefused(name, "holds no plan", NAME_IT)
    if record.facts.environment != records.environment.environment:
        way_out = f"its parameter file names {records.environment.environment}: put the name back, or plan again"
        raise ApprovalRefused(name, f"is a record of {record.facts.environment}", way_out)
    return Planned(record, EnvironmentPlan.model_validate_json(path.read_text("utf-8")), records)


def _against(each: Planned, approval: Approval, *, is_key_told: bool) -> Iterator[str]:
    """Say everything that stands against approving a plan, but for what is told of the key already."""
    environment, facts = each.environment, each.record.facts
    known = stored(each.records.store, environment, each.plan.digest)
    yield from (f"holds another {name} than its statement covers" for name in unstated(each.record))
    if (each.record.folder / "approved.json").exists():
        yield "is of a run that was approved already: approve the record of a plan"
    yield from _raised(lambda: refuse_changed(each.record, environment))
    yield from _raised(lambda: refuse_rejected(known, environment))
    yield from (f"leaves {one.address} alone, which {one.reason}" for plan in each.plan.plans for one in plan.contested)
    if later(facts.started, timedelta(days=environment.approval_days)) <= approval.at:
        yield f"was planned at {facts.started}, more than {environment.approval_days} days ago"
    if any(approval.key and one.approval.key == approval.key and one.approval.expires > approval.at for one in known.approvals):
        yield f"is approved by {approval.by} already, and one key counts once"
    case = Case(each.plan.digest, each.plan, environment, known.planners | ({facts.by} - {""}), approval.at)
    told = set(unsigned(approval, case)) if is_key_told else set()
    yield from (flaw for flaw in flaws(approval, case) if flaw not in told)


def _raised(question: Callable[[], None]) -> Iterator[str]:
    try:
        question()
    except (ApprovalRefused, PlanDrifted) as refusal:
        yield f"is refused: {refusal.what}"


def _signer(environment: Environment, by: str, key: str, problems: list[str]) -> Signer:
    """Find who signs, among the approvers that the file names."""
    listed = {each.fingerprint: each.name for each in environment.approvers}
    if not key:
        if listed:
            problems.append(f"{environment.environment} asks for a signature: give --key PRIVATE.pem")
        return Signer(by or getpass.getuser())
    if key.startswith("arn:"):
        from runbook_lib.adapters.aws.signing import KmsKey

        name = next((one for one, who in listed.items() if who == by), "")
        return Signer(by, name, KmsKey(environment, key))
    private = FileKey(Path(key), "--key")
    if private.name not in listed:
        problems.append(f"the key {private.name[:12]} is none of approvers in {environment.environment}")
    elif by not in ("", listed[private.name]):
        problems.append(f"the key is that of {listed[private.name]}, not of {by}")
    return Signer(listed.get(private.name, by), private.name, private)


def _signed(value: Approval | Rejection, signer: Signer, each: Planned, problems: list[str]) -> str:
    """Sign, and check what was signed: a key that KMS holds may be another than the file names."""
    text = written(value, signer.key)
    try:
        read("approval" if isinstance(value, Approval) else "rejection", text.encode(), signers(each.environment))
    except Unsound as error:
        problems.append(f"{each.record.folder.name} {error}: with a key of KMS, say --by NAME as approvers does")
    return text


def _lasting(text: str, environment: Environment) -> timedelta:
    """Read how long an approval counts. Raises InvalidParameters."""
    if not text:
        return timedelta(days=environment.approval_days)
    if (match := LASTING.fullmatch(text)) is None:
        raise InvalidParameters("--expires", [Problem(0, "", f"{text!r} is no time", "write hours or days, such as 8h or 2d")])
    return timedelta(**{"hours" if match["unit"] == "h" else "days": int(match["number"])})


def _refuse(problems: Sequence[str], way_out: str) -> None:
    if problems:
        raise ApprovalRefused("approval", "; ".join(dict.fromkeys(problems)), way_out)

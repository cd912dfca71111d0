"""Keep approvals and rejections as statements beside the plan that they are for, and read back those that hold.

Each is an in-toto Statement v1 about the plan's digest in a DSSE envelope, signed by its approver where the parameter file names approvers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from runbook_lib.engine.approving import acknowledged, is_time, sufficient
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import statement
from runbook_lib.evidence.approved import planned
from runbook_lib.evidence.record import LATER, records
from runbook_lib.evidence.signing import PublicKey
from runbook_lib.evidence.spent import spent
from runbook_lib.evidence.strict import Unsound, opened
from runbook_lib.model import Approval, Rejection, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from runbook_lib.engine.approving import Case
    from runbook_lib.evidence.record import Record
    from runbook_lib.evidence.spent import Done
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import SigningKey

KINDS: dict[str, type[Approval | Rejection]] = {"approval": Approval, "rejection": Rejection}
TYPE = "urn:redshift-runbook:{}:1"
"""Documented in docs/evidence.md."""


class Kept(NamedTuple):
    """Hold an approval with the file that says it."""

    approval: Approval
    text: str


@dataclass(frozen=True)
class Stored:
    """Hold what a record store has about one digest: approvals that came after the newest rejection, and who planned it.

    `rejection` is one after which nobody planned again; `unsound` says which files do not count, and why; `used_up` are approvals under
    which all was made already, with where that was.
    """

    approvals: tuple[Kept, ...]
    planners: frozenset[str]
    rejection: Rejection | None
    unsound: tuple[str, ...]
    used_up: tuple[tuple[Kept, Done], ...] = ()

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Say of everything that does not count why."""
        return (*self.unsound, *(_used_up(*each) for each in self.used_up))


def written(value: Approval | Rejection, key: SigningKey | None) -> str:
    """Write an approval or a rejection, signed where a key is given. Raises TargetError."""
    payload = _payload(value)
    return canonical(statement.envelope(payload, value.key, key.sign(statement.pae(payload)) if key is not None else b""))


def read(name: str, octets: bytes, signers: Mapping[str, str]) -> Approval | Rejection:
    """Read the one that a file's name promises, if its signature holds; `signers` are public keys by their names. Raises Unsound."""
    found = opened(octets)
    try:
        body, (subject,) = dict(found.said["predicate"]), found.said["subject"]
        value = KINDS[name.partition(".")[0]].model_validate(
            {**body, "environment": subject["name"], "digest": subject["digest"]["sha256"]}
        )
    except (KeyError, TypeError, ValueError, ValidationError):
        raise Unsound("holds no approval or rejection of this version") from None
    if not all(map(is_time, _times(value))):
        raise Unsound("holds a time that is none, or in another form")
    if _payload(value) != found.payload:
        raise Unsound("says something else than its name promises, or says it in another form")
    if [name for name, _ in found.signatures] != ([value.key] if value.key else []):
        raise Unsound("is not signed by the key that it names")
    if value.key and value.key not in signers:
        raise Unsound(f"is signed by the key {value.key[:12]}, which approvers does not list")
    if value.key and not PublicKey(signers[value.key]).verifies(statement.pae(found.payload), found.signatures[0][1]):
        raise Unsound("is not signed by the key that it names, or was changed since")
    return value


def signers(environment: Environment) -> dict[str, str]:
    """Give the approvers' keys by their names."""
    return {each.fingerprint: each.key for each in environment.approvers}


def given(record: Record, environment: Environment) -> tuple[Approval, ...]:
    """Read the approvals that a run was given. Raises ApprovalRefused when one does not hold."""
    return tuple(each.approval for each in kept(record, environment))


def kept(record: Record, environment: Environment) -> tuple[Kept, ...]:
    """Read them with the files that say them. Raises ApprovalRefused when one does not hold."""
    unsound: list[str] = []
    found = tuple(_approvals(_read(record, environment, unsound)))
    if unsound:
        raise ApprovalRefused(str(record.folder), "; ".join(unsound), "start a new run")
    return found


def stored(store: Path, environment: Environment, digest: str) -> Stored:
    """Collect what is known of a digest from every record that planned it and was given no approval itself."""
    unsound: list[str] = []
    said: list[tuple[Approval | Rejection, str]] = []
    planners: set[str] = set()
    newest = ""
    for record in records(store, environment.environment):
        facts = record.facts
        by = {facts.by, _signer(record.folder)} - {""}
        # Names tell seconds and then chance: of two plans of one second the later may come last.
        is_worth_it = facts.started > newest or not by <= planners or any(LATER.fullmatch(path.name) for path in record.folder.iterdir())
        if not is_worth_it or (record.folder / "approved.json").exists() or planned(record, digest) is None:
            continue
        newest = max(newest, facts.started)
        planners |= by
        said += _read(record, environment, unsound)
    rejections = [each for each, _ in said if isinstance(each, Rejection)]
    last = max(rejections, key=lambda each: each.at, default=None)
    approvals = tuple(each for each in _approvals(said) if last is None or each.approval.at > last.at)
    gone = spent(store, environment.environment, digest, (each.approval for each in approvals))
    return Stored(
        tuple(each for each in approvals if each.approval not in gone),
        frozenset(planners),
        last if last is not None and last.at >= newest else None,
        tuple(unsound),
        tuple((each, gone[each.approval]) for each in approvals if each.approval in gone),
    )


def grant(found: Stored, case: Case, *, by: str, acknowledge: Iterable[str]) -> tuple[Kept, ...]:
    """Give the approvals under which a plan may be applied.

    Whoever names its digest (`by`, unless it is empty) approves it with that, where nobody has to sign. Raises ApprovalRefused with
    everything for which they do not suffice.
    """
    own = Approval(
        digest=case.digest,
        environment=case.environment.environment,
        by=by,
        at=case.at,
        acknowledged=acknowledged(case.approved, acknowledge),
    )
    refuse_rejected(found, case.environment)
    mine = () if case.environment.approvers or not by else (Kept(own, written(own, None)),)
    candidates = (*found.approvals, *mine)
    try:
        sound = sufficient([each.approval for each in candidates], case)
    except ApprovalRefused as refusal:
        what = "; ".join((refusal.what, *found.passed_over))
        anew = "plan again, and " if found.used_up else ""
        raise ApprovalRefused(refusal.where, what, f"{anew}{refusal.way_out}") from None
    return tuple(each for each in candidates if each.approval in sound)


def newest(store: Path, environment: Environment, target: str) -> str:
    """Give the digest of the newest plan, where somebody approved it at any time: what was planned later than that is another matter.

    Raises ApprovalRefused, whose way out names the parameter file by `target`.
    """
    name = environment.environment
    # Names tell seconds and then chance: of two plans of one second the later may come first.
    for record in sorted(records(store, name), key=lambda each: each.facts.started, reverse=True):
        plan = record.plan() if record.facts.verb == "plan" else None
        if plan is not None:
            found = stored(store, environment, plan.digest)
            refuse_rejected(found, environment)
            if found.approvals or found.used_up:
                return plan.digest
            what = f"its newest plan is that of {record.folder.name}, which nobody approved"
            raise ApprovalRefused(name, what, f"read it, then: runbook approve {target}/{record.folder.name}")
    raise ApprovalRefused(name, "the record store holds no plan", f"runbook plan {target}, read it, and runbook approve what it leaves")


def planners(store: Path, environment: Environment, digest: str) -> tuple[str, ...]:
    """Name who made the plan of a digest, and the key that his records are signed with."""
    return tuple(sorted(stored(store, environment, digest).planners))


def refuse_rejected(found: Stored, environment: Environment) -> None:
    """Raise ApprovalRefused where somebody rejected the plan, or where a rejection cannot be read."""
    damaged = [each for each in found.unsound if "/rejection" in each]
    if found.rejection is not None or damaged:
        by, reason = (found.rejection.by, found.rejection.reason) if found.rejection is not None else ("somebody", "; ".join(damaged))
        way_out = "mend what it says, plan again, and have that approved"
        raise ApprovalRefused(environment.environment, f"the plan was rejected by {by}: {reason}", way_out)


def refuse_used_up(found: Stored, given: Iterable[str], environment: Environment) -> None:
    """Raise ApprovalRefused where one of the approvals that a run was given, as they are kept, was used up meanwhile."""
    texts = frozenset(given)
    if gone := [_used_up(*each) for each in found.used_up if each[0].text in texts]:
        raise ApprovalRefused(environment.environment, "; ".join(gone), "plan again, and have what is left approved")


def _used_up(kept: Kept, done: Done) -> str:
    return f"the approval by {kept.approval.by} was used up by {done.record}, which had applied all of it at {done.at}"


def _approvals(said: Iterable[tuple[Approval | Rejection, str]]) -> Iterator[Kept]:
    return (Kept(each, text) for each, text in said if isinstance(each, Approval))


def _read(record: Record, environment: Environment, unsound: list[str]) -> list[tuple[Approval | Rejection, str]]:
    """Read what lies beside a plan, and note what does not hold."""
    known, found = signers(environment), []
    for path in sorted(record.folder.iterdir()):
        if not LATER.fullmatch(path.name):
            continue
        try:
            octets = path.read_bytes()
            found.append((read(path.name, octets, known), octets.decode()))
        except (OSError, Unsound) as error:
            unsound.append(f"{record.folder.name}/{path.name} {error}")
    return found


def _times(value: Approval | Rejection) -> Iterator[str]:
    yield value.at
    if isinstance(value, Approval) and value.expires:
        yield value.expires


def _payload(value: Approval | Rejection) -> bytes:
    body: dict[str, Any] = value.model_dump(mode="json")
    subject = [{"name": body.pop("environment"), "digest": {"sha256": body.pop("digest")}}]
    stem = next(name for name, each in KINDS.items() if isinstance(value, each))
    said = {"_type": statement.STATEMENT_TYPE, "subject": subject, "predicateType": TYPE.format(stem), "predicate": body}
    return canonical(said).encode()


def _signer(folder: Path) -> str:
    """Name the key that signs a plan's record: whoever has it planned."""
    path = statement.newest(folder)
    try:
        return str(opened(path.read_bytes()).said["predicate"]["signer"]) if path is not None else ""
    except (OSError, Unsound, KeyError, TypeError):
        return ""

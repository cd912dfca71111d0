"""Verdicts on the call ledger: what the product needs is allowed, what must be refused is refused, and nothing stands there without use.

Under the documented style what the vendor's own documents lack or allow too much of is known, and said with what closes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.buckets import TLS_SID
from runbook_lib.documents.keys import KEY_STATEMENT_SID, queue_keys
from runbook_lib.documents.policies import EXTRA, NAMES
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.deciding import OF_RESOURCES
from runbook_lib.documents.proof.gaps import idle, leaked, missed
from runbook_lib.documents.proof.ledger import Call, Probe, is_due
from runbook_lib.documents.proof.matrix import Matrix, matrix
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import KeyStatement
from runbook_lib.resources.s3 import BucketStatement
from runbook_lib.stages._calls import group_of, installed
from runbook_lib.stages._judging import advised, broken, kept, unknown
from runbook_lib.views.shown import Sufficiency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.documents.proof.gaps import Gap
    from runbook_lib.documents.proof.matrix import Line
    from runbook_lib.model import Grade, Inventory, Judgement
    from runbook_lib.parameters import Environment
    from runbook_lib.stages._calls import Group

OFFLINE: Grade = "evaluated offline"
NOBODY: dict[str, str] = {"lambda": "V2 has no Lambda role", "key": "no queue is encrypted with a customer managed key"}
APPLY = {"server": "apply 50_server_role", "lambda": "apply 40_lambda_role", "key": "apply 30_encryption"}
LIVE = "let a job of the product show it, or have AWS simulate it"
KNOWN = "known vendor gap"
SCOPED = "policy_style: scoped"
SCOPED_IDLE = f"{SCOPED} leaves out what has no effect, and sets apart as VendorListed what only the vendor lists"


def judged(group: Group) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Judge the lines that a group's policies decide."""

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        ideal = matrix(env, wanted(env), lambda line: group_of(line) == group)
        if not ideal.calls:
            yield kept(NOBODY[group], grade="")
            return
        found = matrix(env, installed(env, inventory, group), lambda line: group_of(line) == group)
        yield from _calls(env, found, ideal)
        yield from _probes(env, found, ideal)

    return judge


def judged_offline(group: Group) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Judge what a stage would install, in a sentence; the rehearsal says it line by line."""

    def judge(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
        found = matrix(env, wanted(env), lambda line: group_of(line) == group)
        if not found.calls:
            yield kept(NOBODY[group], grade="")
            return
        due = sum(isinstance(each.asked, Call) and is_due(each.asked) and each.state != "elsewhere" for each in found.calls)
        refused = sum(each.state == "refused" for each in found.probes)
        detail = f"{due - len(found.misses)} of {due} needed calls allowed, {refused} of {len(found.probes)} probes refused"
        if not found.misses and not found.leaks:
            yield kept(detail, grade=OFFLINE)
        elif env.policy_style == "scoped" and found.misses:
            yield broken(detail, "look for a Deny in extra_statements:", grade=OFFLINE)
        else:
            yield advised(detail, "90_rehearsal says which under Desired; policy_style: scoped closes the vendor's gaps", grade=OFFLINE)

    return judge


def both_styles(env: Environment) -> Sufficiency:
    """Put the whole ledger to the policies of either style."""
    sides = ((style, env.model_copy(update={"policy_style": style})) for style in ("documented", "scoped"))
    return Sufficiency(env.policy_style, tuple((style, matrix(each, wanted(each))) for style, each in sides))


def judge_use(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Judge the wanted policies by ablation: nothing may go without a call that breaks or a probe that leaks."""
    found = idle(env, matrix(env, wanted(env)))
    for gap in found:
        what = ", ".join(gap.what)
        if gap.kind == "use not shown" or env.policy_style == "documented":
            way_out = (
                SCOPED_IDLE
                if env.policy_style == "documented"
                else "trim it when CloudTrail shows after the first jobs that nobody uses it"
            )
            yield _gap(env, gap, f"{gap.place} holds more than any known call needs", f"{gap.kind}: {what}", way_out)
        else:
            yield broken(what, "take it out of the scoped policies", claim=f"{gap.place} holds nothing idle", grade=OFFLINE)
    if not found:
        yield kept("take any one thing away, and a call breaks or a probe leaks", grade=OFFLINE)


def _calls(env: Environment, found: Matrix, ideal: Matrix) -> Iterator[Judgement]:
    known = {each.name: each for each in ideal.calls}
    for line in found.calls:
        rows = line.asked.rows if isinstance(line.asked, Call) else ()
        if line.state == "allowed":
            yield kept(f"by {_cited(line)}{_listed(line)}", claim=f"{line.name} is allowed", rows=rows, grade=OFFLINE)
        elif line.state == "undetermined":
            yield unknown(line.reason, LIVE, claim=f"{line.name} is allowed", rows=rows)
        elif line.is_miss:
            yield _missing(env, line, known[line.name], rows)


def _missing(env: Environment, line: Line, ideal: Line, rows: tuple[str, ...]) -> Judgement:
    if ideal.is_miss and not line.by and env.policy_style == "documented":
        [gap] = missed(env, Matrix((line,), ()))
        return _gap(env, gap, f"nothing allows {line.name}", gap.what[0], _added(gap))
    way_out = f"have the owner of {_cited(line)} lift the Deny" if line.by else APPLY[group_of(line)]
    claim, address = f"{line.name} is allowed", _address(env, line, ideal)
    return broken(line.reason, way_out, claim=claim, rows=rows, grade=OFFLINE, address=address)


def _probes(env: Environment, found: Matrix, ideal: Matrix) -> Iterator[Judgement]:
    known = {each.name for each in ideal.leaks}
    for gap in leaked(env, Matrix(found.calls, tuple(each for each in found.leaks if each.name in known))):
        yield _known_leak(env, gap)
    for gap in leaked(env, Matrix(found.calls, tuple(each for each in found.leaks if each.name not in known))):
        yield _new_leak(gap)
    for line in found.probes:
        if line.state == "undetermined":
            yield unknown(line.reason, LIVE, claim=f"{line.name} is refused")
    refused = sum(each.state == "refused" for each in found.probes)
    yield kept(claim=f"{refused} of {len(found.probes)} calls that nobody should make are refused", grade=OFFLINE)


def _known_leak(env: Environment, gap: Gap) -> Judgement:
    """Judge what the wanted policies let through as well."""
    if gap.document == EXTRA:
        claim = f"{gap.place}, an addition of this environment, lets more through than the flow needs"
        return advised("; ".join(gap.what), "narrow it under extra_statements:", claim=claim, grade=OFFLINE)
    if env.policy_style == "documented":
        narrower = "\n".join((f"{SCOPED} has instead:", *gap.closing)) if gap.closing else f"{SCOPED} leaves it out"
        return _gap(env, gap, f"{gap.place} lets more through than the flow needs", "; ".join(gap.what), narrower)
    return broken("; ".join(gap.what), "narrow the scoped policies", claim=f"{gap.place} lets nothing else through", grade=OFFLINE)


def _new_leak(gap: Gap) -> Judgement:
    """Judge what only the installed policies let through: others' documents are others' affair, a change of ours is drift."""
    what = "; ".join(gap.what)
    if gap.document not in NAMES and not gap.document.startswith(OF_RESOURCES):
        claim = f"{gap.place}, which is not ours, lets more through than the flow needs"
        return advised(what, "have its owner narrow it, or give the product a role of its own", claim=claim, grade=OFFLINE)
    claim = f"{gap.place} lets nothing else through"
    if all(isinstance(each.asked, Probe) and each.asked.when != "always" for each in gap.lines):
        bucket = gap.lines[0].requests[0].resource.rpartition(":")[2].partition("/")[0]
        address = BucketStatement(bucket=bucket, sid=TLS_SID, statement="").address
        return broken(what, "apply 20_storage", claim=claim, rows=gap.rows, grade=OFFLINE, address=address)
    return broken(what, APPLY[group_of(gap.lines[0])], claim=claim, rows=gap.rows, grade=OFFLINE)


def _gap(env: Environment, gap: Gap, claim: str, detail: str, way_out: str) -> Judgement:
    said = f"{KNOWN}: {claim}" if env.policy_style == "documented" else claim
    return advised(detail, way_out, claim=said, rows=gap.rows, grade=OFFLINE)


def _added(gap: Gap) -> str:
    where = "add to extra_statements:" if gap.lines[0].acts_as == "server" else f"{SCOPED} has it:"
    return "\n".join((where, *gap.closing))


def _address(env: Environment, line: Line, ideal: Line) -> str:
    """Name what should allow a call, so that what is left to somebody else is owed and not broken."""
    request = line.requests[0]
    wanted_by = next((each.document for each in ideal.by if each.document in NAMES), "")
    if wanted_by:
        return RolePolicy(role=request.principal.role_arn.rpartition("/")[2], name=wanted_by, document="").address
    if line.asked.on in {"server role", "Lambda role"}:
        return f"{Role.kind}/{request.resource.rpartition('/')[2]}"
    key = next(iter(queue_keys(env)), "")
    return KeyStatement(key=key, sid=KEY_STATEMENT_SID, statement="").address if line.asked.on == "queue key" else ""


def _cited(line: Line) -> str:
    return "; ".join(f"{each.document}, {each.statement}" for each in line.by) or line.reason


def _listed(line: Line) -> str:
    is_listed = isinstance(line.asked, Call) and line.asked.need == "listed"
    return " (the vendor lists it, no step shows its use)" if is_listed else ""

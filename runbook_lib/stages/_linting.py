"""What the linter says about the documents that the stages emit, and what of it is waived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.documents import policies
from runbook_lib.documents.buckets import bucket_names, bucket_tls_statement
from runbook_lib.documents.keys import choices_in_use, key_policy, key_reference, key_statement, queue_keys
from runbook_lib.documents.statements import policy
from runbook_lib.parameters.waivers import REFUSED
from runbook_lib.policy import canonical
from runbook_lib.policy.lint import lint
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.stages._buckets import is_made_here
from runbook_lib.stages._confirmations import TODAY
from runbook_lib.stages._judging import advised, broken, kept
from runbook_lib.stages._roles import lengthened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.policies import Named
    from runbook_lib.model import Inventory, Judge, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.sections import LintWaiver
    from runbook_lib.policy.lint import Kind, LintFinding

GRADE = "evaluated offline"


@dataclass(frozen=True)
class Emitted:
    """Name a document that goes to AWS; `is_vendors`: its words are the vendor's, `is_whole`: it is not merged into another."""

    name: str
    kind: Kind
    text: str
    is_vendors: bool = False
    is_whole: bool = True


Documents = Callable[["Environment"], tuple[Emitted, ...]]


def lambda_documents(env: Environment) -> tuple[Emitted, ...]:
    """List the policies and the trust of the Lambda role; none under V2."""
    if not env.is_legacy:
        return ()
    return (*_role_policies(env, policies.lambda_role_policies(env)), Emitted("lambda-role-trust", "trust", policies.lambda_trust(env)))


def server_documents(env: Environment) -> tuple[Emitted, ...]:
    """List the policies of the server's role, and the trust that it gets where it may be made here."""
    trust = () if env.server.role_arn else (Emitted("server-role-trust", "trust", policies.ec2_trust(env)),)
    return (*_role_policies(env, policies.server_role_policies(env)), *trust)


def key_documents(env: Environment) -> tuple[Emitted, ...]:
    """List the policy of each key that is created, and the statement that an adopted key of the queues gets."""
    is_vendors, found = _is_documented(env), list[Emitted]()
    for choice in choices_in_use(env):
        key, document = key_reference(env, choice), key_policy(env)
        if key in queue_keys(env):
            document = {**document, "Statement": [*document["Statement"], key_statement(env)]}
        if choice.create:
            found.append(Emitted(f"policy of key {choice.create}", "key", canonical(document), is_vendors))
        elif key in queue_keys(env):
            found.append(Emitted("statement for the queues' key", "key", canonical(policy(key_statement(env))), is_vendors, is_whole=False))
    return tuple(found)


def bucket_documents(env: Environment) -> tuple[Emitted, ...]:
    """List the statement that each bucket gets which is made here."""
    made = [name for name in bucket_names(env) if is_made_here(env, name)]
    return tuple(
        Emitted(f"policy of bucket {name}", "bucket", canonical(policy(bucket_tls_statement(env, name))), is_whole=False) for name in made
    )


def judge(documents: Documents) -> Judge:
    """Judge documents by what the linter finds: what the vendor wrote is advice; the rest has to be mended or waived, but for notes."""

    def judged(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        emitted = documents(env)
        findings = [(each, one) for each in emitted for one in _findings(env, each)]
        for each, one in findings:
            yield _judgement(env, inventory, each, one)
        if not findings:
            names = ", ".join(each.name for each in emitted)
            yield kept(f"the linter finds nothing in {names}" if names else "none is written here", grade=GRADE if names else "")

    return judged


def asks_day(env: Environment) -> tuple[Question, ...]:
    """Ask for the date where there are waivers: they expire."""
    return (TODAY,) if env.lint_waivers else ()


def judge_waivers(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Name the waivers that have expired and those that waive nothing."""
    found = [(each, one) for each in every_document(env) for one in _findings(env, each)]
    for waiver in env.lint_waivers:
        name = f"the waiver of {waiver.rule} for {', '.join(filter(None, (waiver.document, waiver.statement)))}"
        if _is_expired(waiver, inventory):
            yield advised(f"{name} expired on {waiver.expires}", "renew it with a new reason, or mend what it was about", grade="")
        elif not any(_is_about(waiver, each, one) for each, one in found):
            yield advised(f"{name} waives nothing", "remove it, or correct what it names", grade="")
        else:
            yield kept(f"{name} counts until {waiver.expires}: {waiver.reason}", grade="")
    if not env.lint_waivers:
        yield kept("nothing is waived", grade="")


def every_document(env: Environment) -> tuple[Emitted, ...]:
    """List the documents of all stages."""
    return (*bucket_documents(env), *key_documents(env), *lambda_documents(env), *server_documents(env))


def _role_policies(env: Environment, named: Named) -> Iterator[Emitted]:
    for name, text in named:
        yield Emitted(name, "identity", text, _is_documented(env) and name != policies.EXTRA)


def _is_documented(env: Environment) -> bool:
    return env.policy_style == "documented"


def _findings(env: Environment, each: Emitted) -> tuple[LintFinding, ...]:
    text = lengthened(env, each.text) if symbols_in(each.text) else each.text
    return lint(text, each.kind, is_whole=each.is_whole)


def _judgement(env: Environment, inventory: Inventory, each: Emitted, one: LintFinding) -> Judgement:
    detail = f"{each.name}, {one.statement}: {one.what} ({one.severity}, {one.rule})"
    waiver = next((waiver for waiver in env.lint_waivers if _is_about(waiver, each, one) and not _is_expired(waiver, inventory)), None)
    if one.rule in REFUSED:
        return broken(detail, one.way_out, grade=GRADE)
    if waiver is not None:
        return kept(f"{detail}; waived until {waiver.expires}: {waiver.reason}", grade=GRADE)
    if each.is_vendors:
        return advised(f"{detail}, as the vendor wrote it", f"{one.way_out}; or set policy_style: scoped", grade=GRADE)
    if one.severity == "note":
        return advised(detail, one.way_out, grade=GRADE)
    return broken(detail, f"{one.way_out}; or say under lint_waivers why it is accepted", grade=GRADE)


def _is_about(waiver: LintWaiver, each: Emitted, one: LintFinding) -> bool:
    return waiver.rule == one.rule and waiver.document in {"", each.name} and waiver.statement in {"", one.statement}


def _is_expired(waiver: LintWaiver, inventory: Inventory) -> bool:
    return bool(waiver.expires < inventory[TODAY])

"""What Access Analyzer finds in the documents that the stages emit (Access Analyzer API reference, "ValidatePolicy")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Check, Unanswered
from runbook_lib.resources.simulation import Validated, ValidationAsked
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.stages._judging import advised, broken, kept
from runbook_lib.stages._roles import lengthened
from runbook_lib.stages._simulated import OFFLINE, grade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.stages._linting import Documents, Emitted

RESOURCE_TYPES = {"bucket": "AWS::S3::Bucket", "key": "", "trust": "AWS::IAM::AssumeRolePolicyDocument"}
"""Kinds of a resource's policy; of a key's only what holds for all of them is checked."""


def check(rows: tuple[str, ...], claim: str, documents: Documents) -> Check:
    """Make the check of a stage's documents."""

    def asks(env: Environment) -> tuple[Question, ...]:
        return tuple(dict.fromkeys(_question(env, each) for each in documents(env)))

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        yield from _judged(env, inventory, documents(env))

    return Check(rows, claim, judge, asks, when="plan")


def _question(env: Environment, each: Emitted) -> ValidationAsked:
    text = lengthened(env, each.text) if symbols_in(each.text) else each.text
    if each.kind in RESOURCE_TYPES:
        return ValidationAsked(document=text, policy_type="RESOURCE_POLICY", resource_type=RESOURCE_TYPES[each.kind])
    return ValidationAsked(document=text, policy_type="IDENTITY_POLICY")


def _judged(env: Environment, inventory: Inventory, emitted: tuple[Emitted, ...]) -> Iterator[Judgement]:
    read: list[str] = []
    unread: dict[str, Unanswered] = {}
    suggested = 0
    for each in emitted:
        try:
            findings: tuple[Validated, ...] = inventory[_question(env, each)]
        except Unanswered as reason:
            unread[each.name] = reason
            continue
        read.append(each.name)
        suggested += sum(one.type == "SUGGESTION" for one in findings)
        yield from (_judgement(env, each, one) for one in findings if one.type != "SUGGESTION")
    if read:
        suggestions = f"; it makes {suggested} suggestions of style" if suggested else ""
        yield kept(f"{analyzer(env)} read {', '.join(read)}{suggestions}", grade=grade(env))
    if unread:
        first = next(iter(unread.values()))
        right = "; with access-analyzer:ValidatePolicy on * it would be" if first.verdict == "owed" else ""
        detail = f"{analyzer(env)} was not asked: {first.reason}{right}"
        yield kept(detail, claim=f"what is said of {', '.join(unread)} stays evaluated offline", grade=OFFLINE)


def analyzer(env: Environment) -> str:
    """Name who reads the documents: only at AWS's own endpoint it is AWS."""
    return "the endpoint's Access Analyzer" if env.aws.endpoint else "AWS's Access Analyzer"


def _judgement(env: Environment, each: Emitted, one: Validated) -> Judgement:
    """Judge one finding: an error breaks, but in the vendor's own words it is advice, as the linter's findings are."""
    places = f", {', '.join(one.places)}" if one.places else ""
    detail = f"{each.name}{places}: {one.details} ({one.type}, {one.code})"
    way_out = f"see {one.link}" if one.link else "correct the document"
    if each.is_vendors:
        return advised(f"{detail}, as the vendor wrote it", f"{way_out}; or set policy_style: scoped", grade=grade(env))
    return (broken if one.type == "ERROR" else advised)(detail, way_out, grade=grade(env))

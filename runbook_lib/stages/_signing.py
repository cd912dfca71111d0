"""Whether the key of KMS that signs the records is fit, before there is anything to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.resources.kms import SigningKeyAsked
from runbook_lib.stages._judging import broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.kms import SigningKeyAnswer

CLAIM = "the key of KMS that signs the records is there and signs as they are signed"
SPEC, USAGE = "ECC_NIST_P256", "SIGN_VERIFY"
MAKE = f"name one that is made with `aws kms create-key --key-spec {SPEC} --key-usage {USAGE}`"


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask about the key; of a file there is nothing to ask AWS."""
    key = env.signing.key if env.signing is not None else ""
    return (SigningKeyAsked(key=key),) if key.startswith("arn:") else ()


def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the key against what a signature takes."""
    for question in asks(env):
        found: SigningKeyAnswer | None = inventory[question]
        if found is None:
            yield broken("signing.key names no key", MAKE)
        elif (found.spec, found.usage) != (SPEC, USAGE):
            yield broken(f"signing.key is of spec {found.spec} for {found.usage}, and the records take {SPEC} for {USAGE}", MAKE)
        elif found.state != "Enabled":
            yield broken(f"signing.key is {found.state}, so it signs nothing", "enable it: `aws kms enable-key`, or name another")
        else:
            yield kept(f"signing.key is of spec {SPEC} and enabled")

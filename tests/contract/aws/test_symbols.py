"""Symbols stand for what only AWS can name: filled before a write, back in place after a read, never sent."""

from __future__ import annotations

import json

import pytest

from runbook_lib.adapters.aws.recording import Call
from runbook_lib.adapters.symbols import refuse_placeholders, with_names, with_symbols
from runbook_lib.adapters.target import connect
from runbook_lib.errors import Rejected
from runbook_lib.model import Change
from runbook_lib.parameters import Environment
from runbook_lib.ports import Observation, Target
from runbook_lib.resources.iam import RolePolicy
from runbook_lib.resources.kms import KeyAlias, KeyRotation, KeyStatement
from tests.contract.aws.cases import key, policy

SYMBOL = "@(kms_key/k)"
ARN = "arn:aws:kms:eu-central-1:123456789012:key/1"


def inline(*resources: str, action: str = "kms:Decrypt") -> RolePolicy:
    """Make an inline policy."""
    return RolePolicy(role="r", name="p", document=policy({"Effect": "Allow", "Action": action, "Resource": list(resources)}))


def test_names_keep_the_canonical_form() -> None:
    """An ARN is sorted where it belongs, though its symbol stood elsewhere."""
    named = with_names(inline(SYMBOL, "arn:aws:a"), {"kms_key/k": ARN})
    assert json.loads(named.document)["Statement"][0]["Resource"] == ["arn:aws:a", ARN]


def test_symbols_come_back_where_the_names_were() -> None:
    """What is observed holds symbols for the names that the wanted value writes as symbols."""
    seen = inline("arn:aws:a", ARN, action="kms:Encrypt")
    assert with_symbols(seen, inline(SYMBOL), {"kms_key/k": ARN}) == inline(SYMBOL, "arn:aws:a", action="kms:Encrypt")


def test_what_is_as_wanted_is_written_as_wanted() -> None:
    """A name that the wanted value writes out stays written out, though a symbol stands for it elsewhere."""
    wanted = RolePolicy(role="r", name=SYMBOL, document=inline(ARN).document)
    assert with_symbols(with_names(wanted, {"kms_key/k": ARN}), wanted, {"kms_key/k": ARN}) == wanted


@pytest.mark.parametrize(
    "left",
    [SYMBOL, "<ARN to AWS KMS key>", "${region}", "${account_id}", "{kms_key_arn}", "arn:aws:sqs:*:<aws account id>:tonic-*"],
)
def test_placeholders_are_refused(left: str) -> None:
    """Whatever nothing filled is named and not sent."""
    with pytest.raises(Rejected, match="document still holds"):
        refuse_placeholders(inline(left))


@pytest.mark.parametrize("kept", ["${aws:username}", "${aws:PrincipalTag/team, 'x'}", "${*}", "${$}", "arn:aws:s3:::tonic-*/*"])
def test_policy_variables_are_no_placeholders(kept: str) -> None:
    """IAM's own variables are left to IAM."""
    assert refuse_placeholders(inline(kept)) is None  # type: ignore[func-returns-value]


def test_nothing_is_sent_with_a_symbol_left(environment: Environment) -> None:
    """A symbol of a key that does not exist stops the write before anything is written."""
    calls: list[Call] = []
    with pytest.raises(Rejected, match=r"still holds @\(kms_key/k\), which nothing fills"):
        connect(environment, recorder=calls.append).write([Change(before=None, after=inline(SYMBOL))])
    assert [call for call in calls if call.writes] == []


def test_what_sits_on_a_missing_key_is_missing(target: Target) -> None:
    """Without the key there is no alias, no rotation and no statement."""
    statement = KeyStatement(key=SYMBOL, sid="s", statement='{"Sid":"s"}')
    wanted = [KeyAlias(name="k", key=SYMBOL), KeyRotation(name="k", key=SYMBOL), statement]
    assert set(target.observe(wanted).values()) == {Observation()}


def test_a_key_is_found_without_its_alias(environment: Environment, target: Target) -> None:
    """Another session finds a key by its tags, also while it waits for deletion."""
    wanted = key(environment)
    target.write([Change(before=None, after=wanted)])
    target.write([Change(before=wanted, after=wanted.once_removed())])
    alias = KeyAlias(name=wanted.name, key=f"@({wanted.address})")
    seen = connect(environment).observe([wanted, alias])
    assert (seen[wanted.address], seen[alias.address]) == (Observation(wanted.once_removed(), is_ours=True), Observation())


def test_each_thing_is_read_once_a_round(environment: Environment) -> None:
    """Several statements of one policy cost one request."""
    calls: list[Call] = []
    wanted = key(environment)
    connect(environment).write([Change(before=None, after=wanted)])
    statements = [KeyStatement(key=f"@({wanted.address})", sid=sid, statement="{}") for sid in ("A", "B", "C")]
    connect(environment, recorder=calls.append).observe(statements)
    assert [call.operation for call in calls].count("GetKeyPolicy") == 1

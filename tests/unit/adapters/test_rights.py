"""What a change takes is declared no wider than its request: under what AWS knows of the thing that it is about."""

from __future__ import annotations

import pytest

from runbook_lib.adapters.aws.rights import permissions_of
from runbook_lib.documents.caller import caller_policies
from runbook_lib.documents.rehearsal import name_of, of_server
from runbook_lib.model import Change
from runbook_lib.parameters.load import load
from runbook_lib.policy import Attached, Principal, Request, compiled, evaluate
from runbook_lib.resources.kms import Key, KeyAlias
from runbook_lib.resources.rights import Need
from runbook_lib.resources.symbols import symbol
from tests.machine import ROOT

ENV = load(ROOT / "parameters" / "example-legacy-kms.yaml")
KEY = Key(name="tonic-queue", policy="{}", tags=ENV.tags)
ALIAS = KeyAlias(name="tonic-queue", key=symbol(KEY.address))
GOING = (Change(before=KEY, after=KEY.once_removed()), Change(before=ALIAS, after=None))
ONE = ENV.arn("kms", "key/11111111-2222-3333-4444-555555555555")
PRINCIPAL = Principal(arn=ENV.arn("iam", "user/ada", region=""))
_ROOT = {"Effect": "Allow", "Principal": {"AWS": ENV.arn("iam", "root", region="")}, "Action": "kms:*", "Resource": "*"}
LET_IN = Attached(compiled({"Version": "2012-10-17", "Statement": [_ROOT]}, "the key's policy"), "key")
"""The policy of a key that lets the account's own decide."""
TAG = "aws:ResourceTag/tonic-runbook:environment"


def may(changes: tuple[Change, ...], action: str, resource: str, **context: str) -> bool:
    """Tell whether who has just what changes take may do something."""
    needs = [Need(permission=each, purpose="apply", reason="r") for change in changes for each in permissions_of(change, ENV)]
    documents = [compiled(each, name) for name, each in caller_policies(needs).items()]
    there = LET_IN if action.startswith("kms:") else None
    return evaluate(Request(PRINCIPAL, action, resource, ENV.aws.account, context), identity=documents, resource=there).is_allowed


@pytest.mark.parametrize("action", ["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:DeleteAlias"])
@pytest.mark.parametrize(("tag", "is_allowed"), [({TAG: ENV.environment}, True), ({TAG: "another"}, False), ({}, False)])
def test_only_a_key_of_this_environment_goes(action: str, tag: dict[str, str], is_allowed: bool) -> None:
    """Whatever its id is, it carries our tag; other keys of the account are out of reach."""
    assert is_allowed is may(GOING, action, ONE, **tag)


@pytest.mark.parametrize("change", [Change(before=None, after=KEY), Change(before=None, after=ALIAS)])
def test_a_key_is_made_without_a_word_on_its_tags(change: Change) -> None:
    """Up to five minutes pass until KMS counts them, and it is used at once."""
    assert [] == [each for each in permissions_of(change, ENV) if any(key == TAG for key, _ in each.context)]


@pytest.mark.parametrize(("function", "is_allowed"), [(name_of(ENV), True), ("tonic-other", False)])
def test_only_the_rehearsals_own_mappings_go(function: str, is_allowed: bool) -> None:
    """A mapping has an id that Lambda gives; it is known by its function."""
    change = Change(before=None, after=of_server(ENV, "orchestration", ENV.server_role))
    mapping = ENV.arn("lambda", "event-source-mapping:11111111-2222-3333-4444-555555555555")
    fed = {"lambda:FunctionArn": ENV.arn("lambda", f"function:{function}")}
    assert is_allowed is may((change,), "lambda:DeleteEventSourceMapping", mapping, **fed)

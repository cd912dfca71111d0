"""The call ledger as data: complete against the vendor's documents, each line with its source, each unique."""

from __future__ import annotations

import json

import pytest

from runbook_lib.documents import policies
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.ledger import Call, actors, is_due, ledger
from runbook_lib.documents.proof.matrix import lines_of
from runbook_lib.parameters import Environment
from tests.ledger.table import ROWS
from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, environment, legacy

KMS = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"adopt": BUCKET_KEY}}}
EVERYTHING = legacy(pipeline="both", kms=KMS)


def test_each_principal_has_its_calls_and_probes() -> None:
    """As many as were found; a line that goes missing is noticed."""
    assert {each.name: (len(each.calls), len(each.probes)) for each in ledger().principals} == {
        "server, V2": (12, 34),
        "server, legacy": (44, 65),
        "Lambda role": (15, 45),
        "S3 notifications": (3, 3),
        "Lambda service": (3, 1),
        "EC2 service": (1, 1),
    }


def test_each_call_has_a_source_and_a_row() -> None:
    """On whose word it stands, and which rows of the ledger it belongs to, are known names."""
    calls = [call for actor in ledger().principals for call in actor.calls]
    assert [each.said for each in calls if each.source not in ledger().sources or not set(each.rows) <= set(ROWS) or not each.rows] == []
    assert {each.source for each in calls} == set(ledger().sources)


def test_each_case_is_used_and_belongs_to_a_call_that_is_needed_in_it() -> None:
    """A case stands exactly with `if`."""
    calls = [call for actor in ledger().principals for call in actor.calls]
    assert [each.said for each in calls if (each.need == "if") != bool(each.case)] == []
    assert {each.case for each in calls if each.case} == set(ledger().cases)


def test_each_place_is_used() -> None:
    """No line names a place that is not there, and no place is left over."""
    assert {line.on for actor in ledger().principals for line in (*actor.calls, *actor.probes)} == set(ledger().places)


def test_what_is_inferred_says_so() -> None:
    """Every other source is a page of the vendor's or of AWS's, with its address."""
    assert {name: each.kind for name, each in ledger().sources.items() if not each.address} == {"reading": "inferred"}
    assert {each.address.split("/")[2] for each in ledger().sources.values() if each.address} == {"docs.aws.amazon.com", "docs.tonic.ai"}


def test_lines_are_told_apart_by_name() -> None:
    """Findings and predictions name lines: no two have one name."""
    names = [each.name for each in lines_of(EVERYTHING, wanted(EVERYTHING))]
    assert [each for each in names if names.count(each) > 1] == []


@pytest.mark.parametrize(
    ("acts_as", "pipeline", "documents"),
    [
        ("server", "v2", policies.server_role_policies(environment(kms={"bucket_keys": KMS["bucket_keys"]}))),
        ("server", "legacy", policies.server_role_policies(legacy(kms=KMS))),
        ("lambda", "legacy", policies.lambda_role_policies(legacy(kms=KMS))),
    ],
)
def test_every_action_that_the_vendor_lists_has_its_line(acts_as: str, pipeline: str, documents: policies.Named) -> None:
    """Needed, in a case, or listed; kms:Encrypt alone has none: no producer or consumer calls it."""
    listed = {action for _, text in documents for each in json.loads(text)["Statement"] for action in each["Action"]}
    [actor] = [each for each in ledger().principals if (each.acts_as, each.pipeline) == (acts_as, pipeline)]
    assert listed - {call.action for call in actor.calls} == {"kms:Encrypt"}


@pytest.mark.parametrize(
    ("env", "names"),
    [
        (environment(), ["server, V2", "EC2 service"]),
        (environment(server={"instance_id": "", "role_arn": "arn:aws:iam::111122223333:role/task"}), ["server, V2"]),
        (legacy(), ["server, legacy", "Lambda role", "S3 notifications", "Lambda service", "EC2 service"]),
    ],
)
def test_an_environment_has_the_principals_of_its_pipeline(env: Environment, names: list[str]) -> None:
    """EC2 takes the role only where the server is an instance."""
    assert [each.name for each in actors(env)] == names


def test_a_case_that_no_file_shows_is_not_due() -> None:
    """Whether the repository admits Lambda is a person's to tell (C1); failed uploads happen everywhere."""
    [server] = [each for each in ledger().principals if each.name == "server, legacy"]
    cases = {each.action: is_due(each) for each in server.calls if each.case in {"image", "parts"}}
    assert cases == {"s3:AbortMultipartUpload": True, "ecr:GetRepositoryPolicy": False, "ecr:SetRepositoryPolicy": False}


def test_calls_on_keys_arise_with_the_keys() -> None:
    """Without a customer managed key there is nothing to ask about one."""
    plain = legacy(kms={})
    about_keys = [
        each for each in lines_of(plain, wanted(plain)) if each.asked.action.startswith("kms:") and each.asked.on != "another key"
    ]
    assert about_keys == []


def test_a_call_is_put_once_for_each_bucket_and_region() -> None:
    """One bucket for both sides makes one request; two log regions make two."""
    one = {"source": {"name": "tonic-x", "path": "in"}, "destination": {"name": "tonic-x", "path": "out"}}
    env = legacy(buckets=one, worker={"log_regions": ["us-east-1", "eu-west-1"]})
    resources = {
        each.asked.action: [request.resource for request in each.requests]
        for each in lines_of(env, wanted(env))
        if each.acts_as == "server" and isinstance(each.asked, Call)
    }
    assert resources["s3:PutObject"] == ["arn:aws:s3:::tonic-x/in/part-0000"]
    assert resources["logs:StartQuery"] == [
        "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/tonic-worker",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/tonic-worker",
    ]

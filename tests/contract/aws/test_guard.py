"""The session goes where the parameter file says, as the file says, or nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runbook_lib.adapters.aws.endpoints import configured_endpoints, foreign_endpoints, is_own
from runbook_lib.adapters.aws.recording import Call
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.target import connect
from runbook_lib.errors import GuardRefused, LoginRefused
from runbook_lib.model import Change, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.resources.iam import Caller, CallerAnswer, RoleAsked
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked
from tests.contract.aws.cases import policy, role
from tests.contract.aws.endpoint import ACCOUNT, environment_at

NOWHERE = "http://127.0.0.1:9"


def refused(environment: Environment) -> str:
    """Ask who calls, and give the guard's words."""
    with pytest.raises(GuardRefused) as caught:
        connect(environment).ask([Caller()])
    return str(caught.value)


def test_the_caller_is_told(environment: Environment) -> None:
    """The answer holds account, partition, region and the endpoint that told it."""
    assert connect(environment).ask([Caller()])[Caller()] == CallerAnswer(
        account=ACCOUNT,
        arn=f"arn:aws:iam::{ACCOUNT}:user/runbook-operator",
        partition="aws",
        region="eu-central-1",
        endpoint=environment.aws.endpoint,
    )


def test_another_account_is_refused(endpoint: str, credentials: None) -> None:
    """Credentials of another account reach nothing."""
    assert refused(environment_at(endpoint, "t", account="999988887777")) == (
        "account: the credentials belong to 123456789012, the file says 999988887777; use the credentials of that account"
    )


def test_a_region_of_another_partition_is_refused(endpoint: str, credentials: None) -> None:
    """The file's region and partition have to agree."""
    assert refused(environment_at(endpoint, "t", partition="aws-us-gov")).startswith("region: eu-central-1 is not in partition")


def test_an_unheard_region_is_refused(endpoint: str, credentials: None) -> None:
    """A region that no partition has is refused like a wrong one."""
    assert refused(environment_at(endpoint, "t", region="xx-nowhere-9")).startswith("region: xx-nowhere-9 is not in partition aws")


def test_loopback_needs_no_proxy(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set for the outside does not stand before this machine."""
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert connect(environment).ask([Caller()])[Caller()].account == ACCOUNT


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_SECRETS_MANAGER"])
def test_a_foreign_endpoint_variable_is_refused(environment: Environment, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A variable that names another endpoint is refused by name, its URL is not told."""
    monkeypatch.setenv(variable, "http://user:pass@elsewhere.example")
    assert refused(environment) == f"endpoint: {variable} differs from aws.endpoint; unset it, or name the endpoint in the file"


def test_the_same_endpoint_variable_is_accepted(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that says what the file says does no harm."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{environment.aws.endpoint}/")
    assert connect(environment).ask([Caller()])[Caller()].account == ACCOUNT


def test_a_configured_endpoint_is_refused(environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An endpoint in the shared configuration counts like a variable."""
    config = tmp_path / "config"
    config.write_text("[profile p]\nservices = mine\n[services mine]\nkms =\n  endpoint_url = http://elsewhere.example\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    aws = environment.aws.model_copy(update={"profile": "p"})
    assert refused(environment.model_copy(update={"aws": aws})).startswith("endpoint: endpoint_url of service kms differs")


def test_without_an_endpoint_requests_go_to_aws(credentials: None) -> None:
    """An empty endpoint means AWS's own, over TLS."""
    session = AwsSession(environment_at("", "t"))
    urls = [session.client(service).meta.endpoint_url for service in ("iam", "s3", "kms")]
    assert urls == [
        "https://iam.amazonaws.com",
        "https://s3.eu-central-1.amazonaws.com",
        "https://kms.eu-central-1.amazonaws.com",
    ]


def test_without_an_endpoint_a_variable_is_refused(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stale variable does not send a real run to a stand-in."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    assert refused(environment_at("", "t")).startswith("endpoint: AWS_ENDPOINT_URL differs")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://iam.amazonaws.com", True),
        ("https://kms.cn-north-1.amazonaws.com.cn", True),
        ("https://s3.dualstack.eu-west-1.api.aws", True),
        ("http://iam.amazonaws.com", False),
        ("https://amazonaws.com.elsewhere.example", False),
        ("http://127.0.0.1:4566", False),
    ],
)
def test_own_endpoints(url: str, own: bool) -> None:
    """AWS's own endpoints are told by scheme and domain."""
    assert is_own(url) is own


def test_endpoint_settings_that_agree_are_not_foreign() -> None:
    """Only what differs is listed, in order."""
    configured = configured_endpoints(
        {"endpoint_url": "http://a", "services": "s"}, {"services": {"s": {"iam": {"endpoint_url": "http://b"}}}}
    )
    assert foreign_endpoints("http://a", {"AWS_ENDPOINT_URL_S3": "http://c", "AWS_REGION": "x"}, configured) == (
        "AWS_ENDPOINT_URL_S3",
        "endpoint_url of service iam",
    )


def test_without_credentials_questions_are_open(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials nothing is asked, and the way out is told."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    question = RoleAsked(name="tonic-x")
    with pytest.raises(Unanswered) as caught:
        connect(environment).ask([question])[question]
    assert (caught.value.verdict, caught.value.reason) == (
        "owed",
        "sts:GetCallerIdentity: there are no AWS credentials here",
    )


def test_a_missing_profile_is_told(environment: Environment) -> None:
    """A profile that is not configured is a refused log-in, not a crash."""
    aws = environment.aws.model_copy(update={"profile": "nobody"})
    with pytest.raises(LoginRefused, match=r"The config profile .nobody. could not be found"):
        AwsSession(environment.model_copy(update={"aws": aws})).identity()


def test_a_variable_is_resolved_without_aws(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference to this process's environment needs neither credentials nor a network."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("TONIC_PASSWORD", "Sesame-0pen")
    question = ReferenceAsked(reference="env:TONIC_PASSWORD")
    assert connect(environment_at(NOWHERE, "t")).ask([question])[question] == ReferenceAnswer(resolves=True)


def test_a_role_is_assumed(environment: Environment) -> None:
    """With role_arn every request is made as that role, under a session that names the environment."""
    ours = {"Effect": "Allow", "Principal": {"AWS": environment.arn("iam", "root", region="")}, "Action": "sts:AssumeRole"}
    trust = policy({**ours, "Condition": {"StringEquals": {"sts:ExternalId": "tonic"}}})
    connect(environment).write([Change(before=None, after=role(environment).model_copy(update={"trust": trust}))])
    arn = environment.role_arn(role(environment).name)
    aws = environment.aws.model_copy(update={"role_arn": arn, "external_id": "tonic"})
    answer = connect(environment.model_copy(update={"aws": aws})).ask([Caller()])[Caller()]
    name = environment.environment
    assert answer.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/tonic-server-{name}/tonic-runbook-{name}"


def test_requests_are_recorded(environment: Environment) -> None:
    """A recorder hears of every request: service, operation, request id, and whether it writes."""
    calls: list[Call] = []
    target = connect(environment, recorder=calls.append)
    wanted = role(environment)
    target.observe([wanted])
    target.write([Change(before=None, after=wanted)])
    assert [(call.service, call.operation, call.status, call.writes, bool(call.request_id)) for call in calls] == [
        ("sts", "GetCallerIdentity", 200, False, True),
        ("iam", "GetRole", 404, False, True),
        ("iam", "CreateRole", 200, True, True),
    ]


def test_a_request_without_answer_is_recorded(credentials: None) -> None:
    """A request that got no answer is recorded without status and id."""
    calls: list[Call] = []
    connect(environment_at(NOWHERE, "t"), recorder=calls.append).ask([Caller()])
    assert [replace(call, milliseconds=0.0) for call in calls] == [Call("sts", "GetCallerIdentity", "", 0, writes=False)]

"""References resolve at the moment of use, to masked values, and what fails never quotes one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.adapters.aws.log_ins import log_in
from runbook_lib.adapters.aws.secret_store import AwsSecrets
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.errors import Conflict, NotFound, RunbookError, Unresolved
from runbook_lib.model import Change
from runbook_lib.parameters import Environment
from runbook_lib.ports import Target
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked, Secret
from runbook_lib.secrets import Known, Masked, ask_new, prompting
from tests.contract.aws.endpoint import environment_at
from tests.secrecy import whole

PASSWORD = "Sesame-0pen"


@pytest.fixture
def secrets(session: AwsSession) -> AwsSecrets:
    """Make a store with one variable."""
    return AwsSecrets(lambda: session, {"TONIC_PASSWORD": PASSWORD, "EMPTY": ""})


def store(session: AwsSession, name: str, text: str) -> None:
    """Put a secret there as somebody else would."""
    session.write("secretsmanager", "create_secret", Name=name, SecretString=text)


def test_a_variable(secrets: AwsSecrets) -> None:
    """env: reads this process's environment."""
    assert secrets.resolve("env:TONIC_PASSWORD") == Masked(PASSWORD)


@pytest.mark.parametrize(
    ("text", "suffix", "value"),
    [
        (PASSWORD, "", PASSWORD),
        (json.dumps({"username": "u", "password": PASSWORD}), "", PASSWORD),
        (json.dumps({"username": "u", "password": PASSWORD}), "#username", "u"),
        (json.dumps({"other": PASSWORD}), "#other", PASSWORD),
        ("12345678", "", "12345678"),
    ],
)
def test_a_secret(secrets: AwsSecrets, session: AwsSession, environment: Environment, text: str, suffix: str, value: str) -> None:
    """secretsmanager: reads text, or a named key of JSON; a password is the key when none is named."""
    name = f"tonic/{environment.environment}"
    store(session, name, text)
    assert secrets.resolve(f"secretsmanager:{name}{suffix}") == Masked(value)


def test_a_parameter(secrets: AwsSecrets, session: AwsSession, environment: Environment) -> None:
    """ssm: reads a SecureString in clear."""
    name = f"/tonic/{environment.environment}"
    session.write("ssm", "put_parameter", Name=name, Value=PASSWORD, Type="SecureString")
    assert secrets.resolve(f"ssm:{name}") == Masked(PASSWORD)


def test_a_generated_secret(secrets: AwsSecrets, target: Target, environment: Environment) -> None:
    """generate: resolves to the stored value once it was made, with or without a user name beside it."""
    names = [f"tonic/{environment.environment}/{user}" for user in ("a", "b")]
    for name, user in zip(names, ("", "tonic_user"), strict=True):
        target.write([Change(before=None, after=Secret(name=name, username=user))])
    assert [len(secrets.resolve(f"generate:secretsmanager:{name}").reveal()) for name in names] == [40, 40]


def test_a_typed_secret(secrets: AwsSecrets, target: Target, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """prompt: resolves to what was typed once it is stored; where nobody typed anything, nothing is."""
    monkeypatch.setattr(prompting, "_HELD", {})
    change = Change(before=None, after=Secret(name=f"tonic/{environment.environment}", value="typed"))
    reference = f"prompt:secretsmanager:tonic/{environment.environment}"
    with pytest.raises(Unresolved, match="nobody typed it here; run the cell under Apply"):
        target.write([change])
    ask_new(reference, lambda _words: PASSWORD)
    with pytest.raises(Unresolved, match="there is no such secret"):
        secrets.resolve(reference)
    target.write([change])

    assert secrets.resolve(reference) == Masked(PASSWORD)
    with Known() as known, pytest.raises(Conflict) as caught:
        target.write([change])
    assert not known.are_in(whole(caught.value).encode())


@pytest.mark.parametrize(
    "reference",
    [
        *("env:NOT_SET", "env:EMPTY", "secretsmanager:tonic/none", "ssm:/tonic/none", "generate:secretsmanager:tonic/none"),
        "prompt:secretsmanager:tonic/none",
    ],
)
def test_what_names_nothing_is_unresolved(secrets: AwsSecrets, reference: str) -> None:
    """A reference to nothing says which one, and the way out."""
    with pytest.raises(Unresolved) as caught:
        secrets.resolve(reference)
    assert (caught.value.where, bool(caught.value.way_out)) == (reference, True)


def test_a_wrong_key_quotes_no_value(secrets: AwsSecrets, session: AwsSession, environment: Environment) -> None:
    """The keys' values stay out of the error and of its traceback."""
    name = f"tonic/{environment.environment}"
    store(session, name, json.dumps({"password": PASSWORD}))
    with pytest.raises(Unresolved, match="no text under the key nothing") as caught:
        secrets.resolve(f"secretsmanager:{name}#nothing")
    assert PASSWORD not in whole(caught.value)


@pytest.mark.parametrize("user", ["", "tonic_user"])
def test_a_refused_secret_is_told_by_no_frame(target: Target, environment: Environment, user: str) -> None:
    """What was generated and refused stands neither in the error nor in any frame that led to it."""
    change = Change(before=None, after=Secret(name=f"tonic/{environment.environment}", username=user))
    target.write([change])
    with Known() as known, pytest.raises(Conflict) as caught:
        target.write([change])
    assert not known.are_in(whole(caught.value).encode())


def test_a_deleted_secret_is_unresolved(secrets: AwsSecrets, session: AwsSession, environment: Environment) -> None:
    """A secret in its recovery window is told from one that never was."""
    name = f"tonic/{environment.environment}"
    store(session, name, PASSWORD)
    session.write("secretsmanager", "delete_secret", SecretId=name)
    with pytest.raises(Unresolved, match="scheduled for deletion"):
        secrets.resolve(f"secretsmanager:{name}")


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("generate:secretsmanager:tonic/none", ReferenceAnswer(resolves=True)),
        ("prompt:secretsmanager:tonic/none", ReferenceAnswer(resolves=False)),
        ("secretsmanager:tonic/none", ReferenceAnswer(resolves=False)),
        ("env:NOT_SET_ANYWHERE", ReferenceAnswer(resolves=False)),
    ],
)
def test_references_are_judged_without_their_values(target: Target, reference: str, answer: ReferenceAnswer) -> None:
    """What will be generated counts as resolving."""
    question = ReferenceAsked(reference=reference)
    assert target.ask([question])[question] == answer


def test_broken_password_rules_are_named(target: Target, session: AwsSession, environment: Environment) -> None:
    """The rules are told, the value is not."""
    name = f"tonic/{environment.environment}"
    store(session, name, "tonic_password")
    question = ReferenceAsked(reference=f"secretsmanager:{name}")
    assert target.ask([question])[question] == ReferenceAnswer(resolves=True, broken_rules=("an upper-case letter", "a digit"))


def with_admin(environment: Environment, **admin: Any) -> Environment:
    """Let the source's administrator log in otherwise."""
    source = environment.source
    return environment.model_copy(update={"source": source.model_copy(update={"admin": source.admin.model_copy(update=admin)})})


def admin_of(environment: Environment, session: AwsSession, secrets: AwsSecrets) -> tuple[str, str]:
    """Log in as the source's administrator."""
    user, password = log_in(environment, "source", secrets, lambda: session)
    return user, password.reveal()


def test_an_administrator_by_password(environment: Environment, session: AwsSession, secrets: AwsSecrets) -> None:
    """A password reference needs no AWS."""
    by_password = with_admin(environment, user="awsuser", password="env:TONIC_PASSWORD")
    assert admin_of(by_password, session, secrets) == ("awsuser", PASSWORD)


def test_an_administrator_by_named_secret(environment: Environment, session: AwsSession, secrets: AwsSecrets) -> None:
    """A managed secret holds user and password."""
    name = f"redshift!{environment.environment}"
    store(session, name, json.dumps({"username": "awsuser", "password": PASSWORD}))
    assert admin_of(with_admin(environment, login="managed_secret", secret=name), session, secrets) == ("awsuser", PASSWORD)


def test_a_managed_secret_without_password_quotes_nothing(environment: Environment, session: AwsSession, secrets: AwsSecrets) -> None:
    """A secret of another shape is told as such."""
    name = f"redshift!{environment.environment}"
    store(session, name, json.dumps({"username": "awsuser", "pass": PASSWORD}))
    with pytest.raises(Unresolved, match="no JSON with username and password") as caught:
        admin_of(with_admin(environment, login="managed_secret", secret=name), session, secrets)
    assert PASSWORD not in whole(caught.value)


def test_an_administrator_by_cluster_credentials(environment: Environment, session: AwsSession, secrets: AwsSecrets) -> None:
    """GetClusterCredentials gives a password for an hour, and never creates the user."""
    by_aws = with_admin(environment, login="cluster_credentials", user="awsuser")
    by_aws = by_aws.model_copy(update={"source": by_aws.source.model_copy(update={"cluster": "tonic-sandbox"})})
    user, password = admin_of(by_aws, session, secrets)
    assert (user, len(password) > 8) == ("IAM:awsuser", True)


def test_no_administrator(environment: Environment, session: AwsSession, secrets: AwsSecrets) -> None:
    """login: none is somebody else's to do."""
    with pytest.raises(Unresolved, match="somebody else runs the SQL"):
        admin_of(with_admin(environment, login="none"), session, secrets)


class Serverless:
    """Answer like Redshift Serverless, which no endpoint of ours does."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def read(self, service: str, operation: str, young: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Answer the few calls that a log-in needs."""
        self.calls.append((service, operation))
        match operation:
            case "get_workgroup":
                return {"workgroup": {"namespaceName": "n"}}
            case "get_namespace":
                return {"namespace": {"adminPasswordSecretArn": "arn:aws:secretsmanager:::secret:s"}}
            case "get_credentials":
                return {"dbUser": "IAM:me", "dbPassword": PASSWORD}
            case "get_secret_value":
                return {"SecretString": json.dumps({"username": "admin", "password": PASSWORD})}
        raise NotFound(operation, "not modelled")


@pytest.mark.parametrize(("login", "user"), [("cluster_credentials", "IAM:me"), ("managed_secret", "admin")])
def test_an_administrator_of_a_workgroup(login: str, user: str) -> None:
    """Serverless has calls of its own for both ways."""
    environment = with_admin(environment_at("http://127.0.0.1:1", "t"), login=login)
    workgroup = environment.source.model_copy(update={"workgroup": "tonic", "cluster": ""})
    session: Any = Serverless()
    found = log_in(environment.model_copy(update={"source": workgroup}), "source", AwsSecrets(lambda: session), lambda: session)
    assert found == (user, Masked(PASSWORD))


def test_a_guard_refusal_is_not_swallowed(endpoint: str, credentials: None) -> None:
    """In a wrong account no secret is read."""
    wrong = environment_at(endpoint, "t", account="999988887777")
    with pytest.raises(RunbookError, match="the credentials belong to"):
        AwsSecrets(lambda: AwsSession(wrong)).resolve("secretsmanager:any")

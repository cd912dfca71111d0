"""Every cause of failure that people meet has words of its own; each is provoked where it arises, by answers that are made up.

Whether services answer so is told by `tests/sandbox/causes`, which asks them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as botocore

from runbook_lib import place, views
from runbook_lib.adapters.aws.errors import Request, translated
from runbook_lib.adapters.aws.guard import Identity, guard_caller, guard_settings
from runbook_lib.adapters.aws.secret_store import AwsSecrets, picked
from runbook_lib.adapters.redshift.failures import drop_unsupported, failure
from runbook_lib.engine.consent import consent
from runbook_lib.errors import InvalidParameters, Leaked, Locked, NotFound, PlanDrifted, Rejected, RunbookError, Unresolved
from runbook_lib.model import EnvironmentPlan
from runbook_lib.parameters.editing import ParameterFile
from runbook_lib.parameters.ledger import LEDGER
from runbook_lib.parameters.load import load
from runbook_lib.runbook import asking
from runbook_lib.runbook.stage_run import ChecksBroken
from runbook_lib.secrets import Masked, ask, parse_reference
from runbook_lib.views import failures
from runbook_lib.views.causes import CAUSES, cause_of
from tests.machine import ROOT
from tests.unit.parameters.bad import FOLDER
from tests.unit.views.markup import read

ARN = "arn:aws:iam::111122223333:user/ada"
LIBPQ = 'connection to server at "w.example" (10.0.0.5), port 5439 failed: '


def of_service(code: str, message: str = "", service: str = "iam", operation: str = "CreateRole") -> RunbookError:
    """Let AWS answer with an error."""
    error = botocore.ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return translated(error, Request(service, operation, "tonic-x", ARN))


def denied(why: str, action: str = "iam:CreateRole") -> RunbookError:
    """Let AWS refuse an action, for a reason."""
    return of_service("AccessDenied", f"User: {ARN} is not authorized to perform: {action} on resource: arn:aws:iam::1:role/x {why}")


def on_the_way(error: Exception) -> RunbookError:
    """Let a request fail before AWS answers."""
    return translated(error, Request("sts", "GetCallerIdentity"))


class Said(Exception):
    """Be what a driver raises."""

    def __init__(self, words: str, state: str = "") -> None:
        super().__init__(words)
        self.pgcode = state


def of_redshift(words: str, state: str = "") -> RunbookError:
    """Let a database, or libpq before it, say something."""
    return failure("source", Said(words, state))


def raised(call: Callable[[], object]) -> RunbookError:
    """Give what a call fails with."""
    with pytest.raises(RunbookError) as caught:
        call()
    return caught.value


def refused(name: str) -> RunbookError:
    """Load one of the bad parameter files."""
    return raised(lambda: load(FOLDER / f"{name}.yaml"))


def secret(reference: str, answer: Any) -> RunbookError:
    """Resolve a reference in a store that answers so."""

    class Session:
        def read(self, *_words: object, **_named: object) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

    session: Any = Session()
    return raised(lambda: AwsSecrets(lambda: session, {}).resolve(reference))


def guard(**changes: str) -> Any:
    """Give an environment's AWS section."""
    return load(ROOT / "parameters" / "example-v2.yaml").aws.model_copy(update=changes)


def stale() -> RunbookError:
    """Save over somebody else's file."""
    file = ParameterFile(ROOT / "parameters" / "example-v2.yaml", "environment: other\n", {})
    return raised(lambda: file.save("environment: mine\n"))


def nothing_chosen() -> RunbookError:
    """Ask for the chosen environment in a checkout in which none is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, "home", lambda: Path("/nowhere"))
        return raised(place.chosen)


def another_account() -> RunbookError:
    """Call as somebody of another account."""
    identity = Identity(account="999988887777", arn="arn:aws:iam::999988887777:user/ada", endpoint="")
    return raised(lambda: guard_caller(guard(), identity))


def elsewhere() -> RunbookError:
    """Have a variable that sends requests elsewhere."""
    from botocore.session import Session

    return raised(lambda: guard_settings(guard(), Session(), {"AWS_ENDPOINT_URL": "http://elsewhere.example"}))


PROVOKED: dict[str, Callable[[], RunbookError]] = {
    "no-credentials": lambda: on_the_way(botocore.NoCredentialsError()),
    "login-expired": lambda: of_service("ExpiredToken", "The security token included in the request is expired"),
    "clock-wrong": lambda: of_service("SignatureDoesNotMatch", "Signature not yet current"),
    "key-unknown": lambda: of_service("InvalidClientTokenId", "The security token included in the request is invalid."),
    "profile-unknown": lambda: on_the_way(botocore.ProfileNotFound(profile="acme")),
    "metadata-silent": lambda: on_the_way(botocore.MetadataRetrievalError(error_msg="no answer")),
    "denied-by-organisation": lambda: denied("with an explicit deny in a service control policy"),
    "denied-by-boundary": lambda: denied("because no permissions boundary allows the iam:CreateRole action"),
    "denied-by-key": lambda: denied("because no resource-based policy allows it", "kms:GenerateDataKey"),
    "denied-passing": lambda: denied("because no identity-based policy allows it", "iam:PassRole"),
    "denied": lambda: denied("because no identity-based policy allows the iam:CreateRole action"),
    "throttled": lambda: of_service("Throttling", "Rate exceeded"),
    "aws-busy": lambda: of_service("ServiceUnavailable", "Try again"),
    "role-unsettled": lambda: of_service("InvalidParameterValueException", "The role cannot be assumed by Lambda."),
    "principal-unsettled": lambda: of_service("MalformedPolicyDocument", "Invalid principal in policy: AWS"),
    "another-region": lambda: of_service("PermanentRedirect", "must be addressed using the specified endpoint", "s3", "HeadBucket"),
    "notifications-refused": lambda: of_service(
        "InvalidArgument", "Unable to validate the following destination configurations", "s3", "PutBucketNotificationConfiguration"
    ),
    "visibility-too-short": lambda: of_service(
        "InvalidParameterValueException", "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds", "lambda"
    ),
    "key-lockout": lambda: of_service(
        "MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.", "kms"
    ),
    "key-unusable": lambda: of_service("KMSInvalidStateException", "arn:aws:kms:... is pending deletion.", "kms", "Encrypt"),
    "policy-too-large": lambda: of_service("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role tonic-x"),
    "bucket-taken": lambda: of_service("BucketAlreadyExists", "The requested bucket name is not available.", "s3", "CreateBucket"),
    "name-taken": lambda: of_service("EntityAlreadyExists", "Role with name tonic-x already exists."),
    "written-meanwhile": lambda: of_service("PreconditionFailed", "At least one of the pre-conditions did not hold", "s3", "PutObject"),
    "bucket-not-empty": lambda: of_service("BucketNotEmpty", "The bucket you tried to delete is not empty", "s3", "DeleteBucket"),
    "still-attached": lambda: of_service("DeleteConflict", "Cannot delete entity, must detach all policies first."),
    "bucket-missing": lambda: of_service("NoSuchBucket", "The specified bucket does not exist", "s3", "ListObjectsV2"),
    "role-missing": lambda: of_service("NoSuchEntity", "The role with name tonic-x cannot be found."),
    "cluster-missing": lambda: of_service("ClusterNotFound", "Cluster warehouse not found.", "redshift", "DescribeClusters"),
    "variable-unset": lambda: secret("env:NOT_SET_ANYWHERE", {}),
    "secret-missing": lambda: secret("secretsmanager:tonic/none", NotFound("secretsmanager", "ResourceNotFoundException")),
    "secret-deleted": lambda: secret("secretsmanager:tonic/gone", Rejected("secretsmanager", "marked (InvalidRequestException)")),
    "secret-shape": lambda: raised(lambda: picked(Masked("{}"), parse_reference("secretsmanager:tonic/x#key"))),
    "proxy": lambda: on_the_way(botocore.ProxyConnectionError(proxy_url="http://proxy.example", error="refused")),
    "aws-dns": lambda: on_the_way(botocore.EndpointConnectionError(endpoint_url="https://x.example", error="Name or service not known")),
    "aws-refused": lambda: on_the_way(botocore.EndpointConnectionError(endpoint_url="http://127.0.0.1:1", error="Connection refused")),
    "aws-silent": lambda: on_the_way(botocore.ConnectTimeoutError(endpoint_url="https://x.example")),
    "aws-tls": lambda: on_the_way(botocore.SSLError(endpoint_url="https://x.example", error=OSError("CERTIFICATE_VERIFY_FAILED"))),
    "host-unknown": lambda: of_redshift('could not translate host name "w.example" to address: Name or service not known'),
    "port-refused": lambda: of_redshift(f"{LIBPQ}Connection refused"),
    "port-silent": lambda: of_redshift(f"{LIBPQ}timeout expired"),
    "no-redshift": lambda: of_redshift(f"{LIBPQ}received invalid response to SSL negotiation: H"),
    "ca-unreadable": lambda: of_redshift(f'{LIBPQ}root certificate file "/x.pem" does not exist'),
    "certificate": lambda: of_redshift(f'{LIBPQ}server certificate for "w.example" does not match host name "127.0.0.1"'),
    "connection-lost": lambda: of_redshift("server closed the connection unexpectedly"),
    "hung-up": lambda: of_redshift(f"{LIBPQ}server closed the connection unexpectedly"),
    "login-none": lambda: Unresolved("source.admin", "login is none: somebody else runs the SQL", "hand the script over"),
    "password-typed": lambda: raised(lambda: ask(("nobody",), lambda _words: "")),
    "password-hash": lambda: of_redshift(f"{LIBPQ}authentication method 13 not supported"),
    "password-wrong": lambda: of_redshift(f'{LIBPQ}FATAL:  password authentication failed for user "awsuser"'),
    "owner-needed": lambda: of_redshift("must be owner of relation sales", "42501"),
    "superuser-needed": lambda: of_redshift("must be superuser to create superusers", "42501"),
    "right-missing": lambda: of_redshift("permission denied for schema sales", "42501"),
    "database-missing": lambda: of_redshift(f'{LIBPQ}FATAL:  database "masked" does not exist'),
    "gone-meanwhile": lambda: of_redshift('schema "sales" does not exist', "3F000"),
    "user-exists": lambda: of_redshift('user "tonic_user" already exists', "42710"),
    "object-exists": lambda: of_redshift('database "masked" already exists', "42P04"),
    "in-a-transaction": lambda: of_redshift("CREATE DATABASE cannot run inside a transaction block", "25001"),
    "drop-unknown": lambda: drop_unsupported("destination"),
    "locked-out": lambda: of_redshift("canceling statement due to statement timeout", "57014"),
    "password-rules": lambda: of_redshift("password must contain a number", "22023"),
    "owns-objects": lambda: of_redshift('user "tonic_user" cannot be dropped because some objects depend on it', "2BP01"),
    "serialization": lambda: of_redshift("1023 Serializable isolation violation on table", "XX000"),
    "too-many-connections": lambda: of_redshift(f"{LIBPQ}FATAL:  too many connections"),
    "restarting": lambda: of_redshift(f"{LIBPQ}FATAL:  the database system is starting up"),
    "nothing-chosen": nothing_chosen,
    "no-such-file": lambda: raised(lambda: place.parameter_file("no-such-file")),
    "nobody-to-ask": lambda: refused("rule-prompt-unattended"),
    "clear-text": lambda: refused("secret-private-key"),
    "ambiguous": lambda: refused("scalar-yes"),
    "one-database": lambda: refused("rule-one-database-for-both"),
    "parameters": lambda: refused("aws-missing"),
    "wrong-account": another_account,
    "wrong-endpoint": elsewhere,
    "drifted": lambda: PlanDrifted("server_role", "the role was changed", "plan again"),
    "approval-other": lambda: raised(lambda: consent("sha256:1", EnvironmentPlan(environment="x", plans=()), "storage")),
    "approval-lacks": lambda: raised(lambda: asking.refuse_patterns("storage", ("*",), ())),
    "locked": lambda: Locked("staging", "is written by another run: ada", "wait until it ends"),
    "leaked": lambda: Leaked("record", "a password stood in journal.jsonl", "rotate it"),
    "file-changed-by-others": stale,
    "checks-broken": lambda: ChecksBroken("storage", "2 checks are broken", "plan again"),
}
ELSEWHERE = {
    "another-record": "tests/unit/runbook",
    "approval-unknown": "tests/unit/evidence",
    "file-changed": "tests/unit/runbook",
}
"""Causes whose provocation needs a record: their errors are made as the modules make them."""


@pytest.mark.parametrize("name", PROVOKED)
def test_a_provoked_error_is_told_by_its_own_cause(name: str) -> None:
    """What arises there is known by its cause, and drawn with it, with where it arose and with the way out."""
    error = PROVOKED[name]()
    found = cause_of(error)

    assert found is not None
    assert name == found.name
    shown = failures.bundle(error)["text/plain"]
    assert found.means.split()[0] in shown
    told = [each.way_out for each in error.problems] if isinstance(error, InvalidParameters) else [error.where, error.way_out]
    flat = re.sub(r"\s+", "", shown)
    assert [] == [each for each in told if re.sub(r"\s+", "", each) not in flat]


def test_at_least_forty_causes_are_told_apart() -> None:
    """Every cause has a name and words of its own, is provoked, and names rows that exist."""
    assert len(PROVOKED) >= 40
    assert len({each.name for each in CAUSES}) == len({each.means for each in CAUSES}) == len(CAUSES)
    assert {each.name for each in CAUSES} == {*PROVOKED, *ELSEWHERE}
    assert [] == [row for each in CAUSES for row in each.rows if row not in LEDGER]


def test_every_cause_leads_somewhere() -> None:
    """To a row of the ledger, to a heading of the documentation, or to both; each heading is there."""
    assert [] == [each.name for each in CAUSES if not each.rows and not each.page]
    headings = {
        f"{name}#{line.lstrip('#').strip()}"
        for name, path in place.documentation().items()
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("#")
    }
    assert [] == [(each.name, each.page) for each in CAUSES if each.page and each.page not in headings]


def test_where_to_read_on_stands_with_its_page() -> None:
    """Elsewhere than in JupyterLab page and heading are named."""
    assert "docs/errors.md, Busy services" in failures.bundle(PROVOKED["throttled"]())["text/plain"]


def test_the_row_of_the_ledger_stands_with_its_page() -> None:
    """A reader learns what the ledger asks for, and where it is written."""
    shown = failures.bundle(PROVOKED["visibility-too-short"]())["text/html"]

    assert LEDGER["F4"].claim in read(shown).text
    assert "docs/ledger.md#f4" in shown


def test_an_error_without_a_known_cause_is_told_in_its_own_words() -> None:
    """Nothing is guessed."""
    error = RunbookError("storage", "something new <b>", "look")

    assert cause_of(error) is None
    assert "something new &lt;b&gt;" in failures.bundle(error)["text/html"]


def test_a_cell_that_fails_is_drawn_and_fails() -> None:
    """IPython shows the cause with the traceback folded; the cell's reply is an error all the same, whoever looks at it."""
    from IPython.core.interactiveshell import InteractiveShell

    make: Any = InteractiveShell
    shell = make()
    published: list[Any] = []
    said: list[str] = []
    shell.display_pub.publish = lambda bundle, *_rest, **_named: published.append(bundle)
    shell._showtraceback = lambda kind, error, lines: said.extend(lines)
    failures.register(shell)

    result = shell.run_cell("from runbook_lib.errors import Denied\nraise Denied('iam:CreateRole', 'you may not', 'ask')")

    assert isinstance(result.error_in_exec, RunbookError)
    assert ["Denied: iam:CreateRole: you may not; ask"] == said
    (bundle,) = published
    assert "traceback</summary>" in bundle["text/html"]
    assert "traceback" not in bundle["text/plain"]
    assert views.as_html.view(()) != bundle["text/html"]

"""Commands and files for the one who has the right."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name

from runbook_lib.documents.commands import aws_artefacts, removal_command, script_for
from runbook_lib.exports.render import Offline
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.secretsmanager import Secret
from tests.stages.worlds import STAGES, environment, legacy, wanted, world

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.model import OperationModel

    from runbook_lib.exports.render import Offline
from runbook_lib.model import Resource

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/made"
STUB = """#!/usr/bin/env bash
printf '%s\\n' "$(printf '%s\\x1f' "$@" | tr '\\n' ' ')" >> "$LOG"
case "$1 $2" in
  "sts get-caller-identity") echo 111122223333 ;;
  "kms create-key"|"kms describe-key") echo "{arn}" ;;
  "kms get-key-policy"|"s3api get-bucket-policy") echo '{{"Statement":[]}}' ;;
  "s3api head-bucket") exit 254 ;;
  "secretsmanager get-random-password") echo drawn ;;
  "secretsmanager create-secret") cat >> "$LOG.stdin" ;;
esac
"""
ENV = legacy(
    kms={"queue_key": {"create": "tonic-q"}, "bucket_keys": {"source": {"create": "tonic-b"}}},
    roles={"path": "/team/", "permissions_boundary": "arn:aws:iam::111122223333:policy/b", "tags": {"owner": "it's us"}},
    source={"user": {"name": "tonic_user", "password": "generate:secretsmanager:tonic/src"}},
)


def every_resource() -> list[Resource]:
    """List every AWS resource that an environment with everything wants."""
    from runbook_lib.resources.kms import KeyAsked
    from runbook_lib.resources.s3 import BucketAsked

    answers = {**world(ENV), KeyAsked(key="@(kms_key/tonic-q)"): None, BucketAsked(name="tonic-src"): None}
    slugs = ("storage", "encryption", "lambda_role", "server_role", "source_database")
    return [each for slug in slugs for each in wanted(slug, ENV, answers)]


def commands(text: str) -> list[str]:
    """Find the AWS commands of a script, also inside substitutions and pipes."""
    return re.findall(r"aws [a-z0-9]+ [a-z-]+(?: --[a-z-]+(?: (?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s|)\"']+)+)*)*", text)


def members(operation: OperationModel) -> list[str]:
    """List the parameters of an operation."""
    return list(operation.input_shape.members) if operation.input_shape is not None else []


def test_every_command_and_option_exists() -> None:
    """Each command is an operation of the service's own model, each option one of its parameters."""
    artefacts = aws_artefacts(ENV, every_resource(), "all")
    session = botocore.session.get_session()
    seen: set[str] = set()
    for command in commands(artefacts["all.sh"]):
        _, service, operation, *_ = command.split(" ", 3)
        client = session.get_service_model({"s3api": "s3"}.get(service, service))
        shapes = {xform_name(name, "-"): client.operation_model(name) for name in client.operation_names}
        options = set(re.findall(r"--([a-z-]+)", re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", "''", command)))
        known = {xform_name(name, "-") for name in members(shapes[operation])} | {"query", "output", "region"}
        assert options - known - {"exclude-punctuation"} == set()
        seen.add(operation)
    assert len(seen) > 20


def run(folder: Path, stub: str = STUB) -> tuple[int, list[list[str]], Path]:
    """Run the script with commands that only take notes."""
    for name, text in aws_artefacts(ENV, every_resource(), "all").items():
        (folder / name).write_text(text, encoding="utf-8")
    tools = folder / "bin"
    tools.mkdir()
    for name, text in {"aws": stub.format(arn=KEY_ARN), "jq": "#!/usr/bin/env bash\necho '{}'\n"}.items():
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    log = folder / "log"
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "all.sh"], cwd=folder, env={"PATH": path, "LOG": str(log)}, check=False, timeout=120)
    return done.returncode, [line.rstrip("\n").split("\x1f")[:-1] for line in log.read_text(encoding="utf-8").splitlines()], log


@pytest.fixture(name="ran")
def _ran(tmp_path: Path) -> tuple[list[list[str]], Path]:
    code, calls, log = run(tmp_path)
    assert code == 0
    return calls, log


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ('"s3api head-bucket") exit 254 ;;', '"s3api head-bucket") ;;'),
        (
            '"kms get-key-policy"|"s3api get-bucket-policy")',
            '"s3api get-bucket-policy") echo AccessDenied >&2; exit 254 ;;\n "kms get-key-policy")',
        ),
    ],
    ids=["a bucket that is there", "a policy that may not be read"],
)
def test_the_script_stops_at_what_others_may_have_made(tmp_path: Path, case: str, answer: str) -> None:
    """Where a bucket is there already, or its policy cannot be read, no policy is written over it."""
    assert case in STUB
    code, calls, _ = run(tmp_path, STUB.replace(case, answer))

    assert code != 0
    assert [] == [call for call in calls if call[:2] == ["s3api", "put-bucket-policy"]]


def test_a_bucket_without_a_policy_gets_the_first(tmp_path: Path) -> None:
    """S3's own word for no policy lets the script go on."""
    case = '"kms get-key-policy"|"s3api get-bucket-policy")'
    none = f'"s3api get-bucket-policy") echo "(NoSuchBucketPolicy)" >&2; exit 254 ;;\n {case.partition("|")[0]})'

    code, calls, _ = run(tmp_path, STUB.replace(case, none))

    assert code == 0
    assert ["s3api", "put-bucket-policy"] in [call[:2] for call in calls]


def test_the_script_runs_and_fills_the_keys_in(ran: tuple[list[list[str]], Path]) -> None:
    """Quoting holds, and a policy that names a created key arrives with its ARN."""
    calls, _ = ran
    of_role = [call for call in calls if call[:2] == ["iam", "put-role-policy"] and "tonic-kms-role-addition" in call]
    documents = [json.loads(call[call.index("--policy-document") + 1]) for call in of_role]
    assert [each["Statement"][0]["Resource"] for each in documents] == [[KEY_ARN, KEY_ARN]] * 2
    encrypted = next(call for call in calls if "put-bucket-encryption" in call and "tonic-src" in call)
    assert KEY_ARN in encrypted[encrypted.index("--server-side-encryption-configuration") + 1]
    made = next(call for call in calls if call[:2] == ["iam", "create-role"])
    assert made[made.index("--tags") + 1] == "Key=owner,Value=it's us"


def test_the_password_passes_through_no_argument_list(ran: tuple[list[list[str]], Path]) -> None:
    """It goes from one command to the other through a pipe."""
    calls, log = ran
    assert [call for call in calls if "drawn" in call] == []
    assert log.with_name("log.stdin").read_text(encoding="utf-8") == "drawn"


def test_every_file_of_a_script_is_json_and_used() -> None:
    """No file is left over and none is missing."""
    artefacts = aws_artefacts(ENV, every_resource(), "all")
    script = artefacts.pop("all.sh")
    words = re.findall(r"[\w@/+=,.-]+\.json", script)
    assert {name for name in artefacts if json.loads(artefacts[name]) and name not in {word.rpartition("/")[2] for word in words}} == set()


def test_sql_has_no_commands_here() -> None:
    """The database stages' resources are written as SQL elsewhere."""
    made = [script_for(environment(), each) for each in wanted("destination_database", environment())]
    assert [each for each in made if each.lines] == []
    assert aws_artefacts(environment(), wanted("destination_database", environment()), "x") == {}


def test_a_role_is_made_with_the_commands_that_aws_documents() -> None:
    """The simplest case, word by word."""
    made = script_for(environment(), Role(name="r", trust='{"Statement":[]}', tags=(("k", "v"),)))
    assert made.lines == (
        "aws iam create-role --role-name r --assume-role-policy-document file://r.trust.json --path / --tags Key=k,Value=v",
    )


def test_a_bucket_outside_us_east_1_names_its_region() -> None:
    """S3 takes no LocationConstraint in us-east-1 and wants one elsewhere."""
    env = environment(aws={"region": "eu-west-1"})
    lines = aws_artefacts(env, wanted("storage", env)[:1], "x")["x.sh"].splitlines()
    assert lines[-1].endswith("--region eu-west-1 --create-bucket-configuration LocationConstraint=eu-west-1")


@pytest.mark.parametrize(
    ("resource", "command"),
    [
        (AttachedPolicy(role="r", arn="arn:p"), "aws iam detach-role-policy --role-name r --policy-arn arn:p"),
        (RolePolicy(role="r", name="a b", document="{}"), "aws iam delete-role-policy --role-name r --policy-name 'a b'"),
    ],
)
def test_a_foreign_policy_has_its_command(resource: Any, command: str) -> None:
    """Names are quoted for the shell."""
    assert removal_command(resource) == command
    assert shlex.split(command)[0] == "aws"


def test_nothing_else_is_ever_taken_away() -> None:
    """There is no command that removes something of ours by hand."""
    with pytest.raises(TypeError, match="secretsmanager_secret"):
        removal_command(Secret(name="s"))


def test_each_stage_names_its_own_artefacts() -> None:
    """Stages that make AWS resources hand over a script; the others hand over what they have."""
    made = {
        slug: sorted((*stage.artefacts(ENV, tuple(every_resource())), *stage.reports(ENV, Offline(ENV).ask(tuple(stage.report_asks(ENV))))))
        for slug, stage in STAGES.items()
    }
    assert {slug: [name for name in names if not name.endswith(".json")] for slug, names in made.items()} == {
        "preflight": [],
        "storage": ["storage.sh"],
        "encryption": ["encryption.sh"],
        "lambda_role": ["lambda_role.sh"],
        "server_role": ["server_role.sh"],
        "source_database": ["source_database.sql", "source_password.sh"],
        "destination_database": ["destination_database.sql"],
        "worker_settings": ["worker.compose.yaml", "worker.env", "worker.helm.yaml"],
        "rehearsal": [],
        "handover": ["hand-over.md"],
        "teardown": [],
    }

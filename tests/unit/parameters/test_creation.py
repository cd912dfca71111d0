"""A new parameter file is made from answers alone: valid, or with what is missing named; and never in the place of another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.errors import InvalidParameters
from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.answers import Answers
from runbook_lib.parameters.creation import create, text, values
from runbook_lib.parameters.editing import problems_of
from runbook_lib.parameters.load import load
from runbook_lib.parameters.questions import QUESTIONS, asked, concerns, unanswered
from runbook_lib.parameters.rewriting import document

HOST = "warehouse.abc.eu-central-1.redshift.amazonaws.com"
SERVERLESS = "tonic.012345678901.eu-central-1.redshift-serverless.amazonaws.com"
KEY = "arn:aws:kms:eu-central-1:012345678901:key/11111111-1111-1111-1111-111111111111"
ALL = Answers(
    name="staging", account="012345678901", region="eu-central-1", server="i-0a1b2c3d4e5f60718", source_host=HOST, source_database="prod",
    destination_host=HOST, destination_database="masked", admin="awsuser", admin_password="env:ADMIN",
)  # fmt: skip
SOMETHING: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["", "staging", "No Name"]),
    "region": st.sampled_from(["", "eu-central-1", "us-gov-west-1", "cn-north-1"]),
    "server": st.sampled_from(["", "i-0a1b2c3d4e5f60718", "arn:aws:iam::012345678901:role/ecs"]),
    "source_host": st.sampled_from(["", "wh.example", HOST, SERVERLESS]),
    "destination_host": st.sampled_from(["", "wh.example", HOST, SERVERLESS]),
    "schemas": st.sampled_from([(), ("*",), ("crm", "s*")]),
}
"""What people answer where it matters what they do; elsewhere any word or choice."""


def any_answer(name: str, hint: Any) -> st.SearchStrategy[Any]:
    """Answer a question, or leave it open."""
    if name in SOMETHING:
        return SOMETHING[name]
    return st.booleans() if hint is bool else st.sampled_from(get_args(hint)) if get_args(hint) else st.sampled_from(["", f"own-{name}"])


ANSWERS = st.builds(Answers, **{name: any_answer(name, hint) for name, hint in get_type_hints(Answers).items()})


def leaves(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """List every value with its key; an entry of a list has that of the list."""
    if isinstance(found, dict):
        for key, each in found.items():
            yield from leaves(each, (*path, key))
    elif isinstance(found, list):
        yield from ((path, each) for each in found)
    else:
        yield path, found


def follows(answers: Answers) -> set[Any]:
    """List what answers say, and what follows from a name, a host and a region."""
    said = {each for name in get_type_hints(Answers) if not isinstance(each := getattr(answers, name), tuple)}
    prefix = f"tonic-{answers.name if answers.name == 'staging' else 'environment'}"
    made = {f"{prefix}-{what}" for what in ("source", "destination", "queue")}
    kept = {f"{answers.user_passwords}:secretsmanager:{prefix}/{side}-user" for side in ("source", "destination")}
    first = {each.partition(".")[0] for each in (answers.source_host, answers.destination_host)}
    return {*said, *answers.schemas, *made, *kept, *first, *({"aws-us-gov", "aws-cn"} if answers.region[:3] in {"us-", "cn-"} else ())}


@given(ANSWERS)
def test_nothing_stands_in_the_file_that_nobody_answered(answers: Answers) -> None:
    """Whatever was answered, each value of the file is an answer, follows from one, or is the schema's own default."""
    found = values(answers)
    strange = [(path, each) for path, each in leaves(found) if path != ("version",) and each not in follows(answers)]

    assert [] == strange
    assert [] == [path for path, _ in leaves(found) if path != ("version",) and concerns(".".join(path), asked(answers)) is None]
    assert found == document("made", text(answers)).values


@given(ANSWERS)
def test_what_is_open_is_all_that_is_missing(answers: Answers) -> None:
    """A file is never called valid while a question is open whose answer the file needs."""
    missing = [each for each in problems_of("made", text(answers)) if each.what == "is missing"]
    open_ = {each.name for each in unanswered(answers)}

    assert [] == [each for each in missing if getattr(concerns(each.field, asked(answers)), "name", "") not in {*open_, "account"}]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"attaches_profile": True, "creates_buckets": True},
        {"is_one_cluster": True, "destination_host": ""},
        {"runs_on": "eks", "server": "arn:aws:iam::012345678901:role/eks", "runs_aws": "else", "version": "1108"},
        {"bucket_keys": "create"},
        {"bucket_keys": "adopt", "bucket_key": KEY},
        {"pipeline": "legacy"},
        {"pipeline": "both", "queue_keys": "adopt", "queue_key": KEY, "bucket_keys": "create"},
        {"region": "us-gov-west-1", "source_host": "a.example", "destination_host": "b.example"},
        {"source_host": SERVERLESS, "destination_host": SERVERLESS, "runs_sql": "cluster_credentials", "admin": ""},
        {"server": "arn:aws:iam::012345678901:role/ecs", "schemas": ("crm", "s*"), "attaches_profile": True},
        {"runs_sql": "none", "admin": ""},
        {"runs_sql": "cluster_credentials"},
        {"runs_sql": "managed_secret", "admin": ""},
        {"source_bucket": "tonic-in", "destination_bucket": "tonic-out", "user_passwords": "prompt"},
    ],
)
def test_what_was_answered_is_a_valid_file(answers: dict[str, Any], tmp_path: Path) -> None:
    """Every way to answer ends in a file that holds; buckets are made and a profile is attached only where somebody said so."""
    answered = dataclasses.replace(ALL, **answers)

    environment = load(create(answered, tmp_path))

    assert ("staging", answered.account, answered.pipeline) == (environment.environment, environment.aws.account, environment.pipeline)
    assert (list(answered.schemas), ()) == (list(environment.schemas.include), environment.confirmations)
    assert answered.creates_buckets == environment.buckets.create
    assert environment.server.attach_profile == (answered.attaches_profile and not answered.server.startswith("arn:"))


def test_one_database_on_both_sides_is_no_valid_file() -> None:
    """The guard between source and destination holds in a file that was made from answers."""
    made = text(dataclasses.replace(ALL, source_host="wh.example", destination_host="wh.example", destination_database="prod"))

    assert ["is the source database"] == [each.what for each in problems_of("made", made)]


def test_every_section_is_explained() -> None:
    """Above each key stands what it means, and the keys that are left out are named with their meaning."""
    lines = text(ALL).splitlines()
    tops = [index for index, line in enumerate(lines) if line[:1].isalpha()]

    assert [] == [lines[index] for index in tops if not lines[index - 1].startswith("#")]
    assert [] == [key for key in described.keys(Environment) if not any(line.startswith((f"{key}:", f"#   {key} ")) for line in lines)]


def test_what_is_not_known_is_named_as_missing(tmp_path: Path) -> None:
    """A file from a name alone lists exactly what is still to be found out, each with its way out."""
    path = create(Answers(name="staging"), tmp_path)

    fields = {each.field for each in problems_of(str(path), path.read_text("utf-8"))}

    assert {
        "aws", "server", "source.host", "source.database", "source.admin", "destination.host", "destination.database", "destination.admin",
    } == fields  # fmt: skip


ASK_FIRST = {
    "V2 or legacy": "pipeline",
    "Structural version": "version",
    "EC2, ECS or EKS": "runs_on",
    "same cluster for source and destination": "is_one_cluster",
    "ownership preserved": "preserves_ownership",
    "SSE-KMS on buckets": "bucket_keys",
    "SSE-KMS on SQS": "queue_keys",
    "which schemas": "schemas",
    "who runs the AWS half": "runs_aws",
    "who runs the SQL half": "runs_sql",
}


def test_what_has_to_be_asked_first_is_asked() -> None:
    """Each point of the ledger's list is a question of its own, no line of help beside another."""
    assert set() == set(ASK_FIRST.values()) - {each.name for each in asked(dataclasses.replace(ALL, pipeline="legacy"))}


def test_one_cluster_is_typed_once() -> None:
    """The destination has the source's host, cluster and workgroup, and its own host is not asked for."""
    answers = dataclasses.replace(ALL, is_one_cluster=True, destination_host="")
    found = values(answers)

    assert (HOST, "warehouse") == (found["destination"]["host"], found["destination"]["cluster"])
    assert "destination_host" not in {each.name for each in asked(answers)}


def test_what_is_no_key_is_a_remark() -> None:
    """It stands at the head, on a line of its own whatever was typed; where nothing was said, nothing stands there."""
    lines = text(dataclasses.replace(ALL, version="1108\nenvironment: other", runs_aws="else")).splitlines()

    assert "# Version of Structural: 1108 environment: other" in lines
    assert any("`runbook render staging`" in each for each in lines)
    assert [] == [each for each in text(ALL).splitlines() if "Version of" in each or "somebody else" in each]


def test_a_superuser_is_not_vouched_for_by_answering() -> None:
    """Preserved ownership needs somebody's word, which no question takes."""
    made = text(dataclasses.replace(ALL, preserves_ownership=True))

    (problem,) = problems_of("staging.yaml", made)
    assert "H4" in f"{problem.what} {problem.way_out}"


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """The second call writes nothing."""
    path = create(ALL, tmp_path)
    path.write_text("environment: mine\n", "utf-8")

    with pytest.raises(InvalidParameters, match="is there already"):
        create(ALL, tmp_path)

    assert "environment: mine\n" == path.read_text("utf-8")


@pytest.mark.parametrize("name", ["", "Staging", "../up", "a b"])
def test_a_name_is_a_name(name: str, tmp_path: Path) -> None:
    """What is no name of an environment names no file."""
    with pytest.raises(InvalidParameters, match="environment"):
        create(dataclasses.replace(ALL, name=name), tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_every_answer_is_asked_for() -> None:
    """Each answer has its question, in words without a key of the file, and its keys are the schema's."""
    known = {".".join(path) for path, _ in described.everywhere()}

    assert [each.name for each in dataclasses.fields(Answers)] == [each.name for each in QUESTIONS]
    assert [] == [key for each in QUESTIONS for key in each.keys if key not in known]
    assert [] == [each.label for each in QUESTIONS if "_" in each.label]

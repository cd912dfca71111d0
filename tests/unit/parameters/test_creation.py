"""A new parameter file is made from answers: valid, or with what is missing named; and never in the place of another."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import InvalidParameters
from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.creation import QUESTIONS, Answers, create, nearest, text
from runbook_lib.parameters.editing import problems_of
from runbook_lib.parameters.load import load
from tests.machine import ROOT

HOST = "warehouse.abc.eu-central-1.redshift.amazonaws.com"
ALL = Answers(
    name="staging", account="012345678901", region="eu-central-1", server="i-0a1b2c3d4e5f60718", source_host=HOST, source_database="prod",
    destination_host=HOST, destination_database="masked", admin="awsuser",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the examples."""
    for path in (ROOT / "parameters").glob("*.yaml"):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path


@pytest.mark.parametrize(
    ("answers", "example"),
    [
        ({}, "example-v2"),
        ({"encrypts_buckets": True}, "example-v2-kms"),
        ({"pipeline": "legacy"}, "example-legacy"),
        ({"pipeline": "legacy", "encrypts_queues": True, "encrypts_buckets": True}, "example-legacy-kms"),
        ({"pipeline": "both"}, "example-both"),
        ({"region": "us-gov-west-1", "source_host": "a.example", "destination_host": "b.example"}, "example-govcloud"),
        ({"source_host": "tonic.012345678901.eu-central-1.redshift-serverless.amazonaws.com"}, "example-serverless"),
        ({"server": "arn:aws:iam::012345678901:role/ecs", "schemas": ("crm", "s*")}, "example-v2"),
        ({"runs_sql": "none", "admin": ""}, "example-v2"),
        ({"runs_sql": "managed_secret", "admin": ""}, "example-v2"),
    ],
)
def test_what_was_answered_is_a_valid_file(answers: dict[str, Any], example: str, folder: Path) -> None:
    """From the nearest example comes a file that holds, with nothing of the example's own account, names or people in it."""
    given = dataclasses.replace(ALL, **answers)
    assert example == nearest(given)

    path = create(given, folder)

    environment = load(path)
    assert ("staging", given.account, given.pipeline) == (environment.environment, environment.aws.account, environment.pipeline)
    assert (list(given.schemas), ()) == (list(environment.schemas.include), environment.confirmations)
    assert [] == [word for word in ("Jo Rivera", "111122223333", "tickit", "cab7xyz") if word in path.read_text("utf-8")]


def test_every_section_is_explained(folder: Path) -> None:
    """Above each key stands what it means, and the keys that are left out are named with their meaning."""
    lines = text(ALL, folder).splitlines()
    tops = [index for index, line in enumerate(lines) if line[:1].isalpha()]

    assert [] == [lines[index] for index in tops if not lines[index - 1].startswith("#")]
    assert [] == [key for key in described.keys(Environment) if not any(line.startswith((f"{key}:", f"#   {key} ")) for line in lines)]


def test_what_is_not_known_is_named_as_missing(folder: Path) -> None:
    """A file from a name alone lists exactly what is still to be found out, each with its way out."""
    path = create(Answers(name="staging"), folder)

    fields = {each.field for each in problems_of(str(path), path.read_text("utf-8"))}

    assert {
        "aws.account", "server", "source.host", "source.database", "source.admin", "destination.host", "destination.database",
        "destination.admin",
    } == fields  # fmt: skip


def test_a_superuser_is_not_vouched_for_by_answering(folder: Path) -> None:
    """Preserved ownership needs somebody's word, which no question takes."""
    made = text(dataclasses.replace(ALL, preserves_ownership=True), folder)

    (problem,) = problems_of("staging.yaml", made)
    assert "H4" in f"{problem.what} {problem.way_out}"


def test_a_file_that_is_there_stays(folder: Path) -> None:
    """The second call writes nothing."""
    path = create(ALL, folder)
    path.write_text("environment: mine\n", "utf-8")

    with pytest.raises(InvalidParameters, match="is there already"):
        create(ALL, folder)

    assert "environment: mine\n" == path.read_text("utf-8")


@pytest.mark.parametrize("name", ["", "Staging", "../up", "a b"])
def test_a_name_is_a_name(name: str, folder: Path) -> None:
    """What is no name of an environment names no file."""
    before = sorted(folder.iterdir())

    with pytest.raises(InvalidParameters, match="environment"):
        create(dataclasses.replace(ALL, name=name), folder)

    assert before == sorted(folder.iterdir())


def test_every_answer_is_asked_for() -> None:
    """Each answer has its question, and its keys are the schema's."""
    known = {".".join(path) for path, _ in described.everywhere()}

    assert [each.name for each in dataclasses.fields(Answers)] == [each.name for each in QUESTIONS]
    assert [] == [key for each in QUESTIONS for key in each.keys if key not in known]

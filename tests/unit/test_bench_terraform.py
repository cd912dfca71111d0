"""The configuration with which Terraform sets up what the straight script does, and what is said where it cannot be measured."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from runbook_lib.sandbox.state import State
from tests.bench import straight, terraform
from tests.bench.bed import Bed
from tests.bench.measured import Failed
from tests.machine import ROOT

REFERENCE = re.compile(r"\$\{((?:ephemeral\.)?\w+\.[\w-]+)\.\w+\}")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Write the parameter files of three environments, as the benchmark names theirs."""
    given = yaml.safe_load((ROOT / "parameters" / "sandbox.yaml").read_text("utf-8"))
    paths = [tmp_path / f"bench-{number}.yaml" for number in range(3)]
    for path in paths:
        path.write_text(yaml.safe_dump({**given, "environment": path.stem}), "utf-8")
    return paths


def _resources(written: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return list(written["resource"][kind].values())


def test_it_makes_what_the_script_makes(files: list[Path]) -> None:
    """Buckets, secrets, role and profile have the names of the parameter file and the script's tags; the policies are the script's own."""
    written, given = terraform.configuration(files[:1]), yaml.safe_load(files[0].read_text("utf-8"))
    buckets = [given["buckets"][side]["name"] for side in terraform.SIDES]
    made = {
        kind: _resources(written, kind)
        for kind in ("aws_s3_bucket", "aws_secretsmanager_secret", "aws_iam_role", "aws_iam_instance_profile")
    }

    assert buckets == [each["bucket"] for each in made["aws_s3_bucket"]]
    assert [straight.secret_of(given[side]["user"]) for side in terraform.SIDES] == [
        each["name"] for each in made["aws_secretsmanager_secret"]
    ]
    assert {straight.role_of(given)} == {each["name"] for kind in ("aws_iam_role", "aws_iam_instance_profile") for each in made[kind]}
    assert all(each["tags"] == straight.tags_of(given) for of_kind in made.values() for each in of_kind)
    assert [straight.tls_only(name) for name in buckets] == [
        json.loads(each["policy"]) for each in _resources(written, "aws_s3_bucket_policy")
    ]
    (inline,) = _resources(written, "aws_iam_role_policy")
    assert (straight.POLICY_NAME, straight.policy(*straight.POLICY)) == (inline["name"], json.loads(inline["policy"]))


def test_many_environments_stand_in_one_configuration(files: list[Path]) -> None:
    """Three environments are three times the blocks of one, under names of their own."""

    def count(written: dict[str, Any]) -> int:
        return sum(len(blocks) for kind in ("resource", "ephemeral") for blocks in written[kind].values())

    assert count(terraform.configuration(files)) == 3 * count(terraform.configuration(files[:1]))


def test_what_a_block_names_is_there(files: list[Path]) -> None:
    """Every reference and every dependency is a block of the same configuration."""
    written = terraform.configuration(files)
    there = {f"{kind}.{name}" for kind, blocks in written["resource"].items() for name in blocks}
    there |= {f"ephemeral.{kind}.{name}" for kind, blocks in written["ephemeral"].items() for name in blocks}
    waited_for = {name for block in _resources(written, "terraform_data") for name in block["depends_on"]}

    assert set() == (set(REFERENCE.findall(json.dumps(written))) | waited_for) - there
    assert json.dumps(written).count("${") == len(REFERENCE.findall(json.dumps(written)))


def test_no_password_is_written(files: list[Path]) -> None:
    """A user's password is drawn while Terraform works and given to a write-only argument, so that neither file nor state holds it."""
    versions = _resources(terraform.configuration(files), "aws_secretsmanager_secret_version")

    assert all(each["secret_string_wo"].startswith("${ephemeral.aws_secretsmanager_random_password.") for each in versions)
    assert all("secret_string" not in each for each in versions)


def test_the_provider_speaks_to_the_sandbox_alone(files: list[Path]) -> None:
    """Every service has the parameter file's endpoint, and another account is refused, as the script refuses it."""
    aws = yaml.safe_load(files[0].read_text("utf-8"))["aws"]
    provider = terraform.configuration(files)["provider"]["aws"]

    assert {aws["endpoint"]} == set(provider["endpoints"].values())
    assert [aws["account"]] == provider["allowed_account_ids"]
    kinds = {kind.removeprefix("aws_") for kind in terraform.configuration(files)["resource"] if kind != "terraform_data"}
    assert {kind for kind in kinds if kind.startswith(tuple(provider["endpoints"]))} == kinds


@pytest.mark.parametrize("named", ["", "/a folder"])
def test_plugins_are_looked_for_where_somebody_says(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable `terraform init` looks where it looks by itself; with it, only there."""
    monkeypatch.setenv(terraform.PLUGINS, named)

    assert [f"-plugin-dir={named}"] * bool(named) == [
        word for word in terraform.initialising(tmp_path / "new", {}) if word.startswith("-plugin-dir")
    ]


def _failing(*_commands: object) -> tuple[str, ...]:
    raise Failed("no registry\nin /a folder")


@pytest.mark.parametrize(
    ("where", "remark", "said"),
    [(None, "it is not on the PATH", ""), ("terraform", "does not find its AWS provider", ": no registry in /a folder")],
)
def test_what_is_not_measured_is_said(
    where: str | None, remark: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Terraform or its provider is missing, one line on standard error says so; the page learns why, but nothing of the machine."""
    bed = Bed(tmp_path, tmp_path, cast("State", None), 1, (0,))
    monkeypatch.setattr(shutil, "which", lambda _name: where)
    monkeypatch.setattr(bed, "run", _failing)

    assert terraform.is_there(bed) is False
    (told,) = bed.remarks
    assert told.endswith(remark)
    assert f"{told}{said}\n" == capsys.readouterr().err

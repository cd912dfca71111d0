"""Set up what the straight script does, by Terraform: a configuration for its AWS provider, and the commands that apply it.

What the provider has no resource for (users and grants of the databases, the profile of an instance that is there already) is done by
`tests/bench/provisioned.py`, which Terraform starts. RUNBOOK_TERRAFORM_PLUGINS may name the one folder in which it looks for plugins.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.bench import straight
from tests.bench.bed import Bed
from tests.bench.measured import Failed
from tests.bench.runs import HERE
from tests.bench.samples import Case

TOOL = "Terraform"
PLUGINS = "RUNBOOK_TERRAFORM_PLUGINS"
PARALLEL = 50
"""What was the fastest for ten environments: Terraform's own ten took half as long again."""
REQUIRED = {"required_version": ">= 1.11", "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}}
"""Terraform writes a secret without keeping it since 1.11."""
SERVICES = ("iam", "s3", "secretsmanager", "sts")
SIDES = ("source", "destination")
PRIVATE = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")

Values = dict[str, Any]
"""Blocks of a configuration by type, then by name."""


@dataclass(frozen=True)
class Environment:
    """Write the blocks of one environment; each is named after it, so that many stand in one configuration."""

    file: Path
    given: Values

    @cached_property
    def name(self) -> str:
        """Give its name."""
        return str(self.given["environment"])

    @cached_property
    def tags(self) -> dict[str, str]:
        """Give what everything carries that can."""
        return straight.tags_of(self.given)

    def blocks(self) -> Iterator[tuple[str, str, str, Values]]:
        """List all blocks: kind, type, name, content."""
        for side in SIDES:
            yield from self._bucket(f"{self.name}-{side}", self.given["buckets"][side]["name"])
            yield from self._secret(f"{self.name}-{side}", straight.secret_of(self.given[side]["user"]))
        yield from self._role(straight.role_of(self.given))
        yield self._provisioned("profile", [f"aws_iam_instance_profile.{self.name}"])
        yield self._provisioned("databases", [f"aws_secretsmanager_secret_version.{self.name}-{side}" for side in SIDES])

    def _bucket(self, label: str, name: str) -> Iterator[tuple[str, str, str, Values]]:
        of_it = {"bucket": f"${{aws_s3_bucket.{label}.id}}"}
        encrypted = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}, "bucket_key_enabled": False}
        for kind, content in (
            ("", {"bucket": name, "tags": self.tags, "lifecycle_rule": self._rules()}),
            ("_public_access_block", {**of_it, **dict.fromkeys(PRIVATE, True)}),
            ("_ownership_controls", {**of_it, "rule": {"object_ownership": "BucketOwnerEnforced"}}),
            ("_server_side_encryption_configuration", {**of_it, "rule": encrypted}),
            ("_policy", {**of_it, "policy": json.dumps(straight.tls_only(name))}),
        ):
            yield "resource", f"aws_s3_bucket{kind}", label, content

    def _rules(self) -> list[Values]:
        """Write the rules into the bucket itself. A resource of their own would wait most of a minute until S3 has told them ten times."""
        rules = (
            ("abort-incomplete-uploads", {"abort_incomplete_multipart_upload_days": 1}),
            ("expire-staged-objects", {"expiration": {"days": self.given["buckets"]["retention_days"]}}),
        )
        return [{"id": rule, "enabled": True, "prefix": "", **what} for rule, what in rules]

    def _secret(self, label: str, name: str) -> Iterator[tuple[str, str, str, Values]]:
        drawn = {"password_length": 40, "exclude_punctuation": True, "require_each_included_type": True}
        yield "ephemeral", "aws_secretsmanager_random_password", label, drawn
        yield "resource", "aws_secretsmanager_secret", label, {"name": name, "tags": self.tags}
        version = {
            "secret_id": f"${{aws_secretsmanager_secret.{label}.id}}",
            "secret_string_wo": f"${{ephemeral.aws_secretsmanager_random_password.{label}.random_password}}",
            "secret_string_wo_version": 1,
        }
        yield "resource", "aws_secretsmanager_secret_version", label, version

    def _role(self, name: str) -> Iterator[tuple[str, str, str, Values]]:
        policy = {"name": straight.POLICY_NAME, "policy": json.dumps(straight.policy(*straight.POLICY))}
        trust = {"assume_role_policy": json.dumps(straight.policy(straight.TRUST))}
        carried = f"${{aws_iam_role.{self.name}.name}}"
        yield "resource", "aws_iam_role", self.name, {"name": name, "tags": self.tags, **trust}
        yield "resource", "aws_iam_role_policy", self.name, {"role": carried, **policy}
        yield "resource", "aws_iam_instance_profile", self.name, {"name": name, "role": carried, "tags": self.tags}

    def _provisioned(self, what: str, after: list[str]) -> tuple[str, str, str, Values]:
        command = f'"{sys.executable}" -m tests.bench.provisioned {what} "{self.file}"'
        done = {"local-exec": {"command": command, "working_dir": str(HERE)}}
        return "resource", "terraform_data", f"{self.name}-{what}", {"depends_on": after, "provisioner": done}


def configuration(files: Sequence[Path]) -> Values:
    """Write what sets up the environments of parameter files, which are of one account."""
    environments = [Environment(file, yaml.safe_load(file.read_text("utf-8"))) for file in files]
    written: Values = {"terraform": REQUIRED, "provider": {"aws": provider(environments[0].given["aws"])}}
    for environment in environments:
        for kind, of, name, content in environment.blocks():
            written.setdefault(kind, {}).setdefault(of, {})[name] = content
    return written


def provider(aws: Values) -> Values:
    """Write the provider's settings: it asks whose account it is, as the script does, and leaves out what AWS's own endpoints are for."""
    skipped = ("credentials_validation", "metadata_api_check", "region_validation")
    return {
        "region": aws["region"],
        "allowed_account_ids": [aws["account"]],
        "s3_use_path_style": True,
        "endpoints": dict.fromkeys(SERVICES, aws["endpoint"]),
        **{f"skip_{each}": True for each in skipped},
    }


def is_there(bed: Bed) -> bool:
    """Tell whether Terraform can be measured here; where it cannot, say why."""
    if not shutil.which("terraform"):
        bed.remark(f"{TOOL} is not measured: it is not on the PATH")
        return False
    try:
        bed.run(initialising(bed.folder / "terraform", {"terraform": REQUIRED}))
    except Failed as failed:
        bed.remark(f"{TOOL} is not measured: it is older than 1.11, or `terraform init` does not find its AWS provider", str(failed))
        return False
    return True


def measure(bed: Bed, part: str, turn: int, ms: int, files: Sequence[Path]) -> None:
    """Measure how it sets up environments and finds them unchanged, by one configuration; making that ready does not count."""
    command = prepared(bed, files)
    for what in ("apply", "unchanged"):
        bed.take(Case(part, what, TOOL, ms, len(files), what), turn, [command])


def prepared(bed: Bed, files: Sequence[Path]) -> tuple[str, ...]:
    """Make a configuration ready in a folder of its own, and give the command that applies it. Raises measured.Failed."""
    folder = bed.folder / f"terraform-{files[0].stem}"
    bed.run(initialising(folder, configuration(files)))
    at_once = [f"-parallelism={PARALLEL}"] if len(files) > 1 else []
    return ("terraform", f"-chdir={folder}", "apply", "-auto-approve", "-input=false", "-no-color", *at_once)


def initialising(folder: Path, written: Values) -> tuple[str, ...]:
    """Write a configuration into a new folder, and give the command by which Terraform finds its provider."""
    folder.mkdir()
    (folder / "main.tf.json").write_text(json.dumps(written, indent=2), "utf-8")
    plugins = [f"-plugin-dir={named}"] if (named := os.environ.get(PLUGINS)) else []
    return ("terraform", f"-chdir={folder}", "init", "-input=false", "-no-color", *plugins)

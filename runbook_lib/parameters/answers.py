"""What is answered before a parameter file can be written, and what a question is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Keys = Literal["none", "create", "adopt"]
"""Whose key encrypts: AWS's own, one that is made, one that exists."""


@dataclass(frozen=True)
class Answers:
    """Hold what is asked before a parameter file can be written; what is empty is still to be found out."""

    name: str = ""
    account: str = ""
    region: str = ""
    pipeline: Literal["v2", "legacy", "both"] = "v2"
    version: str = ""
    runs_on: Literal["ec2", "ecs", "eks"] = "ec2"
    server: str = ""
    attaches_profile: bool = False
    runs_aws: Literal["here", "else"] = "here"
    is_one_cluster: bool = False
    source_host: str = ""
    source_database: str = ""
    reader: str = "tonic_user"
    destination_host: str = ""
    destination_database: str = ""
    writer: str = "tonic_destination_user"
    user_passwords: Literal["generate", "prompt"] = "generate"
    preserves_ownership: bool = False
    schemas: tuple[str, ...] = ("*",)
    runs_sql: Literal["password", "managed_secret", "cluster_credentials", "none"] = "password"
    admin: str = ""
    admin_password: str = ""
    source_bucket: str = ""
    destination_bucket: str = ""
    creates_buckets: bool = False
    bucket_keys: Keys = "none"
    bucket_key: str = ""
    queue_keys: Keys = "none"
    queue_key: str = ""


@dataclass(frozen=True)
class Question:
    """Ask for one answer.

    `keys` are those of the file that it becomes, `choices` say what each of its words means, `arises` whether it is asked after others were
    answered; where one `may_be_empty`, something follows from the others. What becomes no key is kept as a remark at the file's head.
    """

    name: str
    label: str
    words: str
    keys: tuple[str, ...]
    choices: Mapping[str, str] = field(default_factory=dict)
    arises: Callable[[Answers], bool] = field(default=lambda _answers: True)
    may_be_empty: bool = False

"""Make a parameter file from a few answers: the example that is nearest, with the answers in it, and words for every section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters import described
from runbook_lib.parameters.editing import ABSENT, changed
from runbook_lib.parameters.ledger import LEDGER
from runbook_lib.parameters.reading import text_of
from runbook_lib.parameters.rewriting import document, rewritten
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from runbook_lib.parameters.reading import Path_

HEAD = "# yaml-language-server: $schema=schema.json\n#\n# {}\n"
PARTITIONS = {"us-gov-": "aws-us-gov", "cn-": "aws-cn"}
"""What the names of regions outside the common partition begin with."""


@dataclass(frozen=True)
class Answers:
    """Hold what is asked before a parameter file can be written; what is empty is still to be found out."""

    name: str = ""
    account: str = ""
    region: str = "us-east-1"
    pipeline: Literal["v2", "legacy", "both"] = "v2"
    server: str = ""
    source_host: str = ""
    source_database: str = ""
    destination_host: str = ""
    destination_database: str = ""
    preserves_ownership: bool = False
    encrypts_buckets: bool = False
    encrypts_queues: bool = False
    schemas: tuple[str, ...] = ("*",)
    runs_sql: Literal["password", "managed_secret", "cluster_credentials", "none"] = "password"
    admin: str = ""


def nearest(answers: Answers) -> str:
    """Name the example that is nearest to the answers."""
    if answers.region.startswith("us-gov-"):
        return "example-govcloud"
    if answers.pipeline == "both":
        return "example-both"
    if answers.pipeline == "legacy":
        return "example-legacy-kms" if answers.encrypts_queues else "example-legacy"
    if answers.preserves_ownership:
        return "example-ownership"
    if "redshift-serverless" in answers.source_host:
        return "example-serverless"
    return "example-v2-kms" if answers.encrypts_buckets else "example-v2"


@dataclass(frozen=True)
class Question:
    """Ask for one answer in the words of people; `keys` are those of the file that it becomes."""

    name: str
    words: str
    keys: tuple[str, ...]


QUESTIONS = (
    Question(
        "name",
        "What is the environment called? The file, the roles and the buckets are named after it",
        ("environment", "buckets", "roles"),
    ),
    Question("account", "Which AWS account? Its 12 digits", ("aws.account",)),
    Question("region", "In which region are the cluster, the buckets and the server?", ("aws.region", "aws.partition")),
    Question(
        "pipeline",
        "How do workspaces generate data? Since some version of Structural by Data Pipeline V2; legacy only if somebody switched to "
        "SQS and Lambda; both if this server has workspaces of either kind",
        ("pipeline", "worker"),
    ),
    Question("server", "Where does the server run? On EC2 its instance's id; on ECS or EKS the ARN of its role", ("server",)),
    Question("source_host", "At which host name is the source? A backup is better than production", ("source.host", "source.cluster")),
    Question("source_database", "Which database is read?", ("source.database",)),
    Question("destination_host", "At which host name is the destination? It may be the same cluster", ("destination.host",)),
    Question("destination_database", "Which database is written? Never the one that is read", ("destination.database",)),
    Question(
        "preserves_ownership",
        "Do workspaces preserve the source's ownership? Then the destination's user has to be a superuser",
        ("destination.preserve_ownership", "destination.take_ownership", "confirmations"),
    ),
    Question("encrypts_buckets", "Are the buckets encrypted with a key of your own (SSE-KMS)?", ("kms.bucket_keys",)),
    Question("encrypts_queues", "Legacy: are the queues encrypted with a key of your own?", ("kms.queue_key",)),
    Question("schemas", "Which schemas are included? Patterns with * and ?", ("schemas",)),
    Question(
        "runs_sql",
        "Who runs the SQL, and how do they log in? none: somebody else runs it, and gets the script",
        ("source.admin", "destination.admin"),
    ),
    Question("admin", "With a password: what is the administrator called?", ("source.admin.user", "destination.admin.user")),
)
"""What is asked, in the order in which people find out."""


def text(answers: Answers, folder: Path) -> str:
    """Write the file: the nearest example of a folder with the answers in it. Raises InvalidParameters when there is no such example."""
    example = nearest(answers)
    path = folder / f"{example}.yaml"
    before = text_of(path)
    values = changed(document(str(path), before).values, dict(_changes(answers)))
    body = rewritten(str(path), before, values).splitlines()
    first = next(index for index, line in enumerate(body) if line and not line.startswith("#"))
    head = HEAD.format(f"Made from {example} on 00_start. Check it: runbook check {answers.name or 'FILE'}")
    return head + "\n".join((*_explained(body[first:]), "", *_left_out(values))) + "\n"


def create(answers: Answers, folder: Path) -> Path:
    """Write the file beside the examples and give its path. Raises InvalidParameters for a name that is none or that is taken."""
    field = described.at(("environment",))
    if field is None or not answers.name or not _is_name(answers.name):
        wanted = described.wanted(field) if field is not None else "a name"
        raise InvalidParameters("environment", [Problem(0, "environment", f"is not {wanted}", "write for example staging")])
    path = folder / f"{answers.name}.yaml"
    written = text(answers, folder)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(written)
    except FileExistsError:
        raise InvalidParameters(str(path), [Problem(0, "", "is there already", "choose it, or write another name")]) from None
    return path


def _is_name(name: str) -> bool:
    from pydantic import TypeAdapter, ValidationError

    from runbook_lib.parameters.texts import Slug

    try:
        return bool(TypeAdapter(Slug).validate_python(name) == name)
    except ValidationError:
        return False


def _changes(answers: Answers) -> Iterator[tuple[Path_, Any]]:
    """Say what the answers make of an example; what is not known is taken out, so that it is named as missing."""
    name, prefix = answers.name or "environment", f"tonic-{answers.name or 'environment'}"
    yield ("environment",), _known(answers.name)
    yield ("pipeline",), answers.pipeline
    yield ("aws", "account"), _known(answers.account)
    yield ("aws", "region"), _known(answers.region)
    yield ("aws", "partition"), next((each for start, each in PARTITIONS.items() if answers.region.startswith(start)), ABSENT)
    yield ("server",), _server(answers.server)
    yield ("roles",), ABSENT
    yield ("confirmations",), []
    for side, host, database in (
        ("source", answers.source_host, answers.source_database),
        ("destination", answers.destination_host, answers.destination_database),
    ):
        yield ("buckets", side, "name"), f"{prefix}-{side}"
        yield (side, "host"), _known(host)
        yield (side, "database"), _known(database)
        yield from _cluster(side, host)
        yield (side, "admin"), _admin(answers)
        yield (side, "user", "password"), f"generate:secretsmanager:tonic-{name}/{side}-user"
    yield ("destination", "preserve_ownership"), True if answers.preserves_ownership else ABSENT
    yield ("destination", "take_ownership"), ABSENT
    yield ("kms",), _keys(answers, prefix) or ABSENT
    yield ("schemas",), {"include": list(answers.schemas or ("*",))}
    if answers.pipeline == "v2":
        yield ("worker",), ABSENT


def _cluster(side: str, host: str) -> Iterator[tuple[Path_, Any]]:
    """Read a cluster's or a workgroup's name from the host name that AWS gave it."""
    first = host.partition(".")[0]
    yield (side, "workgroup"), first if ".redshift-serverless." in host else ABSENT
    yield (side, "cluster"), first if ".redshift." in host else ABSENT


def _server(text: str) -> dict[str, Any]:
    if not text:
        return {}
    return {"role_arn": text} if text.startswith("arn:") else {"instance_id": text, "attach_profile": True}


def _admin(answers: Answers) -> dict[str, Any]:
    if answers.runs_sql == "password":
        return {"user": answers.admin, "password": "env:REDSHIFT_ADMIN_PASSWORD"}
    return {"login": answers.runs_sql}


def _keys(answers: Answers, prefix: str) -> dict[str, Any]:
    queue = {"queue_key": {"create": f"{prefix}-queue"}} if answers.encrypts_queues and answers.pipeline != "v2" else {}
    sides = {side: {"create": f"{prefix}-{side}"} for side in ("source", "destination")}
    return {**queue, **({"bucket_keys": sides} if answers.encrypts_buckets else {})}


def _known(text: str) -> Any:
    return text or ABSENT


def _explained(lines: list[str]) -> Iterator[str]:
    """Put above each key at the top what it means, unless something stands there."""
    before = ""
    for line in lines:
        name = line.partition(":")[0]
        field = described.keys(Environment).get(name) if line[:1].isalpha() else None
        if field is not None and not before.startswith("#"):
            if before:
                yield ""
            yield f"# {described.says(field)}{_asked(name)}"
        yield line
        before = line


def _left_out(values: Mapping[str, Any]) -> Iterator[str]:
    """Name the keys whose defaults hold."""
    yield "# Not set, so that the default holds (docs/parameters.md):"
    for name, field in described.keys(Environment).items():
        if name not in values and not field.is_required():
            yield f"#   {name} - {described.says(field)}"


def _asked(name: str) -> str:
    rows = [row for row, (_, keys) in LEDGER.items() if any(key.partition(".")[0] == name for key in keys)]
    return f" (ledger: {', '.join(rows[:6])})" if rows else ""

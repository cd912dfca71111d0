"""Make a parameter file from answers: what was answered and what follows from that, nothing else, with words for every section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters import described, emitting
from runbook_lib.parameters.editing import ABSENT, changed
from runbook_lib.parameters.ledger import LEDGER
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from runbook_lib.parameters.answers import Answers, Keys
    from runbook_lib.parameters.reading import Path_

HEAD = "# yaml-language-server: $schema=schema.json\n#\n# Made from answers on 00_start. Check it: runbook check {}\n"
RENDERED = "The AWS half is run by somebody else: `runbook render {}` writes what they apply."
PARTITIONS = {"us-gov-": "aws-us-gov", "cn-": "aws-cn"}
"""What the names of regions outside the common partition begin with."""
UNNAMED = "environment"
"""What things are named after as long as the environment has no name."""


def values(answers: Answers) -> dict[str, Any]:
    """Give what the file says, in the schema's order; what is not known is not there, so that it is named as missing."""
    found = changed({"version": 1}, {path: value for path, value in _answered(answers) if value not in ("", [])})
    return {key: found[key] for key in described.keys(Environment) if key in found}


def text(answers: Answers) -> str:
    """Write the file."""
    found = values(answers)
    sections = "\n".join("\n".join((*_explained(key), *emitting.pair(key, value, 0), "")) for key, value in found.items())
    head = "".join((HEAD.format(answers.name or "FILE"), *(f"# {each}\n" for each in _remarks(answers)), "\n"))
    return head + sections + "\n" + "\n".join(_left_out(found)) + "\n"


def create(answers: Answers, folder: Path) -> Path:
    """Write the file into a folder and give its path. Raises InvalidParameters for a name that is none or that is taken."""
    field = described.at(("environment",))
    if field is None or not _is_name(answers.name):
        wanted = described.wanted(field) if field is not None else "a name"
        raise InvalidParameters("environment", [Problem(0, "environment", f"is not {wanted}", "write for example staging")])
    path = folder / f"{answers.name}.yaml"
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text(answers))
    except FileExistsError:
        raise InvalidParameters(str(path), [Problem(0, "", "is there already", "choose it, or write another name")]) from None
    return path


def _remarks(answers: Answers) -> Iterator[str]:
    """Say what was answered and is no key."""
    if version := " ".join(answers.version.split()):
        yield f"Version of Structural: {version}"
    if answers.runs_aws == "else":
        yield RENDERED.format(answers.name or "FILE")


def _is_name(name: str) -> bool:
    from pydantic import TypeAdapter, ValidationError

    from runbook_lib.parameters.texts import Slug

    try:
        return bool(TypeAdapter(Slug).validate_python(name) == name)
    except ValidationError:
        return False


def _answered(answers: Answers) -> Iterator[tuple[Path_, Any]]:
    """Say which keys the answers become, and which follow from them."""
    prefix = f"tonic-{answers.name if _is_name(answers.name) else UNNAMED}"
    yield ("environment",), answers.name
    yield ("pipeline",), answers.pipeline
    yield ("aws", "account"), answers.account
    yield ("aws", "region"), answers.region
    yield ("aws", "partition"), next((each for start, each in PARTITIONS.items() if answers.region.startswith(start)), ABSENT)
    yield ("server",), _server(answers)
    yield ("buckets", "source", "name"), answers.source_bucket or f"{prefix}-source"
    yield ("buckets", "destination", "name"), answers.destination_bucket or f"{prefix}-destination"
    yield ("buckets", "create"), answers.creates_buckets or ABSENT
    yield ("kms",), _keys(answers, prefix) or ABSENT
    yield from _side("source", answers, answers.source_host, answers.source_database, answers.reader, prefix)
    host = answers.source_host if answers.is_one_cluster else answers.destination_host
    yield from _side("destination", answers, host, answers.destination_database, answers.writer, prefix)
    yield ("destination", "preserve_ownership"), answers.preserves_ownership or ABSENT
    yield ("schemas", "include"), list(answers.schemas)


def _side(side: str, answers: Answers, host: str, database: str, user: str, prefix: str) -> Iterator[tuple[Path_, Any]]:
    """Fill in one database; a cluster's or a workgroup's name is read from the host name that AWS gave it."""
    first = host.partition(".")[0]
    yield (side, "host"), host
    yield (side, "database"), database
    yield (side, "cluster"), first if ".redshift." in host else ABSENT
    yield (side, "workgroup"), first if ".redshift-serverless." in host else ABSENT
    yield (side, "admin"), _admin(answers)
    yield (side, "user", "name"), user
    yield (side, "user", "password"), f"{answers.user_passwords}:secretsmanager:{prefix}/{side}-user"


def _server(answers: Answers) -> dict[str, Any]:
    if answers.server.startswith("arn:") or (answers.server and answers.runs_on != "ec2"):
        return {"role_arn": answers.server}
    instance = {"instance_id": answers.server} if answers.server else {}
    return {**instance, **({"attach_profile": True} if answers.attaches_profile and answers.runs_on == "ec2" else {})}


def _admin(answers: Answers) -> dict[str, Any]:
    login = {"login": answers.runs_sql} if answers.runs_sql != "password" else {}
    user = {"user": answers.admin} if answers.admin and answers.runs_sql in {"password", "cluster_credentials"} else {}
    password = {"password": answers.admin_password} if answers.admin_password and answers.runs_sql == "password" else {}
    return {**login, **user, **password}


def _keys(answers: Answers, prefix: str) -> dict[str, Any]:
    queue = _key(answers.queue_keys, answers.queue_key, f"{prefix}-queue") if answers.pipeline != "v2" else None
    sides = {side: _key(answers.bucket_keys, answers.bucket_key, f"{prefix}-{side}") for side in ("source", "destination")}
    known = {side: key for side, key in sides.items() if key is not None}
    return {**({"queue_key": queue} if queue is not None else {}), **({"bucket_keys": known} if known else {})}


def _key(whose: Keys, key: str, name: str) -> dict[str, str] | None:
    if whose == "adopt":
        return {"adopt": key} if key else {}
    return {"create": name} if whose == "create" else None


def _explained(key: str) -> Iterator[str]:
    """Say above a key at the top what it means, and which rows ask for it."""
    rows = [row for row, (_, keys) in LEDGER.items() if any(each.partition(".")[0] == key for each in keys)]
    asked = f" (ledger: {', '.join(rows[:6])})" if rows else ""
    yield f"# {described.says(described.keys(Environment)[key])}{asked}"


def _left_out(found: Mapping[str, Any]) -> Iterator[str]:
    """Name the keys whose defaults hold."""
    yield "# Not set, so that the default holds (docs/parameters.md):"
    for name, field in described.keys(Environment).items():
        if name not in found and not field.is_required():
            yield f"#   {name} - {described.says(field)}"

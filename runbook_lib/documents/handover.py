"""The hand-off sheet: what to enter in the workspace, what is confirmed by whom, and who still owes what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.scripts import adoption
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runbook_lib.model import Finding
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import Bucket, Warehouse

_PROCESS = {"v2": "Data Pipeline V2", "legacy": "the previous process (SQS and Lambda)", "both": "both processes"}

_BY_HAND = (
    "A database user carries no mark of who made it. Read what was made, then add this line to the parameter file, "
    "so that the next plan takes the users over:"
)


def sheet(env: Environment, findings: Iterable[Finding] = ()) -> str:
    """Write the sheet as markdown. The field names are ours: the vendor's workspace page was not at hand."""
    found = tuple(findings)
    blocks = (
        f"# {env.environment}: what to enter in Tonic Structural",
        "Field names are this runbook's own labels; no password is on this sheet.",
        *(text for title, pairs in settings(env) for text in (f"## {title}", _table(("field", "value"), pairs))),
        "## After somebody ran the SQL by hand",
        f"{_BY_HAND}\n\n```yaml\n{adoption(env)}\n```",
        "## Confirmed by people",
        _confirmed(env),
        "## Still owed",
        _owed(found),
        "## Kept, with advice",
        _advice(found),
    )
    return "\n\n".join(blocks) + "\n"


def settings(env: Environment) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """List what to enter in the workspace, by the part of it."""
    return (
        ("Source connection", _connection(env.source, env.buckets.source)),
        ("Destination connection", (*_connection(env.destination, env.buckets.destination), *_ownership(env))),
        ("Workspace", _workspace(env)),
    )


def held(reference: str) -> str:
    """Say where a password is kept."""
    place = parse_reference(reference)
    name = f"{place.name}, key {place.key}" if place.key else place.name
    match place.source:
        case "env":
            return f"with whoever sets the variable {name}"
        case "ssm":
            return f"in Systems Manager, parameter {name}"
    return f"in Secrets Manager, secret {name}"


def s3_path(bucket: Bucket) -> str:
    """Write the bucket path as the workspace asks for it."""
    return f"s3://{bucket.name}/{bucket.path.strip('/')}".rstrip("/")


def _connection(side: Warehouse, bucket: Bucket) -> tuple[tuple[str, str], ...]:
    return (
        ("server", side.host),
        ("port", str(side.port)),
        ("database", side.database),
        ("user", side.user.name),
        ("password", held(side.user.password)),
        ("S3 bucket path", s3_path(bucket)),
    )


def _ownership(env: Environment) -> tuple[tuple[str, str], ...]:
    return (("preserve source ownership", "yes" if env.destination.preserve_ownership else "no"),)


def _workspace(env: Environment) -> tuple[tuple[str, str], ...]:
    included = ", ".join(env.schemas.include)
    excluded = ", ".join(env.schemas.exclude) or "none"
    return (
        ("data generation process", _PROCESS[env.pipeline]),
        ("region", env.aws.region),
        ("schemas", f"{included}; left out: {excluded}"),
    )


def _confirmed(env: Environment) -> str:
    rows = [(each.row, each.who, each.date, each.expires or "-", each.note) for each in env.confirmations]
    return _table(("row", "who", "date", "expires", "note"), rows) if rows else "Nothing."


def _none(findings: tuple[Finding, ...]) -> str:
    return "Nothing." if findings else "Not known: when this sheet was written, nothing was looked at."


def _owed(findings: tuple[Finding, ...]) -> str:
    pending = [each for each in findings if each.verdict != "kept"]
    rows = sorted((each.by or each.stage, each.verdict, ", ".join(each.rows), each.claim, each.detail, each.way_out) for each in pending)
    return _table(("who or where", "verdict", "rows", "claim", "found", "way out"), rows) if rows else _none(findings)


def _advice(findings: tuple[Finding, ...]) -> str:
    """List what holds and is worth knowing, the vendor's known gaps among it; what closes them stands in the record."""
    rows = sorted(
        (each.stage, ", ".join(each.rows), each.claim, each.detail) for each in findings if each.verdict == "kept" and each.warning
    )
    return _table(("where", "rows", "claim", "found"), rows) if rows else _none(findings)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")

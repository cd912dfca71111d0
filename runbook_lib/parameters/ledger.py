"""The rows of the ledger: what each asks for, in a sentence, and the keys of a parameter file that answer it."""

from __future__ import annotations

from typing import NamedTuple

PAGE = "docs/ledger.md"


class Row(NamedTuple):
    """State a row: what has to be so, and the keys that steer it."""

    claim: str
    keys: tuple[str, ...] = ()


LEDGER: dict[str, Row] = {
    "A1": Row("Everything below is complete before the first workspace of the connector.", ("rehearsal", "records")),
    "A2": Row("The product makes and removes its own queues, functions and notifications; nobody makes them for it."),
    "A3": Row("The server's machine carries a role that has the permissions below.", ("server", "roles.server", "roles.twins")),
    "A4": Row(
        "Source and destination bucket exist, and their names begin with tonic-.",
        ("buckets.source.name", "buckets.destination.name", "buckets.create"),
    ),
    "A5": Row("What this set-up needs beyond the documented permissions stands apart from them.", ("extra_statements", "policy_style")),
    "A6": Row("Workspaces use Data Pipeline V2 unless somebody chose otherwise.", ("pipeline",)),
    "A7": Row("Workspaces of the previous process, with SQS and Lambda, need permissions of their own.", ("pipeline",)),
    "A8": Row("Where a bucket is encrypted with a customer managed key, the roles may use that key.", ("kms.bucket_keys",)),
    "B1": Row("V2: the server's role may list the buckets and read and write their notifications.", ("policy_style",)),
    "B2": Row("V2: the server's role may read, write and delete objects and their versions.", ("policy_style",)),
    "C1": Row("Legacy: the server's role may list queues, functions and images, and make event source mappings.", ("policy_style",)),
    "C2": Row("Legacy: the server's role may run queues, functions and notifications whose names begin with tonic-.", ("policy_style",)),
    "C3": Row("Legacy: the server's role may pass the Lambda role, and no other.", ("roles.lambda", "roles.path")),
    "C4": Row("Legacy: the server's role may read, write and delete objects and their versions.", ("policy_style",)),
    "C5": Row("Legacy: the server's role may read the functions' logs, in each region in use.", ("worker.log_regions",)),
    "C6": Row("Legacy: the server's role may list the buckets with any prefix.", ("policy_style",)),
    "D1": Row("Legacy: the functions' role may use buckets, queues and logs of this account.", ("roles.lambda",)),
    "D2": Row("Legacy: buckets and queues that the functions use begin with tonic-.", ("buckets.source.name", "buckets.destination.name")),
    "D3": Row("Legacy: the Lambda service, and nobody else, may assume the functions' role.", ("roles.lambda",)),
    "E1": Row("The key of encrypted queues is a customer managed one, enabled, in this region.", ("kms.queue_key",)),
    "E2": Row("S3's notifications may use the queues' key: a statement of its policy, beside those that stand there.", ("kms.queue_key",)),
    "E3": Row("The server's role and the functions' role both have permissions for the key.", ("kms",)),
    "E4": Row("These permissions name the key by its ARN, and the key's policy lets IAM decide.", ("kms",)),
    "F1": Row("TONIC_LAMBDA_ROLE is the ARN of the functions' role.", ("roles.lambda",)),
    "F2": Row("TONIC_LAMBDA_TIMEOUT is 1 to 900 seconds.", ("worker.timeout",)),
    "F3": Row("TONIC_LAMBDA_MEMORY_SIZE is 128 to 10240 MB.", ("worker.memory_size",)),
    "F4": Row(
        "TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT is at least the function's timeout; AWS advises six times that.",
        ("worker.sqs_visibility_timeout",),
    ),
    "F5": Row("TONIC_LAMBDA_KMS_MASTER_KEY is set where queues are encrypted, and only there.", ("kms.queue_key",)),
    "G1": Row("The source has a user for the product, under a name of your choice.", ("source.user.name",)),
    "G2": Row("The source is a backup rather than the production database.", ("source.host", "source.database")),
    "G3": Row("The source's user exists, is no superuser, and has a password that Redshift takes.", ("source.user",)),
    "G4": Row("The source's user may use every included schema.", ("schemas",)),
    "G5": Row("The source's user may read every table of these schemas, later ones included.", ("schemas", "source.future_tables_of")),
    "G6": Row("The source's user may read svv_table_info in the source database.", ("source.database",)),
    "H1": Row("The destination database exists, and is not the source.", ("destination.database", "destination.create_database")),
    "H2": Row("Somebody chose whether workspaces preserve the source's ownership.", ("destination.preserve_ownership",)),
    "H3": Row("Without that, an ordinary user of the destination has the grants below.", ("destination.user",)),
    "H3a": Row("The destination's user may read svv_table_info there.", ("destination.user",)),
    "H3b": Row("The destination's user may make temporary tables.", ("destination.user",)),
    "H3c": Row("The destination's user may make schemas.", ("destination.user",)),
    "H3d": Row("The destination's user may drop each schema of both databases that it does not own.", ("schemas",)),
    "H4": Row(
        "With preserved ownership the destination's user is a superuser who owns what is there.",
        ("destination.preserve_ownership", "destination.take_ownership"),
    ),
}


def rows_of(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """List the rows that a key answers: its own, and those of the section that holds it."""
    names = [str(part) for part in path if not isinstance(part, int)]
    around = {".".join(names[:length]) for length in range(1, len(names) + 1)}
    return tuple(row for row, (_, keys) in LEDGER.items() if around & set(keys))


def anchor(row: str) -> str:
    """Give the place of a row in the documentation."""
    return f"{PAGE}#{row.lower()}"


def page() -> str:
    """Write the page: every row under a heading of its own, so that a link can lead to it."""
    rows = "\n\n".join(_entry(row, claim, keys) for row, (claim, keys) in LEDGER.items())
    return f"{_HEAD}\n\n{rows}\n"


def _entry(row: str, claim: str, keys: tuple[str, ...]) -> str:
    steered = f"\n\nKeys: {', '.join(f'`{each}`' for each in keys)}." if keys else ""
    return f"## {row}\n\n{claim}{steered}"


_HEAD = """\
# Ledger

Written by `make notebooks`. What the vendor's pages ask for, a row each. Findings, confirmations and errors name these rows; every row is
held by tests (`tests/ledger/table.py`). The keys are those of a parameter file (`docs/parameters.md`) that answer the row."""

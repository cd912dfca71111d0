"""Write the JSON Schemas of a record and of a batch's: what each JSON file holds, from the models that they are written from."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from runbook_lib.evidence import batches
from runbook_lib.evidence.batches import BatchPredicate
from runbook_lib.evidence.forms import Envelope, Line
from runbook_lib.evidence.record import SCHEMA, RunEnd, RunFacts, StageResult
from runbook_lib.evidence.snapshots import Snapshot
from runbook_lib.evidence.statement import Predicate
from runbook_lib.evidence.steps import Consent, Opened
from runbook_lib.model import EnvironmentPlan, Finding, Kinded, Receipt, Rejection, Resource
from runbook_lib.model.fleets import BatchEnd, BatchFacts, Row
from runbook_lib.resources.rehearsals import Exercise

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaMode

NUMBERED = r"(\.[1-9][0-9]*)?\.json"
FILES: dict[str, Any] = {
    r"run\.json": RunFacts,
    r"parameters\.json": dict[str, Any],
    r"(plan|approved)\.json": EnvironmentPlan,
    rf"(approval|rejection){NUMBERED}": Envelope,
    r"receipt\.json": tuple[Receipt, ...],
    r"findings\.json": tuple[Finding, ...],
    r"end\.json": RunEnd,
    r"journal\.jsonl": tuple[Line, ...],
    rf"stages/[a-z_]+{NUMBERED}": StageResult,
    rf"snapshots/[a-z_]+-(before|after){NUMBERED}": Snapshot,
    rf"steps/[a-z_]+-opened{NUMBERED}": Opened,
    rf"steps/[a-z_]+-consent{NUMBERED}": Consent,
    rf"exercises/[a-z_]+{NUMBERED}": Exercise,
    rf"statement{NUMBERED}": Envelope,
}
"""What the files of a record hold, by the pattern of their names."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
WORDS = (
    "A record as one object: each of its JSON files by name, the journal as the list of its lines. "
    "What parameters.json holds, parameters/schema.json describes. "
    "Other files (notebooks, pages, artefacts) have no form of ours. To check one file alone, refer to its entry in $defs. "
    "Predicate is what the in-toto statement in statement.json's payload holds; Approval and Rejection, without digest and environment, "
    "which are its subject, what those in approvals and rejections do."
)


BATCH_FILES: dict[str, Any] = {
    r"batch\.json": BatchFacts,
    r"environments/[1-9][0-9]*\.json": Row,
    r"end\.json": BatchEnd,
    rf"statement{NUMBERED}": Envelope,
}
"""The same of a batch's."""
BATCH_WORDS = (
    "The record of a batch as one object: each of its JSON files by name. "
    "BatchPredicate is what the in-toto statement in statement.json's payload holds."
)


def name(schema: str = SCHEMA) -> str:
    """Name the file of a schema."""
    kind, version = schema.split(":")[-2:]
    return f"{kind}-{version}.schema.json"


def published() -> dict[str, str]:
    """Write every schema, by the name of its file."""
    return {name(): json_schema(), name(batches.SCHEMA): batch_schema()}


def batch_schema() -> str:
    """Write the schema of a batch's record."""
    described: list[tuple[str, Any]] = [*BATCH_FILES.items(), ("", BatchPredicate)]
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [(key, "validation", TypeAdapter(each)) for key, each in described]
    parts, shared = TypeAdapter.json_schemas(inputs, ref_template="#/$defs/{model}")
    return _written(batches.SCHEMA, "Record of a batch", {
        "description": BATCH_WORDS,
        "type": "object",
        "required": [batches.FACTS],
        "patternProperties": {f"^{pattern}$": parts[pattern, "validation"] for pattern in BATCH_FILES},
        "$defs": dict(sorted(shared["$defs"].items())),
    })  # fmt: skip


def json_schema() -> str:
    """Write the schema. What has a default may be missing: a version adds fields, and does not turn its older records into bad ones."""
    # Each kind of resource is described by its class.
    import_module("runbook_lib.resources")
    kinds = {kind: each for kind, each in sorted(Kinded.known.items()) if issubclass(each, Resource)}
    described: list[tuple[str, Any]] = [*FILES.items(), ("", Predicate), ("rejection", Rejection), *kinds.items()]
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [(key, "validation", TypeAdapter(each)) for key, each in described]
    parts, shared = TypeAdapter.json_schemas(inputs, ref_template="#/$defs/{model}")
    definitions = shared["$defs"] | {each.__name__: _marked(shared["$defs"][each.__name__], kind) for kind, each in kinds.items()}
    definitions[Resource.__name__] = {
        "description": (Resource.__doc__ or "").splitlines()[0],
        "oneOf": [parts[kind, "validation"] for kind in kinds],
    }
    whole = {
        "description": WORDS,
        "type": "object",
        "required": ["run.json"],
        "patternProperties": {f"^{pattern}$": parts[pattern, "validation"] for pattern in FILES},
        "$defs": dict(sorted(definitions.items())),
    }
    return _written(SCHEMA, "Record of a run", whole)


def _written(schema: str, title: str, whole: dict[str, Any]) -> str:
    return json.dumps({"$schema": DIALECT, "$id": schema, "title": title, **_said(whole)}, indent=1, ensure_ascii=False) + "\n"


def _marked(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    """Add what a resource's JSON says its class by."""
    properties = {"kind": {"const": kind}, **schema.get("properties", {})}
    return {**schema, "properties": properties, "required": ["kind", *schema.get("required", ())]}


def _said(schema: Any) -> Any:
    """Take out the titles that pydantic makes of names, and of descriptions the breaks of their lines."""
    match schema:
        case {"description": str(text), **rest}:
            return {"description": " ".join(text.split()), **_said(rest)}
        case dict():
            return {key: _said(each) for key, each in schema.items() if not (key == "title" and isinstance(each, str))}
        case list():
            return [_said(each) for each in schema]
    return schema

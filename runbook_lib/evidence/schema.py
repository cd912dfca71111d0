"""Write the JSON Schema of a record: what each of its JSON files holds, from the models that they are written from."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from runbook_lib.evidence.forms import Envelope, Line
from runbook_lib.evidence.record import SCHEMA, RunEnd, RunFacts, StageResult
from runbook_lib.evidence.snapshots import Snapshot
from runbook_lib.evidence.statement import Predicate
from runbook_lib.evidence.steps import Consent, Opened
from runbook_lib.model import EnvironmentPlan, Finding, Kinded, Receipt, Rejection, Resource
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


def name() -> str:
    """Name the file of the schema."""
    return f"record-{SCHEMA.rpartition(':')[2]}.schema.json"


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
    return json.dumps({"$schema": DIALECT, "$id": SCHEMA, "title": "Record of a run", **_said(whole)}, indent=1, ensure_ascii=False) + "\n"


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

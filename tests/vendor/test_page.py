"""Every document, statement, setting and sentence of the vendor's page has its counterpart here."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.documents import worker
from runbook_lib.documents.scripts import script
from runbook_lib.parameters.schema import Worker
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import KeyStatement
from runbook_lib.resources.warehouse import DatabaseUser, Grants, RelationsAsked, SessionAsked
from tests.stages.worlds import (
    DESTINATION,
    QUEUE_KEY,
    SOURCE,
    STAGES,
    environment,
    legacy,
    relation,
    schema,
    session,
    wanted,
    world,
)
from tests.vendor.page import filled, lines, taken_apart

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Side

PAGE = taken_apart()
SIDES: tuple[Side, ...] = ("source", "destination")
LAMBDA_ROLE = "arn:aws:iam::111122223333:role/tonic-staging-lambda"
VALUES = {
    "<aws account id>": "111122223333",
    "<ARN to AWS KMS key>": QUEUE_KEY,
    "<ARN to Structural Lambda Role>": LAMBDA_ROLE,
    "${region}": "us-east-1",
    "${account_id}": "111122223333",
}
NAMES = ("trust", "lambda role", "key statement", "key addition", "server role v2", "server role legacy")


def emitted() -> dict[str, list[list[str]]]:
    """List, by the vendor's document, every place where the stages emit it, spelt out line by line."""
    env = legacy(pipeline="both")
    found: dict[str, list[list[str]]] = {name: [] for name in NAMES}
    for slug in STAGES:
        for each in wanted(slug, env):
            match each:
                case Role(name="tonic-staging-lambda"):
                    found["trust"].append(lines(json.loads(each.trust)))
                case RolePolicy():
                    found[_document_of(each)].append(lines(json.loads(each.document)))
                case KeyStatement():
                    found["key statement"].append(lines(json.loads(each.statement)))
    return found


def _document_of(policy: RolePolicy) -> str:
    return {
        "tonic-lambda-role": "lambda role",
        "tonic-kms-role-addition": "key addition",
        "tonic-server-role-v2": "server role v2",
        "tonic-server-role-legacy": "server role legacy",
    }[policy.name]


@pytest.mark.parametrize(("place", "name"), list(enumerate(NAMES)))
def test_each_document_of_the_page_is_what_the_stages_emit(place: int, name: str) -> None:
    """Action by action, resource by resource: the documented style is the vendor's word with the placeholders filled."""
    expected = lines(filled(PAGE.documents[place], VALUES))
    found = emitted()[name]
    assert found != []
    for each in found:
        assert each == expected


def test_the_page_has_six_documents_and_the_addition_goes_to_both_roles() -> None:
    """E3: five documents have one place each, the key addition has two."""
    assert len(PAGE.documents) == len(NAMES)
    assert {name: len(found) for name, found in emitted().items()} == {**dict.fromkeys(NAMES, 1), "key addition": 2}


def test_no_placeholder_is_left() -> None:
    """Neither the vendor's nor ours reaches a service."""
    text = "\n".join(line for found in emitted().values() for each in found for line in each)
    assert re.findall(r"[<>]|\$\{|\{\w+\}", text) == []


def test_a_changed_line_of_the_vendor_is_noticed() -> None:
    """The comparison is by line: one action more or less is a difference."""
    document = filled(PAGE.documents[4], VALUES)
    document["Statement"][0]["Action"].append("s3:GetBucketLocation")
    assert lines(document) != emitted()["server role v2"][0]


STATEMENTS = {
    "CREATE USER tonic_user WITH PASSWORD 'tonic_password';": ("user", "source", "tonic_user", False),
    "GRANT USAGE ON SCHEMA public TO tonic_user;": ("USAGE", "schema", ("public",), "tonic_user"),
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tonic_user;": ("SELECT", "table", ("public", "t"), "tonic_user"),
    "GRANT SELECT ON pg_catalog.svv_table_info TO tonic_user;": (
        "SELECT",
        "table",
        ("pg_catalog", "svv_table_info"),
        "tonic_user",
    ),
    "CREATE USER tonic_user createuser PASSWORD 'tonic_password';": (
        "user",
        "destination",
        "tonic_destination_user",
        True,
    ),
    "GRANT SELECT ON pg_catalog.svv_table_info TO tonic_destination_user;": (
        "SELECT",
        "table",
        ("pg_catalog", "svv_table_info"),
        "tonic_destination_user",
    ),
    "GRANT TEMPORARY ON DATABASE tonic_destination_database TO tonic_destination_user;": (
        "TEMPORARY",
        "database",
        ("tonic_destination_database",),
        "tonic_destination_user",
    ),
    "GRANT CREATE ON DATABASE tonic_destination_database TO tonic_destination_user;": (
        "CREATE",
        "database",
        ("tonic_destination_database",),
        "tonic_destination_user",
    ),
    "GRANT DROP ON SCHEMA schema_name TO tonic_destination_user;": (
        "DROP",
        "schema",
        ("schema_name",),
        "tonic_destination_user",
    ),
}
"""What each statement of the page becomes. The superuser has a name of his own: the page reuses the reader's."""


SQL = {
    "CREATE USER tonic_user WITH PASSWORD 'tonic_password';": "CREATE USER tonic_user PASSWORD :'source_password';",
    "GRANT USAGE ON SCHEMA public TO tonic_user;": "GRANT USAGE ON SCHEMA public TO tonic_user;",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tonic_user;": "GRANT SELECT ON public.t TO tonic_user;",
    "CREATE USER tonic_user createuser PASSWORD 'tonic_password';": (
        "CREATE USER tonic_destination_user CREATEUSER PASSWORD :'destination_password';"
    ),
}
"""How a statement is written where not word by word as on the page: `t` is the only table in schema public."""


def facts(*, preserved: bool) -> Counter[tuple[Any, ...]]:
    """Spell out what the database stages want in the page's own setting."""
    _, every = in_the_pages_setting(("public", "schema_name"), preserved=preserved)
    return Counter(fact for each in every for fact in _facts_of(each))


def in_the_pages_setting(schemas: tuple[str, ...], *, preserved: bool) -> tuple[Environment, list[Any]]:
    """Give what the database stages want with the page's names: tables in public, and schema_name on both sides."""
    there = {"database": "tonic_destination_database", "preserve_ownership": preserved}
    env = environment(schemas={"include": schemas}, destination=there)
    answers = {
        **world(env),
        SOURCE: tuple(schema(name) for name in schemas),
        DESTINATION: (schema("schema_name", "etl"),),
        RelationsAsked(side="source"): (relation("public", "t"),),
        SessionAsked(side="destination"): session("destination", databases=("tonic_destination_database",)),
    }
    return env, [each for slug in ("source_database", "destination_database") for each in wanted(slug, env, answers)]


def _facts_of(resource: object) -> list[tuple[Any, ...]]:
    match resource:
        case DatabaseUser():
            return [("user", resource.side, resource.name, resource.superuser)]
        case Grants():
            return [(resource.privilege, resource.on, name, resource.grantee) for name in resource.objects]
    return []


def test_every_statement_of_the_page_is_known() -> None:
    """A statement that the vendor adds or changes has no counterpart and fails."""
    assert sorted(PAGE.statements) == sorted(STATEMENTS)


@pytest.mark.parametrize("statement", PAGE.statements)
def test_each_statement_of_the_page_is_emitted(statement: str) -> None:
    """The statement's effect is wanted exactly once, under the ownership choice that it belongs to."""
    assert facts(preserved="createuser" in statement)[STATEMENTS[statement]] == 1


@pytest.mark.parametrize("statement", PAGE.statements)
def test_each_statement_is_written_as_the_page_has_it(statement: str) -> None:
    """Word by word, but for passwords, the tables by name, and the superuser's own name."""
    written: set[str] = set()
    for schemas in (("public",), ("public", "schema_name")):
        env, desired = in_the_pages_setting(schemas, preserved="createuser" in statement)
        written |= {line for side in SIDES for line in script(desired, side, env).splitlines()}
    assert SQL.get(statement, statement) in written


def test_the_database_stages_emit_nothing_that_the_page_does_not_have() -> None:
    """Beside the page there is USAGE on the second schema, and the destination's ordinary user whom the page never creates."""
    extra = facts(preserved=False) - Counter(STATEMENTS.values())
    assert extra == Counter(
        {
            ("USAGE", "schema", ("schema_name",), "tonic_user"): 1,
            ("user", "destination", "tonic_destination_user", False): 1,
        }
    )


def test_every_setting_of_the_page_is_written_with_its_default() -> None:
    """F1 to F5: names, defaults and bounds are the page's."""
    defaults = {name: "".join(filter(str.isdigit, notes[0])) for name, notes in PAGE.settings}
    assert tuple(defaults) == worker.NAMES
    assert {name: value for name, value in defaults.items() if value} == worker.DEFAULTS
    written = dict(worker.worker_settings(legacy(worker={"sqs_visibility_timeout": 30})))
    assert {name: written[name] for name in worker.DEFAULTS} == worker.DEFAULTS
    assert written == {**worker.DEFAULTS, worker.ROLE: LAMBDA_ROLE, worker.KMS_KEY: QUEUE_KEY.rpartition("/")[2]}


def test_the_bounds_of_the_page_are_the_schemas() -> None:
    """15 minutes and 10240 MB."""
    properties = Worker.model_json_schema()["properties"]
    bounds = {name: properties[name]["maximum"] for name in ("timeout", "memory_size")}
    notes = dict(PAGE.settings)
    assert notes["TONIC_LAMBDA_TIMEOUT"][2] == f"Maximum allowed duration of Lambda function is {bounds['timeout'] // 60} min"
    assert notes["TONIC_LAMBDA_MEMORY_SIZE"][2] == f"Maximum allowed memory of Lambda function is {bounds['memory_size']} MB"
    assert notes["TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT"][2] == "Note that this value must be >= TONIC_LAMBDA_TIMEOUT"


SENTENCES = {
    "Before you create a workspace that uses the Amazon Redshift data connector": "A1",
    "When it uses Amazon Redshift, Tonic Structural orchestrates": "A2",
    "The required permissions to do so are taken from the instance profile role": "A3",
    "These policies allows Structural to properly orchestrate jobs": "A4",
    "Note that these permissions are starting point.": "A5",
    "By default, Amazon Redshift workspaces use the Data Pipeline V2": "A6",
    "For workspaces that use the previous data generation process": "A7",
    "Note that if you use AWS KMS on your S3 buckets": "A8",
    "The above policy grants the Lambda function": "D2",
    "This policy assumes that the S3 buckets and Amazon SQS queues": "D2",
    "After you create the role, you must allow the Lambda service": "D3",
    "For the role, the Trust relationships in the AWS IAM role": "D3",
    "If you use AWS KMS for Amazon SQS encryption": "E1",
    "Also provide Amazon S3 access under your AWS KMS key policy": "E2",
    "Additional key permissions must be added to your Amazon EC2 and Lambda roles": "E3",
    "TONIC_LAMBDA_ROLE": "F1",
    "Tonic Structural allows you to set several Amazon Redshift-specific": "F1",
    "You configure these settings in the Structural worker container.": "F1",
    "The following is an example of how to create an Amazon Redshift user": "G1",
    "We recommend that you use a backup as your source database": "G2",
    "create user": "G3",
    "add USAGE GRANTs on all schemas in the DB": "G4",
    "add SELECT GRANTs on all tables in each schema in the DB": "G5",
    "add SELECT GRANT on pg_catalog.svv_table_info": "G6",
    "The destination database must exist": "H1",
    "The required permissions for the user that Structural uses": "H2",
    "By default, workspaces do not preserve the source ownership": "H3",
    "Allows viewing table metadata.": "H3a",
    "Allows creation of temporary tables": "H3b",
    "Allows creation of schemas and permanent objects": "H3c",
    "If any schemas from the source already exist": "H3d",
    "However, if the workspace does preserve the source database ownership": "H4",
    "create a superuser": "H4",
}
"""The beginning of each sentence of the page, and the row of the ledger that it became."""


def test_every_sentence_of_the_page_became_a_row_that_a_stage_has() -> None:
    """A sentence that no row stands for fails, and so does a row that no stage has."""
    rows = {row for stage in STAGES.values() for row in stage.rows}
    begun = [next((start for start in sorted(SENTENCES, key=len, reverse=True) if line.startswith(start)), line) for line in PAGE.rest]
    assert sorted(begun) == sorted(SENTENCES)
    assert set(SENTENCES.values()) - rows == set()

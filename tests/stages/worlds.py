"""Environments and worlds made of literals: what a stage is told, and what it then wants or says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.documents.buckets import bucket_settings, bucket_tls_statement
from runbook_lib.documents.keys import key_policy, key_statement, queue_keys
from runbook_lib.documents.policies import ec2_trust, lambda_role_policies, lambda_trust, server_role_policies
from runbook_lib.model import Finding, Inventory, Judgement, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.policy import canonical
from runbook_lib.resources.ec2 import ClusterAnswer, ClusterAsked, InstanceAnswer, InstanceAsked
from runbook_lib.resources.files import ExportedSettingsAsked, TodayAsked
from runbook_lib.resources.iam import Caller, CallerAnswer, ProductLeftovers, RoleAnswer, RoleAsked
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.resources.records import FindingsAsked, ReverseAnswer, ReverseAsked
from runbook_lib.resources.rights import RightsAnswer, RightsAsked
from runbook_lib.resources.s3 import BucketAnswer, BucketAsked
from runbook_lib.resources.secretsmanager import ReferenceAnswer, ReferenceAsked
from runbook_lib.resources.simulation import SimulationAsked, ValidationAsked
from runbook_lib.resources.warehouse import (
    Grants,
    LoginAnswer,
    LoginAsked,
    PrivilegesAnswer,
    PrivilegesAsked,
    RelationAnswer,
    RelationsAsked,
    SchemaAnswer,
    SchemasAsked,
    SessionAnswer,
    SessionAsked,
    UsersAsked,
)
from runbook_lib.stages import all_stages

if TYPE_CHECKING:
    from collections.abc import Container

    from runbook_lib.model import Check, Part, Question, Stage

ACCOUNT, REGION = "111122223333", "us-east-1"
INSTANCE = "i-0123456789abcdef0"
QUEUE_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
BUCKET_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/22222222-2222-2222-2222-222222222222"
SOURCE, DESTINATION = SchemasAsked(side="source"), SchemasAsked(side="destination")
READER = PrivilegesAsked(side="source", user="tonic_user")
WRITER = PrivilegesAsked(side="destination", user="tonic_destination_user")
STAGES: dict[str, Stage] = {stage.slug: stage for stage in all_stages()}
ROTATED = {"source": {"user": {"name": "tonic_user", "password": "generate:secretsmanager:s", "rotation": "second"}}}
World = dict["Question", Any]


def environment(**changes: Any) -> Environment:
    """Make a complete V2 environment; a change replaces a top-level key, a dict is merged into the key's own."""
    everything: dict[str, Any] = {
        "environment": "staging",
        "aws": {"account": ACCOUNT, "region": REGION},
        "server": {"instance_id": INSTANCE, "attach_profile": True},
        "buckets": {"source": {"name": "tonic-src"}, "destination": {"name": "tonic-dst"}, "create": True},
        "source": {
            "host": "src.example",
            "database": "dev",
            "cluster": "src",
            "user": {"name": "tonic_user", "password": "env:SOURCE_PASSWORD"},
        },
        "destination": {
            "host": "dst.example",
            "database": "masked",
            "cluster": "dst",
            "user": {"name": "tonic_destination_user", "password": "env:DESTINATION_PASSWORD"},
        },
        "confirmations": [{"row": row, "who": "Ada", "date": "2026-01-31"} for row in ("A1", "A5", "A7", "C1", "G2")],
    }
    for key, value in changes.items():
        everything[key] = {**everything[key], **value} if isinstance(everything.get(key), dict) else value
    return Environment.model_validate(everything)


def legacy(**changes: Any) -> Environment:
    """Make a legacy environment with an adopted queue key and everything confirmed."""
    rows = ("A1", "A5", "A7", "C1", "F1", "F2", "F3", "F4", "F5", "G2")
    words = [{"row": row, "who": "Ada", "date": "2026-01-31"} for row in rows]
    worker = {"sqs_visibility_timeout": 180}
    base = {"pipeline": "legacy", "kms": {"queue_key": {"adopt": QUEUE_KEY}}, "worker": worker, "confirmations": words}
    return environment(**{**base, **changes})


def role(env: Environment, name: str, **changes: Any) -> RoleAnswer:
    """Describe a role as the runbook leaves it."""
    is_lambda = name == env.lambda_role
    fields: dict[str, Any] = {
        "name": name,
        "arn": env.role_arn(name),
        "path": env.roles.path,
        "trust": lambda_trust(env) if is_lambda else ec2_trust(env),
        "permissions_boundary": "",
        "tags": env.tags,
        "inline": lambda_role_policies(env) if is_lambda else server_role_policies(env),
        "attached": (),
    }
    return RoleAnswer(**{**fields, **changes})


def instance(**changes: Any) -> InstanceAnswer:
    """Describe the server's instance as the runbook leaves it."""
    fields: dict[str, Any] = {
        "instance_id": INSTANCE,
        "state": "running",
        "profile": "tonic-staging-server",
        "role": "tonic-staging-server",
        "hop_limit": 2,
        "http_tokens": "required",
    }
    return InstanceAnswer(**{**fields, **changes})


def bucket(env: Environment, name: str, **changes: Any) -> BucketAnswer:
    """Describe a bucket as the runbook leaves it."""
    fields: dict[str, Any] = {
        "name": name,
        "region": env.aws.region,
        "encryption": "AES256",
        "settings": bucket_settings(env),
        "policy": canonical({"Version": "2012-10-17", "Statement": [bucket_tls_statement(env, name)]}),
    }
    return BucketAnswer(**{**fields, **changes})


def key(env: Environment, arn: str, **changes: Any) -> KeyAnswer:
    """Describe a key as the runbook leaves it, with S3's statement on the queues' key."""
    policy = key_policy(env)
    if arn in queue_keys(env):
        policy["Statement"].append(key_statement(env))
    fields: dict[str, Any] = {
        "arn": arn,
        "key_id": arn.rpartition("/")[2],
        "account": env.aws.account,
        "region": env.aws.region,
        "state": "Enabled",
        "manager": "CUSTOMER",
        "spec": "SYMMETRIC_DEFAULT",
        "usage": "ENCRYPT_DECRYPT",
        "policy": canonical(policy),
        "rotation": True,
    }
    return KeyAnswer(**{**fields, **changes})


def cluster(name: str, **changes: Any) -> ClusterAnswer:
    """Describe a cluster in the environment's region."""
    fields: dict[str, Any] = {
        "name": name,
        "region": REGION,
        "host": f"{name}.example",
        "port": 5439,
        "status": "available",
        "enhanced_vpc_routing": False,
        "iam_roles": (),
    }
    return ClusterAnswer(**{**fields, **changes})


def session(side: str, **changes: Any) -> SessionAnswer:
    """Describe an administrator's session."""
    database = "dev" if side == "source" else "masked"
    fields: dict[str, Any] = {
        "user": "admin",
        "is_superuser": True,
        "database": database,
        "namespace": f"namespace-{side}",
        "version": "1.0.80000",
        "databases": (database,),
        "tls": True,
        "host": f"{side}.example",
    }
    return SessionAnswer(**{**fields, **changes})


def schema(name: str, owner: str = "etl", kind: Any = "local") -> SchemaAnswer:
    """Describe a schema."""
    return SchemaAnswer(name=name, owner=owner, kind=kind)


def relation(schema_name: str, name: str, owner: str = "etl") -> RelationAnswer:
    """Describe a table."""
    return RelationAnswer(schema_name=schema_name, name=name, owner=owner, kind="table")


def privileges(**changes: Any) -> PrivilegesAnswer:
    """Describe a user who may what he should."""
    fields: dict[str, Any] = {
        "is_superuser": False,
        "schemas_without_usage": (),
        "schemas_with_create": (),
        "schemas_with_drop": (),
        "relations_without_select": (),
        "relations_with_write": (),
        "database_create": True,
        "database_temporary": True,
        "table_info": True,
        "public_may_create_in": (),
    }
    return PrivilegesAnswer(**{**fields, **changes})


def login(side: str, user: str, **changes: Any) -> LoginAnswer:
    """Describe a log-in at which nothing was refused."""
    fields: dict[str, Any] = {
        "user": user,
        "database": "dev" if side == "source" else "masked",
        "unreadable": (),
        "read": 2,
        "table_info": "",
        "temporary": "",
    }
    return LoginAnswer(**{**fields, **changes})


def world(env: Environment, changes: World | None = None) -> World:
    """Answer everything as it is after a complete set-up; changes replace single answers."""
    return {**_aws(env), **_databases(env), **_rest(env), **(changes or {})}


def _aws(env: Environment) -> World:
    keys: World = {KeyAsked(key=arn): key(env, arn) for arn in (QUEUE_KEY, BUCKET_KEY)}
    buckets: World = {BucketAsked(name=name): bucket(env, name) for name in ("tonic-src", "tonic-dst")}
    roles: World = {RoleAsked(name=name): role(env, name) for name in (env.server_role, env.lambda_role)}
    return {
        Caller(): CallerAnswer(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/op", partition="aws", region=REGION, endpoint="aws"),
        InstanceAsked(instance_id=INSTANCE): instance(),
        ClusterAsked(cluster="src"): cluster("src"),
        ClusterAsked(cluster="dst"): cluster("dst"),
        **{ProductLeftovers(service=name): () for name in ("lambda", "logs", "mappings", "sqs")},
        **keys,
        **buckets,
        **roles,
    }


def _databases(env: Environment) -> World:
    source, destination = env.source.user, env.destination.user
    log_in = LoginAsked(
        side="source",
        user=source.name,
        password=source.password,
        relations=(("crm", "person"), ("sales", "order")),
    )
    other = LoginAsked(side="destination", user=destination.name, password=destination.password)
    return {
        SessionAsked(side="source"): session("source"),
        SessionAsked(side="destination"): session("destination"),
        SOURCE: (schema("crm"), schema("sales")),
        DESTINATION: (schema("public", "admin"),),
        RelationsAsked(side="source"): (
            relation("crm", "person"),
            relation("sales", "order"),
            relation("sales", "paid"),
        ),
        RelationsAsked(side="destination"): (),
        UsersAsked(side="source"): (("admin", True), ("etl", False), (source.name, False)),
        UsersAsked(side="destination"): (
            ("admin", True),
            ("etl", False),
            (destination.name, env.destination.preserve_ownership),
        ),
        PrivilegesAsked(side="source", user=source.name): privileges(database_create=False),
        PrivilegesAsked(side="destination", user=destination.name): privileges(),
        log_in: login("source", source.name),
        other: login("destination", destination.name, read=0),
        ReferenceAsked(reference=source.password, user=source.name): ReferenceAnswer(resolves=True),
        ReferenceAsked(reference=destination.password, user=destination.name): ReferenceAnswer(resolves=True),
    }


def _rest(env: Environment) -> World:
    finding = Finding(stage="storage", rows=("A4",), claim="the buckets are there", verdict="kept")
    return {
        TodayAsked(): "2026-06-30",
        ExportedSettingsAsked(path="worker.env"): None,
        FindingsAsked(): (finding,),
        ReverseAsked(): ReverseAnswer(),
    }


def answered(step: Part | Check, env: Environment, answers: World) -> Inventory:
    """Answer just what a step asks, first and follow-up questions, so that looking further is an error."""
    found = Inventory({each: _answer(each, answers) for each in step.asks(env)})
    while more := [each for each in step.then(env, found) if each not in found]:
        found = found.merged(Inventory({each: _answer(each, answers) for each in more}))
    return found


def _answer(question: Question, answers: World) -> Any:
    if isinstance(question, RightsAsked):
        return answers.get(question, RightsAnswer())
    if isinstance(question, SimulationAsked | ValidationAsked):
        return answers.get(question, Unanswered("nobody may simulate", "owed"))
    return answers[question]


def wanted(slug: str, env: Environment, answers: World | None = None) -> list[Any]:
    """List what a stage wants, resources and removals. Raises Unanswered where a part may want nothing."""
    known = world(env) if answers is None else answers
    return [each for part in STAGES[slug].parts for each in part.desire(env, answered(part, env, known))]


def grants(slug: str, env: Any, answers: World | None = None) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Map the address of each wanted grant to its objects."""
    return {each.address: each.objects for each in wanted(slug, env, answers) if isinstance(each, Grants)}


def refused(slug: str, env: Environment, answers: World) -> dict[str, Unanswered]:
    """Map the parts of a stage that may want nothing to the reason."""
    reasons: dict[str, Unanswered] = {}
    for part in STAGES[slug].parts:
        try:
            tuple(part.desire(env, answered(part, env, answers)))
        except Unanswered as reason:
            reasons[part.name] = reason
    return reasons


def judged(slug: str, env: Environment, answers: World | None = None, claims: Container[str] = ()) -> list[tuple[Check, Judgement]]:
    """Judge the checks of a stage, or those with these claims, as the engine does: a refused question becomes a judgement."""
    known = world(env) if answers is None else answers
    checks = [each for each in STAGES[slug].checks if not claims or each.claim in claims]
    return [(check, each) for check in checks for each in _judgements(check, env, known)]


def _judgements(check: Check, env: Environment, answers: World) -> tuple[Judgement, ...]:
    try:
        return tuple(check.judge(env, answered(check, env, answers)))
    except Unanswered as refusal:
        return (Judgement(verdict=refusal.verdict, detail=refusal.reason, way_out=refusal.way_out, by=refusal.by, address=refusal.address),)


def verdicts(slug: str, claim: str, env: Environment, answers: World | None = None) -> list[tuple[str, str]]:
    """List verdict and detail of every judgement under a claim."""
    return [(each.verdict, each.detail) for check, each in judged(slug, env, answers) if check.claim == claim]


def amiss(slug: str, env: Environment, answers: World | None = None) -> list[tuple[str, str]]:
    """List claim and verdict of every judgement that is not kept."""
    return [(each.claim or check.claim, each.verdict) for check, each in judged(slug, env, answers) if each.verdict != "kept"]

"""Where rehearsals are played: the sandbox past the product, and environments in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from runbook_lib import engine
from runbook_lib.adapters.aws.retry import Patience
from runbook_lib.adapters.connections import Connections
from runbook_lib.adapters.target import CompositeTarget
from runbook_lib.documents.rehearsal import of_server, of_user
from runbook_lib.model import Approval, Change
from runbook_lib.parameters import Environment
from runbook_lib.parameters.load import load
from runbook_lib.resources.rehearsals import Exercise, Flow, Rehearsal
from runbook_lib.runbook.scope import scope_of
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import environment
from runbook_lib.stages import all_stages
from tests.driver import HERE
from tests.end_to_end.world import KEYS, admin, made
from tests.fakes import ListJournal

SHAPES = ("v2-documented", "v2-scoped-keys", "legacy-documented", "legacy-scoped-keys", "both-scoped")
SETTING_UP = ("storage", "encryption", "lambda_role", "server_role", "source_database", "destination_database")
QUICK = Patience(deadline=0.4, first=0.02, longest=0.1)
INSTANCE = "i-0a1b2c3d4e5f60718"


@dataclass(frozen=True)
class Place:
    """Reach a running sandbox as its operator, past the product."""

    state: State
    folder: Path

    @property
    def endpoint(self) -> str:
        """Give the address of its AWS."""
        return f"http://127.0.0.1:{self.state.aws_port}"

    def client(self, service: str) -> Any:
        """Give a client as the operator."""
        keys = environment(self.folder)
        return made(service, self.state.aws_port, self.state.region, tuple(keys[name] for name in KEYS))

    def asked(self, what: str) -> Any:
        """Read one of the sandbox's logs."""
        answer: Any = self._control("GET", what)
        return answer

    def sends(self, method: str, what: str, body: object = None) -> None:
        """Set or clear what the sandbox holds beside AWS's own."""
        self._control(method, what, json.dumps(body))

    def _control(self, method: str, what: str, body: str = "") -> object:
        connection = HTTPConnection("127.0.0.1", self.state.aws_port, timeout=10)
        connection.request(method, f"/_sandbox/{what}", body)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == HTTPStatus.OK, text
        connection.close()
        return json.loads(text)

    def things(self) -> dict[str, list[str]]:
        """List what rehearsals make, and so may leave: roles, queues, functions, mappings, logs, notifications, objects and schemas."""
        functions, s3 = self.client("lambda"), self.client("s3")
        buckets = [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("tonic-")]
        with admin(self.state, self.folder, "tickit_masked") as connection, connection.cursor() as cursor:
            cursor.execute("select nspname from pg_namespace where nspname like 'tonic%rehearsal%'")
            schemas = [str(row[0]) for row in cursor.fetchall()]
        return {
            "roles": [each["RoleName"] for each in self.client("iam").list_roles()["Roles"]],
            "queues": self.client("sqs").list_queues().get("QueueUrls", []),
            "functions": [each["FunctionName"] for each in functions.list_functions()["Functions"]],
            "mappings": [each["UUID"] for each in functions.list_event_source_mappings()["EventSourceMappings"]],
            "logs": [each["logGroupName"] for each in self.client("logs").describe_log_groups()["logGroups"]],
            "notified": [each for each in buckets if s3.get_bucket_notification_configuration(Bucket=each).get("QueueConfigurations")],
            "objects": [
                found["Key"]
                for each in buckets
                for found in s3.list_objects_v2(Bucket=each).get("Contents", [])
                if "-rehearsal-" in found["Key"]
            ],
            "schemas": schemas,
        }


def described(place: Place, shape: str, **server: Any) -> Environment:
    """Describe an environment of a shape, with names of its own; the first one has the sample's instance."""
    pipeline, style, *keyed = shape.split("-")
    name = shape.replace("documented", "doc").replace("scoped", "sc")
    values = load(HERE / "parameters" / "sandbox.yaml").model_dump(mode="json", by_alias=True)
    values |= {"environment": name, "pipeline": pipeline, "policy_style": style}
    values["aws"]["endpoint"] = place.endpoint
    values["server"] = {"instance_id": INSTANCE, "attach_profile": False, **server}
    values["roles"] |= {"server": f"tonic-{name}-server", "twins": True}
    for side in ("source", "destination"):
        values["buckets"][side]["name"] = f"tonic-{name}-{side}"
        values[side]["port"] = place.state.redshift_port
        values[side]["user"] = {"name": f"{side}_{name}".replace("-", "_"), "password": f"generate:secretsmanager:{name}/{side}"}
    if keyed:
        own = {"create": f"tonic-{name}-bucket"}
        queue = {"create": f"tonic-{name}-queue"} if pipeline != "v2" else None
        values["kms"] = {"queue_key": queue, "bucket_keys": {"source": own, "destination": own}}
    return Environment.model_validate(values)


def target_of(env: Environment) -> CompositeTarget:
    """Connect with little patience."""
    return CompositeTarget(Connections(env, patience=QUICK))


def prepared(env: Environment) -> None:
    """Set an environment up with the engine, without notebooks."""
    target = target_of(env)
    for stage in all_stages():
        if stage.slug in SETTING_UP:
            plan, _ = engine.plan(stage, env, target, scope_of(env))
            receipt = engine.apply(plan, (Approval(digest=plan.digest, by="a test", at=""),), plan, target, ListJournal(), now=lambda: "")
            assert {"applied"} >= {entry.outcome for entry in receipt.entries}, receipt
    target.close()


def flows_of(env: Environment) -> tuple[Flow, ...]:
    """List the flows of an environment."""
    flows: tuple[Flow, ...] = ("source_user", "destination_user", "files", "unload_and_copy")
    return (*flows, "orchestration") if env.is_legacy else flows


def rehearsal(env: Environment, flow: Flow) -> Rehearsal:
    """Describe a flow of an environment."""
    return of_user(env, flow) if flow.endswith("_user") else of_server(env, flow, env.server_role)


def played(env: Environment, flow: Flow, *, is_unfinished: bool = False, is_wanted: bool = True) -> Exercise:
    """Play a flow, after one that was not finished or not; or only sweep up after that one."""
    target, wanted = target_of(env), rehearsal(env, flow)
    before = wanted.model_copy(update={"is_unfinished": True}) if is_unfinished else None
    try:
        return target.exercise(Change(before=before, after=wanted if is_wanted else None))
    finally:
        target.close()


def amiss(exercise: Exercise) -> Sequence[tuple[str, str, str]]:
    """List the steps that did not end as they should, but for known gaps."""
    return [(each.name, each.ended, each.detail) for each in exercise.steps if not each.is_good and not exercise.is_gap(each)]

"""The least policy of the caller is enough for a run, and without any one action of it the run says which action is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import pytest

from runbook_lib import engine
from runbook_lib.adapters.aws.retry import Patience
from runbook_lib.adapters.connections import Connections
from runbook_lib.adapters.refusals import unanswered
from runbook_lib.adapters.target import CompositeTarget
from runbook_lib.documents.caller import caller_policies
from runbook_lib.engine.plan import plan_together
from runbook_lib.errors import TargetError
from runbook_lib.exports.render import Offline
from runbook_lib.model import Approval, Change, Inventory, Question, Resource, Stage
from runbook_lib.parameters import Environment
from runbook_lib.ports import Ended, Observation
from runbook_lib.resources.files import ExportedSettingsAsked, TodayAsked
from runbook_lib.resources.records import FindingsAsked, ReverseAnswer, ReverseAsked
from runbook_lib.resources.rights import Need, Permission, RightsAnswer, RightsAsked
from runbook_lib.resources.warehouse import DatabaseUser, LoginAsked
from runbook_lib.stages._rights import forward
from tests.contract.aws.endpoint import ACCOUNT, REGION
from tests.fakes import FakeTarget, ListJournal
from tests.sandbox.aws.account import Account
from tests.stages import worlds
from tests.stages.worlds import STAGES

SET_UP = engine.setting_up(STAGES.values(), worlds.legacy(pipeline="both"))
LOCAL: dict[type[Question], Any] = {
    TodayAsked: "2026-06-30",
    ExportedSettingsAsked: None,
    FindingsAsked: (),
    ReverseAsked: ReverseAnswer(),
    RightsAsked: RightsAnswer(),
}
CLUSTER = "tonic-sandbox"


class Databases(FakeTarget):
    """Stand for both databases: all but the passwords of the product's users needs no AWS."""

    secrets: Any = None

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Resolve a user's password before his log-in is answered."""
        return super().ask(questions).merged(Inventory({each: self._logged_in(each) for each in questions if isinstance(each, LoginAsked)}))

    def write(self, changes: Sequence[Change]) -> None:
        """Resolve the password of each new user."""
        for each in changes:
            if isinstance(each.after, DatabaseUser) and each.before is None:
                self.secrets.resolve(each.after.password)
        super().write(changes)

    def _logged_in(self, question: LoginAsked) -> Any:
        try:
            self.secrets.resolve(question.password)
        except TargetError as error:
            return unanswered(error)
        return self.answers[question]


@dataclass(frozen=True)
class Run:
    """Carry out stages on an environment, as whoever holds the keys in this process's environment."""

    environment: Environment
    databases: Databases

    @cached_property
    def target(self) -> CompositeTarget:
        """Connect, and wait for nothing."""
        connections = Connections(self.environment, patience=Patience(deadline=0.0, attempts=1))
        connections._warehouse = self.databases  # type: ignore[assignment]
        self.databases.secrets = connections.secrets
        return CompositeTarget(connections)

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer what lies in files and records, and pass the rest on."""
        local = {each: LOCAL[type(each)] for each in questions if type(each) in LOCAL}
        return self.target.ask([each for each in questions if each not in local]).merged(Inventory(local))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there."""
        return self.target.observe(wanted) if wanted else {}

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes."""
        self.target.write(changes)

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Make the changes of several lanes."""
        self.target.write_together(groups, ended)

    def permissions(self, use: Any) -> tuple[Permission, ...]:
        """Declare what a use takes."""
        return self.target.permissions(use)

    def apply(self, stages: Iterable[Stage]) -> list[str]:
        """Plan and apply each stage, and tell what was not applied."""
        said: list[str] = []
        for stage in stages:
            plan, _ = engine.plan(stage, self.environment, self, ())
            approvals = (Approval(digest=plan.digest, by="Ada", at="now"),)
            receipt = engine.apply(plan, approvals, plan, self, ListJournal(), now=lambda: "now")
            said += [*(each.reason for each in plan.owed), *(each.reason for each in plan.contested)]
            said += [f"{each.outcome}: {each.detail}" for each in receipt.entries if each.outcome != "applied"]
        return said

    def verify(self, stages: Sequence[Stage]) -> list[str]:
        """Plan the stages, ask their checks, and tell what is not kept."""
        together = plan_together(stages, self.environment, self, ())
        checks = [check for stage in stages for check in stage.checks]
        known, _ = engine.inventory_of(checks, self.environment, self, together.inventory)
        said = [f"{each.address} is to be changed" for plan in together.plans for each in plan.changes]
        said += [each.reason for plan in together.plans for each in plan.owed]
        said += [f"{each.address} is contested" for plan in together.plans for each in plan.contested]
        findings = [each for stage in stages for each in engine.check(stage, self.environment, self, known)]
        return said + [f"{each.detail}; {each.way_out}" for each in findings if each.verdict != "kept"]


def environment_of(name: str, url: str = "", instance: str = worlds.INSTANCE, boundary: str = "") -> Environment:
    """Describe an environment that makes everything that can be made."""
    return worlds.legacy(
        environment=name,
        pipeline="both",
        aws={"account": ACCOUNT, "region": REGION, "endpoint": url},
        server={"instance_id": instance},
        roles={"path": "/acme/", "permissions_boundary": boundary or f"arn:aws:iam::{ACCOUNT}:policy/boundary"},
        buckets={"source": {"name": f"tonic-{name}-a"}, "destination": {"name": f"tonic-{name}-b"}},
        kms={"queue_key": {"create": f"tonic-{name}-q"}, "bucket_keys": {"source": {"create": f"tonic-{name}-s"}}},
        adopt=["database_user/source/tonic_user", "database_user/destination/tonic_destination_user"],
        source=_side("tonic_user", f"generate:secretsmanager:tonic/{name}/source"),
        destination=_side("tonic_destination_user", f"generate:secretsmanager:tonic/{name}/destination"),
    )


def _side(user: str, password: str) -> dict[str, Any]:
    admin = {"user": "admin", "password": "env:ADMIN_PASSWORD"}
    return {"cluster": CLUSTER, "admin": admin, "user": {"name": user, "password": password}}


@dataclass(frozen=True)
class Place:
    """Hold the endpoint, and the caller's role, whose policies are what is tried."""

    account: Account
    role: str
    boundary: str

    def run(self) -> Run:
        """Describe a new environment, with an instance of its own and databases that answer."""
        ec2 = self.account.client("ec2")
        instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        made = environment_of(f"c{uuid4().hex[:8]}", self.account.url, instance, self.boundary)
        return Run(made, Databases(answers=worlds.world(made)))

    def allow(self, needs: Iterable[Need], without: str = "") -> None:
        """Give the caller just what is needed, but for one action."""
        iam = self.account.client("iam")
        for name, document in caller_policies(needs).items():
            rest = [
                {**each, "Action": kept} for each in document["Statement"] if (kept := [one for one in each["Action"] if one != without])
            ]
            text = json.dumps({**document, "Statement": rest or [NOTHING]})
            iam.put_role_policy(RoleName=self.role, PolicyName=name, PolicyDocument=text)


NOTHING = {"Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*"}


def needs_of(run: Run, stages: Iterable[Stage] = SET_UP) -> tuple[Need, ...]:
    """List what setting up takes in an empty account."""
    question = forward(run.environment)
    answer: RightsAnswer = Offline(run.environment, tuple(stages), run.permissions).ask((question,))[question]
    return answer.needs


@pytest.fixture(scope="module")
def place(endpoint: str) -> Iterator[Place]:
    """Act in this process as a role that has what a test gives it."""
    account = Account(endpoint)
    account.client("redshift").modify_cluster(ClusterIdentifier=CLUSTER, EnhancedVpcRouting=True)
    everything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    boundary = account.client("iam").create_policy(PolicyName=f"boundary-{account.name}", PolicyDocument=everything)["Policy"]["Arn"]
    arn = account.role()
    keys = account.session(arn)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(name.upper(), value)
        yield Place(account, arn.rpartition("/")[2], boundary)


@dataclass(frozen=True)
class Applied:
    """Hold an environment that was set up by whoever has just the least policy."""

    run: Run
    needs: tuple[Need, ...]
    said: list[str]


@pytest.fixture(scope="module")
def applied(place: Place) -> Applied:
    """Set up everything, once."""
    run = place.run()
    needs = needs_of(run)
    place.allow(needs)
    return Applied(run, needs, run.apply(SET_UP))


def test_the_least_policy_is_enough(place: Place, applied: Applied) -> None:
    """Who has it plans and applies everything; then nothing is left to change, and no right is missing to verify."""
    assert [] == applied.said
    place.allow(applied.needs)
    again = Run(applied.run.environment, applied.run.databases).verify(SET_UP)
    assert [] == [each for each in again if re.search("is to be changed|is contested|not authorized", each)]


ACTIONS = tuple(sorted({each.permission.action for each in needs_of(Run(environment_of("any"), Databases()))}))
"""Every action of the policy of an environment that makes everything."""


@pytest.mark.slow
@pytest.mark.parametrize("action", ACTIONS)
def test_without_one_action_the_run_names_it(action: str, place: Place, applied: Applied) -> None:
    """Whichever action is taken away, what the run leaves owed, failed or unknown names it.

    Reading is missed where everything is there, or else where nothing is; writing where nothing is. Stages that do not take the
    action are left out.
    """
    stages = [each for each in SET_UP if action in {need.permission.action for need in needs_of(applied.run, (each,))}]
    is_read = any(need.permission.action == action and need.purpose != "apply" for need in applied.needs)
    said: list[str] = []
    if is_read:
        place.allow(applied.needs, action)
        said = Run(applied.run.environment, applied.run.databases).verify(stages)
    if not _named(action, said):
        fresh = place.run()
        place.allow(needs_of(fresh), action)
        said += fresh.apply(stages)
    assert _named(action, said), said


def _named(action: str, said: list[str]) -> bool:
    return any(re.search(rf"{action}\b", each) for each in said)

"""Every command, every exit code and which of several wins, and what the JSON holds: by the real command line, on a world in memory."""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import cli, place
from runbook_lib.errors import GuardRefused, Locked, Rejected
from runbook_lib.evidence import RunFacts, StageResult, lock, steps
from runbook_lib.evidence.batches import BatchRecord
from runbook_lib.evidence.owner import Owner
from runbook_lib.lab import Opened
from runbook_lib.model import Inventory, Question, Unanswered
from runbook_lib.model.fleets import BatchFacts, Row
from runbook_lib.parameters.load import load
from runbook_lib.parameters.written import as_yaml
from runbook_lib.resources.ec2 import InstanceAsked
from runbook_lib.resources.iam import RolePolicy
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook import interactive, working
from runbook_lib.runbook.records import Records
from runbook_lib.sandbox.command import WRITTEN
from runbook_lib.sandbox.state import State
from tests import cells
from tests.fake_runbook import FAKE
from tests.fakes import FakeTarget
from tests.machine import ROOT
from tests.objects import FakeObjects
from tests.records import house
from tests.stages.worlds import environment, world

INVALID = {"exit_code", "file", "problems"}
FAILED = {"exit_code", "error", "where", "what", "way_out"}
RAN = {"exit_code", "meaning", "record", "record_digest", "signer", "digest", "changes", "verdicts", "stages", "findings", "errors"}
BATCH = {"exit_code", "meaning", "verb", "record", "record_digest", "halted", "environments"}
TWINS = {"exit_code", "environments", "parameters", "resources", "permissions", "not_compared"}
CHECKED = {"exit_code", "folder", "checked", "flaws"}
RUN_FACTS = {"digest", "signer", "environment", "record", "verb", "started", "approved by", "plan", "previous"}
AUDITED = CHECKED | RUN_FACTS
STANDS = {"exit_code", "digest", "record", "state", "reason", "approvals", "run", "next"}
RUNS = {"exit_code", "aws_endpoint", "redshift", "account", "region", "folder", "pids", "since"}
ENVIRONMENT = environment(**{side: {"admin": {"user": "admin", "password": "env:ADMIN"}} for side in ("source", "destination")})
BUCKET = Bucket(name="tonic-src", region="us-east-1").address
SECOND = 2
NOW = "2026-01-02T03:04:05.678Z"


class World(FakeTarget):
    """Hold a world in memory that refuses to be asked about the instance, when told to."""

    guarded = False

    def ask(self, questions: Any) -> Inventory:
        """Answer, unless the guard stops it."""
        if self.guarded and any(isinstance(each, InstanceAsked) for each in questions):
            raise GuardRefused("aws", "is another account", "log in to the right one")
        return super().ask(questions)


@dataclass
class Desk:
    """Hold a home with a parameter file, and the world that its commands reach."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    values: dict[str, Any] = field(default_factory=lambda: ENVIRONMENT.model_dump(mode="json", by_alias=True, exclude_unset=True))
    target: World = field(default_factory=lambda: World(answers=dict[Question, Any](world(ENVIRONMENT))))
    objects: FakeObjects = field(default_factory=FakeObjects)
    held: ExitStack = field(default_factory=ExitStack)
    digest: str = ""
    newest: int = -1

    @property
    def file(self) -> Path:
        """Name the parameter file."""
        return self.home / "parameters" / "any.yaml"

    @property
    def records(self) -> list[Path]:
        """List the records, oldest first."""
        return sorted((self.home / "runs" / "staging").glob("*-*"), key=lambda path: path.stat().st_mtime_ns)

    @property
    def record(self) -> Path:
        """Give the record that a command means: the newest, if nothing else was said."""
        return self.records[self.newest]

    def write(self) -> None:
        """Write the parameter file."""
        self.file.write_text(json.dumps(self.values), "utf-8")

    def type(self, *words: str) -> tuple[int, str, str]:
        """Type a command; give its exit code and what it says where."""
        names = {"FILE": str(self.file), "DIGEST": self.digest, "TAKEN": str(self.home / "taken"), "OUT": str(self.home / "rendered")}
        names |= {
            "NAME": self.record.name if self.records else "",
            "EXPORT": str(self.home / "export.json"),
            "PUBLIC": str(self.home / "house" / "audit.pub.pem"),
        }
        names["BATCH"] = str(next((self.home / "runs" / "_batches").glob("*"), ""))
        if "RECORD" in words and self.records:
            names |= {"RECORD": str(self.record), "OWN": sha256((self.record / "statement.json").read_bytes()).hexdigest()}
        code = cli.main([names.get(word, word) for word in words])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def plan(self, *words: str) -> None:
        """Plan, and remember the digest."""
        _, out, _ = self.type(*(words or ("plan", "FILE", *STORAGE)), "--json")
        self.digest = json.loads(out)["digest"]

    def apply(self) -> None:
        """Set the storage up."""
        self.plan()
        self.type("apply", "FILE", "--approve", "DIGEST")


STORAGE = ("--stage", "storage")
BOTH = (*STORAGE, "--stage", "server_role")


def nothing(_desk: Desk) -> None:
    """Have nothing done before."""


def planned(desk: Desk) -> None:
    """Have a plan of the storage."""
    desk.plan()


def planned_both(desk: Desk) -> None:
    """Have a plan of two stages."""
    desk.plan("plan", "FILE", *BOTH)


def applied(desk: Desk) -> None:
    """Have the storage set up."""
    desk.apply()


def planned_back(desk: Desk) -> None:
    """Have the storage set up, and a plan of the way back."""
    desk.apply()
    desk.plan("destroy", "FILE")


def drifted(desk: Desk) -> None:
    """Have somebody take a bucket away."""
    desk.apply()
    del desk.target.things[BUCKET]


def guarded(desk: Desk) -> None:
    """Let the account be another one."""
    desk.target.guarded = True


def drifted_and_guarded(desk: Desk) -> None:
    """Let one stage be broken, and the guard stop the next."""
    drifted(desk)
    guarded(desk)


def owed(desk: Desk) -> None:
    """Lack a right."""
    desk.target.refused[BUCKET] = Unanswered("s3:GetBucketLocation is denied", verdict="owed", by="cloud engineer")


def owed_and_drifted(desk: Desk) -> None:
    """Lack a right, while something else has drifted."""
    desk.apply()
    owed(desk)
    del desk.target.things[next(each for each in desk.target.things if "tonic-dst" in each)]


def failing(desk: Desk) -> None:
    """Let the first write fail."""

    def fail(_number: int) -> None:
        raise Rejected("s3:CreateBucket", "is refused")

    desk.plan()
    desk.target.before_write = fail


def failing_then_drifted(desk: Desk) -> None:
    """Let the first write fail, and what the second stage plans be changed by somebody."""
    planned_both(desk)
    digest = desk.digest
    failing(desk)
    desk.digest = digest
    policy = RolePolicy(role="tonic-staging-server", name="tonic-server-role-v2", document="{}")
    desk.target.things[policy.address] = policy


def changed(desk: Desk) -> None:
    """Change the file after its plan was approved."""
    desk.plan()
    desk.values["buckets"]["retention_days"] = 9
    desk.write()


def no_sandbox(desk: Desk) -> None:
    """Have the sandbox's file, and nothing that listens at its endpoint."""
    text = (ROOT / "parameters" / "sandbox.yaml").read_text("utf-8")
    desk.file.write_text(re.sub(r"endpoint: http://127.0.0.1:\d+", "endpoint: http://127.0.0.1:1", text), "utf-8")


def sandbox_gone(desk: Desk) -> None:
    """Have the file of a sandbox that took free ports and was stopped."""
    no_sandbox(desk)
    desk.file.write_text(f"{WRITTEN}\n{desk.file.read_text('utf-8')}", "utf-8")


def stopped(desk: Desk) -> None:
    """Have a run that failed, and what made it fail mended."""
    failing(desk)
    desk.type("apply", "FILE", "--approve", "DIGEST")
    desk.target.before_write = lambda _number: None


def interrupted(desk: Desk) -> None:
    """Press Ctrl-C at the second write."""

    def press(number: int) -> None:
        if number == SECOND:
            raise KeyboardInterrupt

    desk.plan()
    desk.target.before_write = press


def approved(desk: Desk) -> None:
    """Have a plan that somebody approved."""
    desk.plan()
    desk.type("approve", "RECORD", "--by", "Jo")


def rejected(desk: Desk) -> None:
    """Have a plan that somebody approved before he rejected it."""
    approved(desk)
    desk.type("reject", "RECORD", "--reason", "wide", "--by", "Jo")


def approved_and_replanned(desk: Desk) -> None:
    """Have a newer plan than the approved one."""
    approved(desk)
    planned_both(desk)


def planned_again(desk: Desk) -> None:
    """Have what was applied planned anew: nothing is to be done."""
    desk.apply()
    desk.plan()


def stopped_and_changed(desk: Desk) -> None:
    """Have a run that failed, and change the file."""
    stopped(desk)
    desk.values["buckets"]["retention_days"] = 9
    desk.write()


def stopped_and_drifted(desk: Desk) -> None:
    """Have a run that failed, and a bucket of the planned name that somebody made meanwhile."""
    stopped(desk)
    desk.target.things[BUCKET] = Bucket(name="tonic-src", region="eu-west-1")


def stopped_and_overtaken(desk: Desk) -> None:
    """Have a run that failed, and a later one that changed something."""
    stopped(desk)
    desk.apply()
    desk.newest = -3


def stopped_and_locked(desk: Desk) -> None:
    """Have a run that failed, and another one that writes."""
    stopped(desk)
    desk.held.enter_context(lock.held(desk.home / "runs" / "staging", "staging", "apply", NOW))
    lock._HERE.clear()


def resumed(desk: Desk) -> None:
    """Have a run that failed and was gone on from."""
    stopped(desk)
    desk.type("resume", "RECORD")


def locked(desk: Desk) -> None:
    """Let another run write; its lock is of another process, as the system sees it."""
    desk.plan()
    folder = desk.home / "runs" / "staging"
    desk.held.enter_context(lock.held(folder, "staging", "apply", NOW))
    lock._HERE.clear()


def bad(desk: Desk) -> None:
    """Spoil the file."""
    desk.values["pipeline"] = "v3"
    desk.write()


def taken(desk: Desk) -> None:
    """Have a file where a folder is wanted."""
    (desk.home / "taken").write_text("", "utf-8")


def records_taken(desk: Desk) -> None:
    """Have a file where the records are to lie."""
    taken(desk)
    desk.values["records"] = str(desk.home / "taken")
    desk.write()


def in_bucket(desk: Desk) -> None:
    """Keep the records in a bucket."""
    desk.values["records"] = "s3://acme-records/team"
    desk.write()


def planned_in_bucket(desk: Desk) -> None:
    """Plan, and lose the connection to the bucket before the end."""
    in_bucket(desk)
    desk.objects.left = 3
    desk.type("plan", "FILE", *STORAGE)
    desk.objects.left = None


def out_of_reach(desk: Desk) -> None:
    """Lose the connection to the bucket as soon as something is stored there."""
    in_bucket(desk)
    desk.objects.left = 0


def locked_in_bucket(desk: Desk) -> None:
    """Let another machine write."""
    in_bucket(desk)
    desk.plan()
    owner = Owner(user="jo", host="elsewhere.example", pid=7, verb="apply", since=NOW)
    desk.objects.put("team/staging/.lock", owner.model_dump_json().encode())


def recorded(desk: Desk) -> None:
    """Have a record of an apply, and an export of CloudTrail's beside it that holds nothing else."""
    desk.apply()
    (desk.home / "export.json").write_text('{"Records": []}', "utf-8")


def tampered(desk: Desk) -> None:
    """Have a record whose findings somebody changed."""
    recorded(desk)
    with (desk.record / "findings.json").open("a", encoding="utf-8") as file:
        file.write(" ")


def signed(desk: Desk) -> None:
    """Have a record that is signed."""
    house(desk.home / "house")
    desk.values["signing"] = {"key": "house/audit.pem"}
    desk.write()
    recorded(desk)


def foreign(desk: Desk) -> None:
    """Have an export that tells of a call of ours that the journal does not tell of."""
    recorded(desk)
    first = json.loads((desk.record / "journal.jsonl").read_text("utf-8").splitlines()[0])
    event = {
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "eventTime": first["at"],
        "userIdentity": {"arn": first["by"]["caller"]},
    }
    (desk.home / "export.json").write_text(json.dumps({"Records": [event]}), "utf-8")


def unreadable(desk: Desk) -> None:
    """Have an export that cannot be read."""
    recorded(desk)
    (desk.home / "export.json").write_text("", "utf-8")


def stepped(desk: Desk) -> None:
    """Have a notebook's working copy that was run and saved."""
    (desk.home / "notebooks").symlink_to(ROOT / "notebooks")
    working.working_copies(desk.file, ENVIRONMENT)
    copies = desk.home / "runs" / ".lab" / "staging"
    facts = RunFacts(environment="staging", verb="step", started="2026-01-01T00:00:00.000Z")
    record = interactive.record_of(Records(load(desk.file)), facts, copies)
    steps.opened(record, "storage", "2026-01-01T00:00:01.000Z")
    record.close_stage(StageResult(stage="storage", idle="nothing"))
    (copies / "20_storage.ipynb").touch()


def unsaved(desk: Desk) -> None:
    """Have one that was run and is not saved."""
    stepped(desk)
    os.utime(desk.home / "runs" / ".lab" / "staging" / "20_storage.ipynb", (1, 1))


def doing(desk: Desk, what: str) -> None:
    """Have an environment whose process, in a batch, ends as is said."""
    desk.values["roles"] = {"tags": {"does": what}}
    desk.write()


def failing_in_batch(desk: Desk) -> None:
    """Have an environment that fails in a batch."""
    doing(desk, "fail")


def drifting_in_batch(desk: Desk) -> None:
    """Have an environment that has drifted."""
    doing(desk, "drift")


def batched(desk: Desk) -> None:
    """Have a batch that ran to its end."""
    desk.type("batch", "FILE", "--verb", "verify")


def planned_in_batch(desk: Desk) -> None:
    """Have a batch that planned the storage of one environment."""
    desk.plan()
    row = Row(number=1, file="any", environment="staging", state="ended", exit_code=0, changes=2, folder=str(desk.record))
    BatchRecord.create(desk.home / "runs", BatchFacts(verb="plan", started=NOW, files=("any",))).keep(row)


def batched_and_mended(desk: Desk) -> None:
    """Have a batch in which an environment failed, and what made it fail mended."""
    failing_in_batch(desk)
    batched(desk)
    doing(desk, "pending")


def examples(desk: Desk) -> None:
    """Have an example's file beside the own one."""
    name = "example-v2.yaml"
    (desk.file.parent / name).write_text((ROOT / "parameters" / name).read_text("utf-8"), "utf-8")


@dataclass(frozen=True)
class Case:
    """Hold a command, its exit code, the keys of its answer, what was before, and words that it says."""

    words: str
    code: int
    keys: frozenset[str] | set[str]
    given: Callable[[Desk], None] = nothing
    says: str = ""


CASES = (
    Case("check FILE", 0, {"exit_code", "problems", "notes"}, says="is valid"),
    Case("check FILE", 2, {"exit_code", "problems", "notes"}, bad, "pipeline"),
    Case("check", 2, INVALID, says="runbook check --help"),
    Case("", 2, INVALID, says="COMMAND"),
    Case("prepare FILE", 2, INVALID, says="prepare"),
    Case("verify FILE --detailed-exitcode", 2, INVALID, says="--detailed-exitcode"),
    Case("plan FILE --stag storage", 2, INVALID, says="--stag"),
    Case("plan nowhere", 2, INVALID, says="there is no such parameter file"),
    Case("plan FILE", 2, INVALID, bad, "pipeline"),
    *(Case(f"{verb} FILE --stage teardown", 2, INVALID, says="teardown is not a stage") for verb in ("plan", "apply", "verify")),
    Case("plan FILE --stage storage --stage nothing", 2, INVALID, says="nothing is not a stage"),
    Case("plan FILE --stage storage", 0, RAN, says="fine"),
    Case("plan FILE --stage storage --detailed-exitcode", 7, RAN, says="changes are pending"),
    Case("plan FILE --stage storage --detailed-exitcode", 0, RAN, applied),
    Case("plan FILE --stage storage --detailed-exitcode", 6, RAN, owed, "cloud engineer"),
    Case("plan FILE --stage server_role", 5, RAN, guarded, "another account"),
    Case("plan FILE --stage storage", 1, FAILED, records_taken, "taken"),
    *(Case(f"{verb} FILE", 1, FAILED, no_sandbox, "start the sandbox: runbook sandbox up\n") for verb in ("plan", "verify")),
    Case("apply FILE", 1, FAILED, sandbox_gone, "start the sandbox: runbook sandbox up --ports auto any"),
    Case("apply FILE --stage storage", 3, FAILED, says="needs an approval"),
    Case("apply FILE --approve DIGEST", 0, RAN, planned, "fine"),
    Case("apply FILE --stage storage --approve DIGEST --by Jo", 0, RAN, planned, "exit code 0: fine"),
    Case("apply FILE --approve DIGEST", 0, RAN, planned, "check it: runbook audit verify "),
    Case("apply FILE --approve none", 3, FAILED, planned, "no plan in the record store"),
    Case("apply FILE --stage server_role --approve DIGEST", 3, FAILED, planned, "not of server_role"),
    Case("apply FILE --stage storage --stage server_role --approve DIGEST", 3, FAILED, planned, "not of server_role"),
    Case("apply FILE --approve DIGEST", 3, FAILED, planned_back, "a plan of teardown"),
    Case("apply FILE --approved", 0, RAN, approved, "fine"),
    Case("apply FILE --approved", 3, FAILED, says="the record store holds no plan"),
    Case("apply FILE --approved", 3, FAILED, planned, "which nobody approved; read it, then: runbook approve staging/2"),
    Case("apply FILE --approved", 3, FAILED, approved_and_replanned, "which nobody approved"),
    Case("apply FILE --approved DIGEST", 0, RAN, approved, "fine"),
    Case("apply FILE --approved DIGEST", 3, FAILED, planned, "read the plan, then: runbook approve staging/RECORD"),
    Case("apply FILE --approved", 3, FAILED, rejected, "the plan was rejected by"),
    Case("apply FILE --approved --approve DIGEST", 2, INVALID, approved, "not allowed with"),
    Case("apply FILE --approve DIGEST", 3, FAILED, changed, "buckets.retention_days was 7, is 9"),
    Case("apply FILE --approve DIGEST", 3, RAN, failing_then_drifted, "exit code 3: approval refused"),
    Case("apply FILE --approve DIGEST", 1, RAN, failing, "exit code 1: failed"),
    Case("apply FILE --approve DIGEST", 1, FAILED, locked, "is written by another run: apply by"),
    Case("apply FILE --approve DIGEST", 1, RAN, failing, "next    runbook resume 2"),
    Case("apply FILE --approve DIGEST", 1, FAILED, interrupted, "was stopped; s3_bucket"),
    Case("resume RECORD", 0, RAN, stopped, "goes on from 2"),
    Case("resume NAME FILE", 0, RAN, stopped, "exit code 0: fine"),
    Case("resume NAME", 2, INVALID, stopped, "its name and the environment: runbook resume RECORD ENV"),
    Case("resume nowhere FILE", 2, INVALID, says="is no record of staging in runs"),
    Case("resume RECORD", 3, FAILED, planned, "was never approved, so it changed nothing"),
    Case("resume RECORD", 3, FAILED, applied, "ran to its end"),
    Case("resume RECORD", 3, FAILED, stopped_and_changed, "buckets.retention_days was 7, is 9"),
    Case("resume RECORD", 3, RAN, stopped_and_drifted, "exit code 3: approval refused"),
    Case("resume RECORD", 3, FAILED, stopped_and_overtaken, "changed something since"),
    Case("resume RECORD", 1, FAILED, stopped_and_locked, "is written by another run: apply by"),
    Case("audit verify RECORD", 0, AUDITED | {"goes on from"}, resumed, "the run that this one goes on from"),
    Case("verify FILE --stage storage", 0, RAN, applied),
    Case("verify FILE --stage storage", 4, RAN, drifted, BUCKET),
    Case("verify FILE --stage storage", 4, RAN, owed_and_drifted, "cloud engineer"),
    Case("verify FILE --stage storage --stage server_role", 5, RAN, drifted_and_guarded, "another account"),
    Case("destroy FILE", 0, RAN, applied),
    Case("destroy FILE --approve DIGEST --acknowledge *", 0, RAN, planned_back),
    Case("destroy FILE --approve DIGEST", 3, FAILED, planned_back, "(deletes)"),
    Case("approve RECORD --by Jo --expires 8h", 0, {"exit_code", "approvals"}, planned, "is approved by Jo until"),
    Case("approve RECORD --expires soon", 2, INVALID, planned, "hours or days, such as 8h"),
    Case("approve RECORD", 3, FAILED, applied, "approved already"),
    Case("approve BATCH --by Jo", 0, {"exit_code", "approvals"}, planned_in_batch, "is approved by Jo until"),
    Case("approve BATCH", 3, FAILED, batched, "holds no plan that could be approved"),
    Case("reject BATCH --reason wide", 0, {"exit_code", "rejections"}, planned_in_batch, "a new plan takes that back"),
    Case("approve nothing/at-all", 2, INVALID, says="no such parameter file"),
    Case("reject RECORD --reason wide", 0, {"exit_code", "rejections"}, planned, "a new plan takes that back"),
    Case("reject RECORD", 2, INVALID, planned, "--reason"),
    Case("status FILE", 3, FAILED, says="the record store holds no plan"),
    Case("status FILE --digest none", 3, FAILED, planned, "no plan in the record store has the digest none"),
    Case("status FILE", 3, STANDS, planned, "next    runbook approve any/2"),
    Case("status FILE", 0, STANDS, approved, "approved by Jo at 2"),
    Case("status FILE --digest DIGEST", 0, STANDS, approved, "next    runbook apply any --approve "),
    Case("status FILE", 3, STANDS, rejected, "is rejected: the plan was rejected by Jo: wide"),
    Case("status FILE", 3, STANDS, changed, "is outdated: the parameter file was changed after"),
    Case("status FILE", 0, STANDS, stopped, "is begun\n"),
    Case("status FILE", 3, STANDS, stopped_and_changed, "is outdated: the parameter file was changed after"),
    Case("status FILE", 0, STANDS, resumed, "is applied\nnext    runbook verify any"),
    Case("status FILE", 0, STANDS, planned_again, "is unchanged\n"),
    Case("status FILE", 3, STANDS, planned_back, "next    runbook approve any/2"),
    Case("destroy FILE --approve DIGEST", 3, FAILED, planned, "not of teardown"),
    Case("batch FILE --verb plan --jobs 1", 0, BATCH, says="1 of 1 environments done"),
    Case("batch FILE --verb verify --junit TAKEN", 4, BATCH, drifting_in_batch, "0 of 1 environments done, 1 failed"),
    Case("batch FILE --verb apply", 1, BATCH, failing_in_batch, "next    runbook resume"),
    Case("batch FILE nowhere --verb plan --waves 1", 2, BATCH, says="there is no such parameter file"),
    Case("batch FILE any --verb plan", 2, INVALID, says="names too; name each environment once"),
    Case("batch FILE", 2, INVALID, says="--verb"),
    Case("batch FILE --verb plan --jobs 0 --max-failures 0", 2, INVALID, says="--max-failures is 0"),
    Case("batch FILE --verb plan --junit nowhere/report.xml", 2, INVALID, says="in a folder that is there"),
    Case("batch FILE --verb plan --waves 1,half", 2, INVALID, says="'half' is no size of a wave"),
    Case("resume BATCH", 7, BATCH, batched_and_mended, "goes on from 2"),
    Case("resume BATCH", 3, FAILED, batched, "there is nothing to resume"),
    Case("audit verify BATCH", 0, CHECKED | {"digest", "signer", "batch", "verb", "started"}, batched, "fine"),
    Case("diff any any", 0, TWINS, says="any and any are twins: they differ in names alone"),
    Case("diff any example-v2", 4, TWINS, examples, "any and example-v2 differ: 10 parameters"),
    Case("diff FILE nowhere", 2, INVALID, says="there is no such parameter file"),
    Case("diff FILE any", 2, INVALID, bad, "pipeline"),
    Case("render FILE --out OUT", 0, {"exit_code", "folder", "files"}, says="storage.sh"),
    Case("render FILE --out TAKEN", 1, FAILED, taken, "is no folder"),
    Case("unlock FILE", 0, {"exit_code", "taken_away"}),
    Case("unlock FILE", 1, FAILED, locked, "is written by another run: apply by"),
    Case("unlock FILE", 0, {"exit_code", "taken_away"}, locked_in_bucket, "jo@elsewhere.example"),
    Case("apply FILE --approve DIGEST", 1, FAILED, locked_in_bucket, "runbook unlock staging"),
    Case("plan FILE --stage storage", 0, RAN, in_bucket, "fine"),
    Case("plan FILE --stage storage", 1, FAILED, out_of_reach, "runbook archive staging"),
    Case("archive FILE", 0, {"exit_code", "stored", "checked"}, planned_in_bucket, "-plan-"),
    Case("archive FILE", 1, FAILED, says="its records lie in a folder"),
    Case("audit verify RECORD", 0, AUDITED, recorded, "is not signed: whoever wrote the folder may have written all of it"),
    Case("audit verify RECORD --digest OWN", 0, AUDITED, recorded, "the digest that was given"),
    Case("audit verify RECORD --digest 00", 4, AUDITED, recorded, "not the one that was given"),
    Case("audit verify RECORD --key PUBLIC", 0, AUDITED, signed, "the signature of"),
    Case("audit verify RECORD", 6, AUDITED, signed, "which nobody checked: give the public key with --key"),
    Case("audit verify RECORD", 4, AUDITED, tampered, "findings.json: was changed"),
    Case("audit verify RECORD --key FILE", 2, INVALID, recorded, "holds no public key"),
    Case("audit verify nowhere", 2, INVALID, says="nowhere is not there"),
    Case("audit verify TAKEN", 4, AUDITED - RUN_FACTS, taken, "cannot be listed: Not a directory"),
    Case("audit cloudtrail RECORD EXPORT", 0, CHECKED, recorded, "seen in CloudTrail"),
    Case("audit cloudtrail RECORD EXPORT", 4, CHECKED, foreign, "iam:CreateUser"),
    Case("audit cloudtrail RECORD EXPORT", 6, CHECKED, unreadable, "is no JSON"),
    Case("audit cloudtrail RECORD nowhere", 2, INVALID, recorded, "nowhere is not there"),
    Case("record close FILE", 1, FAILED, says="has no open record"),
    Case("record close FILE", 1, FAILED, unsaved, "was not saved since"),
    Case("record close FILE", 0, RAN, stepped, "check it: runbook audit verify "),
    Case("record close nowhere", 2, INVALID, says="there is no such parameter file"),
    Case(
        "lab FILE",
        0,
        {"exit_code", "environment", "folder", "open_at", "aside"},
        says="JupyterLab is open already: http://lab\nchoose staging on its start page",
    ),
    Case("lab FILE", 2, INVALID, bad, "pipeline"),
    Case("demo", 4, RAN, says="exit code 4: a check is broken"),
    Case("sandbox up", 0, RUNS, says="127.0.0.1:2"),
    Case("sandbox status", 0, {"exit_code", "running", "starting"}),
    Case("sandbox down", 0, {"exit_code", "stopped"}),
    Case("sandbox fault deny", 1, FAILED, says="none is running"),
    Case("sandbox up --ports fixed here.yaml", 2, INVALID, says="--ports auto FILE"),
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """Sit down at a desk."""
    made = Desk(tmp_path, capsys)
    made.file.parent.mkdir()
    made.write()
    sandbox = (ROOT / "parameters" / "sandbox.yaml").read_text("utf-8")
    (made.file.parent / "sandbox.yaml").write_text(sandbox, "utf-8")
    state = State("s", 0, 0, 1, 0, 2, 0, 0.0, "1", "r")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("RUNBOOK_SANDBOX_DIR", str(tmp_path / "box"))
    monkeypatch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_: made.target)
    monkeypatch.setattr("runbook_lib.adapters.target.objects_of", lambda _environment, _bucket: made.objects)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("runbook_lib.headless.verbs.papermill", cells.in_place_of_kernels)
    # Converting notebooks to pages takes most of the time, and proves nothing here.
    monkeypatch.setattr("runbook_lib.views.notebook_page.notebook_html", lambda _path: "")
    monkeypatch.setattr("runbook_lib.sandbox.supervisor.up", lambda _wanted: state)
    monkeypatch.setattr("runbook_lib.runbook.interactive.learn_secrets", lambda _environment: None)
    monkeypatch.setattr("runbook_lib.lab.open_lab", lambda *_, **__: Opened(tmp_path, "http://lab"))

    monkeypatch.setattr("runbook_lib.fleet.processes.RUNBOOK", FAKE)
    with made.held:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.words or 'no word'} {case.given.__name__} {case.code}")
def test_a_command_answers_in_json(desk: Desk, case: Case) -> None:
    """The exit code is the first of 5, 2, 3, 1, 4, 6, 7 that holds; standard output is JSON with these keys, and the same code."""
    case.given(desk)

    code, out, err = desk.type(*case.words.split(), "--json")

    answer = json.loads(out)
    assert (case.code, case.code, "") == (code, answer["exit_code"], err)
    assert set(case.keys) == set(answer)


@pytest.mark.parametrize("case", [each for each in CASES if each.says], ids=lambda case: f"{case.words or 'no word'} {case.says}")
def test_a_command_answers_in_words(desk: Desk, case: Case) -> None:
    """Without --json the code is the same, bad usage is said on standard error and everything else on standard output."""
    case.given(desk)

    code, out, err = desk.type(*case.words.split())

    assert case.code == code
    assert case.says in (err if code == 2 and "problems" in case.keys else out)


def test_a_command_says_how_far_it_is_when_asked(desk: Desk) -> None:
    """With --progress standard error has a line for each stage, and standard output is JSON as ever."""
    _, out, err = desk.type("plan", "FILE", *BOTH, "--json", "--progress")

    assert RAN == set(json.loads(out))
    assert ["1/2", "2/2"] == re.findall(r"\[(\d/\d)\]", err)


def test_what_was_approved_before_is_all_that_counts(desk: Desk) -> None:
    """Under --approved nobody approves by giving the command."""
    approved(desk)
    desk.type("apply", "FILE", "--approved", "--by", "Lee")

    given = [json.loads(path.read_text("utf-8")) for path in desk.record.glob("approval*.json")]

    assert ["Jo"] == [json.loads(base64.b64decode(each["payload"]))["predicate"]["by"] for each in given]


def test_every_command_and_every_code_stands_in_the_table() -> None:
    """No command, and no exit code, is left out."""
    assert set(range(8)) == {case.code for case in CASES}
    known = set(commands(cli.parser()))
    assert set() == known - {" ".join(case.words.split()[:length]) for case in CASES for length in (1, 2)}


def test_a_notebook_by_itself_waits_for_a_run(desk: Desk) -> None:
    """A notebook that is given an approval is refused while another run writes, and holds the lock no longer than it runs."""
    locked(desk)
    place.choose(desk.file)
    with pytest.raises(Locked, match="is written by another run"):
        cells.step_through("storage", desk.digest)

    desk.held.close()
    cells.step_through("storage", desk.digest)

    assert "" == (desk.home / "runs" / "staging" / lock.FILE).read_text("utf-8")
    assert BUCKET in desk.target.things


def test_a_record_keeps_no_comment(desk: Desk) -> None:
    """What somebody noted beside a value stays in his own file."""
    desk.file.write_text(f"# a remark\n{desk.file.read_text('utf-8')}", "utf-8")
    _, out, _ = desk.type("plan", "FILE", *STORAGE, "--json")

    kept = (Path(json.loads(out)["record"]) / "parameters.yaml").read_text("utf-8")

    assert as_yaml(ENVIRONMENT) == kept


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """List the commands that a parser knows."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from commands(inner, f"{before} {name}")
            return
    yield before.strip()

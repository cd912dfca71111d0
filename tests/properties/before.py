"""What was done, or happens, before somebody types a command: each is a case's `given`."""

from __future__ import annotations

import json
import os
import re

from runbook_lib.errors import Rejected
from runbook_lib.evidence import RunFacts, StageResult, lock, steps
from runbook_lib.evidence.batches import BatchRecord
from runbook_lib.evidence.owner import Owner
from runbook_lib.model import Unanswered
from runbook_lib.model.fleets import BatchFacts, Row
from runbook_lib.parameters.load import load
from runbook_lib.resources.iam import RolePolicy
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook import interactive, working
from runbook_lib.runbook.records import Records
from tests.machine import ROOT
from tests.properties.desk import BOTH, BUCKET, ENVIRONMENT, NOW, SECOND, STORAGE, Desk
from tests.records import house


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


def carried_out(desk: Desk) -> None:
    """Have what somebody approved applied."""
    approved(desk)
    desk.type("apply", "FILE", "--approved")


def used_up(desk: Desk) -> None:
    """Have what was applied undone by hand, and planned as before."""
    carried_out(desk)
    desk.target.things.clear()
    desk.target.ours.clear()
    desk.plan("plan", "FILE", *STORAGE)


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


def applied_in_batch(desk: Desk) -> None:
    """Have a batch that applied what was planned in one environment."""
    desk.apply()
    row = Row(number=1, file="any", environment="staging", state="ended", exit_code=0, changes=2, folder=str(desk.record))
    BatchRecord.create(desk.home / "runs", BatchFacts(verb="apply", started=NOW, files=("any",))).keep(row)


def batched_and_mended(desk: Desk) -> None:
    """Have a batch in which an environment failed, and what made it fail mended."""
    failing_in_batch(desk)
    batched(desk)
    doing(desk, "pending")


def examples(desk: Desk) -> None:
    """Have an example's file beside the own one."""
    name = "example-v2.yaml"
    (desk.file.parent / name).write_text((ROOT / "parameters" / name).read_text("utf-8"), "utf-8")

"""Hold what `runbook sandbox up`, `status`, `down` and `fault` promise of one sandbox, whoever calls them and whatever dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.utils import InstanceMetadataFetcher

from runbook_lib.sandbox import processes, state, supervisor
from runbook_lib.sandbox.files import WRITTEN
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.supervisor import Wanted
from tests.machine import ROOT
from tests.sandbox.box import Box, box, ended, home, kill, outside, segments, wait_until
from tests.sandbox.clients import asked, client, now, stated, until_cut, variables, warehouse

TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}
PARTS = ("supervisor", "aws", "redshift", "postgres")
CALLERS = 5
SMALL = Wanted(has_sample=False)
WHY = {
    "supervisor": "its supervisor was killed",
    "aws": "the sandbox ends, for aws ended by SIGKILL: it said nothing",
    "redshift": "the sandbox ends, for redshift ended by SIGKILL: it said nothing",
    "postgres": "the sandbox ends, for redshift ended with exit code 1: [-0-9: ]+ PostgreSQL ended by SIGKILL: .*LOG: ",
}
LONG = "select count(*) from pg_attribute a, pg_attribute b, pg_attribute c"
"""A statement that keeps its server process busy until it is stopped."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Box]:
    """Have a sandbox that five callers started at once, each with a parameter file of its own."""
    with box() as made:
        callers = [made.begun("up", "--ports", "auto", f"{number}.yaml") for number in range(CALLERS)]
        made.place.joinpath("answers").mkdir()
        for number, told in enumerate(map(ended, callers)):
            (made.place / "answers" / str(number)).write_text(f"{told.code} {sorted(told.answer.get('pids', {}).items())}", "utf-8")
        yield made


def test_callers_at_the_same_time_start_one_sandbox(shared: Box) -> None:
    """However many start it at once, one sandbox runs, and all are told of the same processes."""
    answers = {(shared.place / "answers" / str(number)).read_text("utf-8") for number in range(CALLERS)}

    assert answers == {f"0 {sorted(now(shared).pids.items())}"}
    assert sorted(PARTS) == sorted(set(processes.of(shared.folder).values()))
    assert 1 == sum("runbook_lib.sandbox.supervisor" in line for line in shared.processes().values())
    assert ("123456789012", 42) == asked(shared)


def test_up_again_finds_what_runs(shared: Box) -> None:
    """A second `up` starts nothing, and `status` tells the same."""
    before = shared("status").answer

    again = shared("up", "--ports", "auto", "again.yaml")

    assert (0, before["pids"], before["since"]) == (again.code, again.answer["pids"], again.answer["since"])
    assert before["running"]
    assert dict.fromkeys(PARTS, True) == before["parts"]


def test_the_parameter_file_for_free_ports_is_a_good_one(shared: Box) -> None:
    """`--ports auto FILE` writes the sandbox's file with the ports that were taken, and `runbook check` accepts it."""
    file = shared.place / "0.yaml"
    command = [sys.executable, "-m", "runbook_lib.cli", "check", str(file)]
    checked = subprocess.run(command, cwd=shared.place, capture_output=True, text=True, check=False)
    ports = (f"endpoint: http://127.0.0.1:{now(shared).aws_port}\n", f"port: {now(shared).redshift_port}\n")
    text = file.read_text("utf-8")

    valid, *notes = checked.stdout.splitlines()
    assert (0, f"{file}: sandbox is valid") == (checked.returncode, valid)
    # Others beside it were written for the same environment, and of nothing else is it told.
    assert [] == [each for each in notes if not each.startswith(f"{file}: note: environment ")]
    assert [1, 2] == [text.count(each) for each in ports]


def test_no_other_file_is_overwritten(shared: Box) -> None:
    """A file of another place than this machine stays as it is, and nothing starts for it, or for one that cannot be written."""
    mine, text = shared.place / "mine.yaml", (ROOT / "parameters" / "example-v2.yaml").read_text("utf-8")
    mine.write_text(text, "utf-8")

    with box() as other:
        told = [other("up", "--ports", "auto", str(each)) for each in (mine, other.place, other.place / "no" / "folder.yaml")]

        assert [1, 1, 1] == [each.code for each in told]
        assert "is of no sandbox and stays as it is" in told[0].answer["what"]
        assert {"tmp"} == other.files()
    assert text == mine.read_text("utf-8")
    mine.unlink()


@pytest.mark.parametrize("header", [f"{WRITTEN}\n", ""], ids=["a copy", "of one's own"])
def test_of_a_file_that_is_there_only_the_ports_are_set(header: str, shared: Box) -> None:
    """Whoever wrote it and whatever it says, endpoint and ports become those of the sandbox that runs, and nothing else is touched."""
    written = (shared.place / "0.yaml").read_text("utf-8").removeprefix(f"{WRITTEN}\n")
    edited = header + written.replace("environment: sandbox", "environment: 'acme'  # ours").replace("days: 7", "days:   9")
    file, there = shared.place / "acme.yaml", now(shared)
    stale = edited.replace(f":{there.aws_port}", ":1").replace(f"port: {there.redshift_port}", "port: 2")
    file.write_bytes(stale.replace("\n", "\r\n").encode())

    told = [shared("up", "--ports", "auto", "acme.yaml").answer["files"] for _ in range(2)]

    assert [["set the ports in acme.yaml; nothing else in it was changed"], ["acme.yaml names these ports"]] == told
    assert edited.replace("\n", "\r\n").encode() == file.read_bytes()
    file.unlink()


def test_a_file_of_another_account_is_not_set_to_the_sandbox(shared: Box) -> None:
    """A sandbox has one account: the file that names another is told so, and stays as it is."""
    file = shared.place / "other.yaml"
    text = (shared.place / "0.yaml").read_text("utf-8").replace("123456789012", "111122223333")
    file.write_text(text, "utf-8")

    told = shared("up", "--ports", "auto", "other.yaml")

    assert (1, text) == (told.code, file.read_text("utf-8"))
    assert ("account 123456789012 instead of 111122223333", "stop it first: runbook sandbox down") == (
        told.answer["what"].removeprefix("one runs already, with "),
        told.answer["way_out"],
    )
    file.unlink()


def test_up_on_other_ports_than_run_is_refused(shared: Box) -> None:
    """Who wants the fixed ports is not given a sandbox that answers elsewhere: both ports are named, and it goes on."""
    before = now(shared)

    told = shared("up")

    assert 1 == told.code
    assert f"port {before.aws_port} instead of 4566, port {before.redshift_port} instead of 5439" in told.answer["what"]
    assert "runbook sandbox down" in told.answer["way_out"]
    assert before == now(shared)


def test_a_port_that_another_sandbox_holds_is_told_so(shared: Box, tmp_path: Path) -> None:
    """Where a sandbox of another folder holds the ports, the message says so."""
    there = now(shared)
    with box(RUNBOOK_HOME=str(home(tmp_path, there.aws_port, there.redshift_port))) as made:
        told = made("up")

        assert f"port {there.aws_port} is held by another sandbox (process {there.aws_pid})" == told.answer["what"]
        assert {"tmp"} == made.files()


def test_both_parts_play_together(shared: Box) -> None:
    """The stand-in unloads the sample to the endpoint's S3, where the instance's metadata and the sample's image are too."""
    known, place = variables(shared), "s3://acme-data-lake/unloaded/"
    keys = f"ACCESS_KEY_ID '{known['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{known['AWS_SECRET_ACCESS_KEY']}'"
    with closing(warehouse(shared, "tickit")) as connection, connection.cursor() as cursor:
        cursor.execute(f"UNLOAD ('select venueid, venuename from venue order by 1') TO '{place}' {keys} CSV PARALLEL OFF")
    s3, ecr, ec2 = (client(shared, each) for each in ("s3", "ecr", "ec2"))

    assert s3.get_object(Bucket="acme-data-lake", Key="unloaded/000")["Body"].read().startswith(b"1,")
    s3.delete_object(Bucket="acme-data-lake", Key="unloaded/000")
    assert ["latest"] == [each["imageTag"] for each in ecr.list_images(repositoryName="tonic-redshift-lambda")["imageIds"]]
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    fetcher = InstanceMetadataFetcher(base_url=f"http://127.0.0.1:{now(shared).aws_port}/_sandbox/instances/{instance}/", env={})
    assert {} == fetcher.retrieve_iam_role_credentials()


def test_latency_is_injected_by_command(shared: Box) -> None:
    """With latency set, an AWS call and a statement are still unanswered when the client gives up; taken back, both are answered."""
    assert 0 == shared("fault", "latency", "--ms", "60000", "--match", "GetCallerIdentity|late").code
    statement = threading.Thread(target=until_cut, args=(shared, "select 'late'"), daemon=True)
    statement.start()
    with pytest.raises(ReadTimeoutError):
        client(shared, "sts", seconds=1).get_caller_identity()
    assert statement.is_alive()

    assert ["aws", "redshift"] == shared("fault", "none").answer["on"]

    assert ("123456789012", 42) == asked(shared)


def test_connections_are_dropped_by_command(shared: Box) -> None:
    """`drop` cuts as many calls and statements off as were asked for, before they have an effect; the next are answered."""
    iam = client(shared, "iam")
    assert 0 == shared("fault", "drop", "--match", "CreateGroup|create user", "--times", "2").code
    for _ in range(2):
        with pytest.raises(ConnectionClosedError):
            iam.create_group(GroupName="cut")
        with pytest.raises(psycopg2.OperationalError, match="closed the connection"):
            stated(shared, "create user cut password disable")

    assert [] == iam.list_groups()["Groups"]
    iam.create_group(GroupName="cut")
    stated(shared, "create user cut password disable")


def test_an_answer_is_lost_by_command(shared: Box) -> None:
    """`drop after` cuts off what has taken effect already."""
    iam = client(shared, "iam")
    assert 0 == shared("fault", "drop after", "--match", "CreateGroup|create user").code
    with pytest.raises(ConnectionClosedError):
        iam.create_group(GroupName="lost")
    with pytest.raises(psycopg2.OperationalError, match="closed the connection"):
        stated(shared, "create user lost password disable")

    assert "lost" in {each["GroupName"] for each in iam.list_groups()["Groups"]}
    with pytest.raises(psycopg2.errors.DuplicateObject):
        stated(shared, "create user lost password disable")


def test_a_refusal_of_aws_is_injected_by_command(shared: Box) -> None:
    """What only AWS knows, throttling for one, is set there alone, and replaces what was set before."""
    assert ["aws"] == shared("fault", "deny", "--match", "ListGroups").answer["on"]
    assert ["aws"] == shared("fault", "throttle", "--match", "ListUsers").answer["on"]
    with pytest.raises(ClientError, match="Throttling"):
        client(shared, "iam").list_users()

    assert client(shared, "iam").list_groups()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("explode",), "there is no fault 'explode'"),
        (("throttle", "--on", "redshift"), "there is no fault 'throttle' on redshift"),
        (("latency",), "latency of no time"),
        (("drop", "--times", "0"), "0 times"),
        (("drop", "--match", "("), "'(' is no regular expression"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(shared: Box, words: tuple[str, ...], what: str) -> None:
    """A fault that would do nothing, or break the sandbox itself, is refused with what is known."""
    told = shared("fault", *words)

    (problem,) = told.answer["problems"]
    assert 2 == told.code
    assert what in problem["what"]
    assert problem["way_out"]


def test_a_fault_that_is_set_is_told(shared: Box) -> None:
    """The status names what goes wrong where, and no longer once it was taken back."""
    shared("fault", "latency", "--ms", "5", "--match", "sts:.*")
    set_on = shared("status")
    shared("fault", "none")

    assert {part: ["latency of 5 ms on sts:.*"] for part in ("aws", "redshift")} == set_on.answer["faults"]
    assert {"aws": [], "redshift": []} == shared("status").answer["faults"]


def test_a_snapshot_shows_what_changed(shared: Box) -> None:
    """Two snapshots are equal, and differ as soon as a role or a grant is made."""
    before = snapshot(now(shared), shared.folder)
    assert before == snapshot(now(shared), shared.folder)

    client(shared, "iam").create_role(RoleName="late", AssumeRolePolicyDocument=json.dumps(TRUST))
    stated(shared, "create schema late", database="tickit")

    after = snapshot(now(shared), shared.folder)
    changed = {name for name in before["warehouse"] if before["warehouse"][name] != after["warehouse"][name]}
    assert {"late"} == set(after["aws"]["roles"]) - set(before["aws"]["roles"])
    assert {"tickit schemas"} == {name for name in changed if name.endswith(" schemas")}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_is_told_and_replaced(shared: Box, part: str) -> None:
    """After kill -9 of any part `status` says that it is down, then why; `up` starts a whole sandbox and leaves none of the old one."""
    supervisor.up(SMALL, shared.folder)
    busy = threading.Thread(target=until_cut, args=(shared, LONG), daemon=True)
    busy.start()
    wait_until(lambda: "SELECT" in " ".join(shared.processes().values()))
    before, old = now(shared), set(shared.processes())
    assert [] == outside(old), "what lies outside the folder stays when its server is killed"
    kill(before.pids[part])

    told = shared("status").answer
    assert (False, False) == (told["running"], told["parts"][part])
    wait_until(lambda: "supervisor" not in processes.of(shared.folder).values())
    assert re.search(WHY[part], shared("status").answer["why"])

    supervisor.up(SMALL, shared.folder)
    busy.join()
    assert {} == {pid: line for pid, line in shared.processes().items() if pid in old}
    assert [] == segments(old)
    assert shared("status").answer["running"]
    assert ("123456789012", 42) == asked(shared)


def test_a_sandbox_that_is_slow_is_not_replaced(shared: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """`up` refuses to touch a sandbox whose processes run and that does not answer in time: somebody may be at work in it."""
    found = supervisor.up(SMALL, shared.folder)
    monkeypatch.setattr(state, "SECONDS", 0.2)
    os.kill(found.aws_pid, signal.SIGSTOP)
    try:
        with pytest.raises(state.SandboxError, match="one runs already, and aws did not answer in time; wait until it does, or stop it"):
            supervisor.up(SMALL, shared.folder)
    finally:
        os.kill(found.aws_pid, signal.SIGCONT)

    assert found == state.read(shared.folder)
    assert ("123456789012", 42) == asked(shared)


def test_down_leaves_nothing_of_what_was_killed(shared: Box) -> None:
    """`down` leaves no process, no file and no shared memory, though the server was killed in the middle of its work."""
    found = supervisor.up(SMALL, shared.folder)
    busy = threading.Thread(target=until_cut, args=(shared, LONG), daemon=True)
    busy.start()
    wait_until(lambda: "SELECT" in " ".join(shared.processes().values()))
    old = set(shared.processes())
    files = shared.files() - {"box"}
    kill(found.supervisor, found.postgres_pid)

    assert shared("down").answer["stopped"]

    busy.join()
    assert ({}, files, []) == (shared.processes(), shared.files(), segments(old))
    assert not {each for each in files if each.startswith("tmp/")}
    assert (0, {"running": False, "starting": False}) == _answered(shared, "status")
    assert (0, {"stopped": False}) == _answered(shared, "down")


def _answered(of: Box, word: str) -> tuple[int, dict[str, Any]]:
    told = of(word)
    return told.code, {name: value for name, value in told.answer.items() if name != "exit_code"}

"""What `runbook render` wrote, run as it tells by bash, the AWS CLI and psql in an empty sandbox, leaves nothing to plan."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib import cli
from runbook_lib.documents import scripts
from runbook_lib.sandbox.redshift.postgres import binaries
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, environment, running
from tests import machine
from tests.driver import Driver, driver, example, not_kept
from tests.folders import passable

FILES = ("sandbox", "example-v2-kms", "example-legacy-kms")
ADMIN = "awsuser"


@pytest.fixture
def sandbox() -> Iterator[tuple[State, Path]]:
    """Run a sandbox in which nobody set up anything."""
    with passable() as folder, running(folder / "box", Wanted()) as state:
        yield state, folder / "box"


@pytest.fixture(scope="session")
def tools() -> str:
    """Give the PATH of somebody who has the AWS CLI, jq and psql, and nothing of ours."""
    return os.pathsep.join((str(machine.scripting()), str(binaries()), os.environ["PATH"]))


def drive_of(name: str, sandbox: tuple[State, Path], folder: Path) -> Driver:
    """Point a parameter file at the sandbox."""
    return driver(*sandbox, folder) if name == "sandbox" else example(name, *sandbox, folder)


def run_all(folder: Path, state: State, box: Path, path: str) -> list[str]:
    """Run every script in the order of its stage, a stage's commands before its SQL, and give what failed."""
    known = environment(box)
    shell = {
        **{name: value for name, value in known.items() if name.startswith("AWS_")},
        "PATH": path,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{state.aws_port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PGPASSWORD": known["RUNBOOK_SANDBOX_ADMIN_PASSWORD"],
        "PSQLRC": os.devnull,
    }
    failed: list[str] = []
    for stage in sorted(folder.iterdir()):
        for script in (*sorted(stage.glob("*.sh")), *sorted(stage.glob("*.sql"))):
            words = ["bash", str(script)] if script.suffix == ".sh" else ["bash", "-euc", told(script)]
            done = subprocess.run(words, env=shell, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
            failed += [f"{script.name}: {done.stdout}{done.stderr}"] if done.returncode else []
    return failed


def told(script: Path) -> str:
    """Read what a SQL file tells its reader to type."""
    lines = [line.removeprefix("--   ") for line in script.read_text("utf-8").splitlines() if line.startswith("--   ")]
    return "\n".join(lines).replace("THIS_FILE", scripts.shell(str(script))).replace("user=ADMIN", f"user={ADMIN}")


def adoptions(folder: Path) -> str:
    """Read the line that the hand-over sheet tells to add to the parameter file."""
    (line,) = [each for each in next(folder.glob("*/hand-over.md")).read_text("utf-8").splitlines() if each.startswith("adopt: ")]
    return line


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_left_to_plan(name: str, sandbox: tuple[State, Path], tmp_path: Path, tools: str) -> None:
    """Every script ends well; with the line that the files tell, the plan is empty, and verify finds everything kept.

    No script plays the product's flows.
    """
    drive = drive_of(name, sandbox, tmp_path)
    drive.file.write_text(drive.file.read_text("utf-8").replace("rehearsal: exercise", "rehearsal: evaluate"), "utf-8")
    assert 0 == cli.main(["render", str(drive.file), "--out", str(tmp_path / "rendered")])

    assert [] == run_all(tmp_path / "rendered", *sandbox, tools)

    drive.file.write_text(f"{drive.file.read_text('utf-8')}\n{adoptions(tmp_path / 'rendered')}\n", "utf-8")
    planned = drive("plan")
    assert [] == [change.address for plan in planned.plan.plans for change in plan.changes]
    assert ([], 0) == (not_kept(planned), planned.exit_code)
    verified = drive("verify")
    assert ([], 0) == (not_kept(verified), verified.exit_code)


def test_a_script_stops_in_another_account(sandbox: tuple[State, Path], tmp_path: Path, tools: str) -> None:
    """Where the caller's account is not the file's, nothing is made."""
    drive = drive_of("sandbox", sandbox, tmp_path)
    drive.file.write_text(drive.file.read_text("utf-8").replace(sandbox[0].account, "999988887777"), "utf-8")
    cli.main(["render", str(drive.file), "--out", str(tmp_path / "rendered")])
    for script in (tmp_path / "rendered").glob("*/*.sql"):
        script.unlink()
    before = snapshot(*sandbox)

    failed = run_all(tmp_path / "rendered", *sandbox, tools)

    what = f"this is account {sandbox[0].account}, not 999988887777\n"
    assert [f"{name}: {what}" for name in ("storage.sh", "server_role.sh", "source_password.sh", "destination_password.sh")] == failed
    assert before == snapshot(*sandbox)

"""Every command, every exit code and which of several wins, and what the JSON holds: by the real command line, on a world in memory."""

from __future__ import annotations

import argparse
import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib import cli, place
from runbook_lib.errors import Locked
from runbook_lib.evidence import lock
from runbook_lib.lab import Opened
from runbook_lib.parameters.written import as_yaml
from runbook_lib.sandbox.state import State
from tests import cells
from tests.fake_runbook import FAKE
from tests.machine import ROOT
from tests.properties.before import approved, locked
from tests.properties.command_cases import CASES, RAN, Case
from tests.properties.desk import BOTH, BUCKET, ENVIRONMENT, STORAGE, Desk, Once


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Keep what many cases begin with."""
    return Once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def desk(once: Once, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """Sit down at a desk, at the same place each time: records name it."""
    home = once.folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    made = Desk(home, once, capsys)
    made.file.parent.mkdir(parents=True)
    made.write()
    sandbox = (ROOT / "parameters" / "sandbox.yaml").read_text("utf-8")
    (made.file.parent / "sandbox.yaml").write_text(sandbox, "utf-8")
    state = State("s", 0, 0, 1, 0, 2, 0, 0.0, "1", "r")
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    monkeypatch.setenv("RUNBOOK_SANDBOX_DIR", str(home / "box"))
    monkeypatch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_: made.target)
    monkeypatch.setattr("runbook_lib.adapters.target.objects_of", lambda _environment, _bucket: made.objects)
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setattr("runbook_lib.headless.verbs.papermill", cells.in_place_of_kernels)
    # Converting notebooks to pages takes most of the time, and proves nothing here.
    monkeypatch.setattr("runbook_lib.views.notebook_page.notebook_html", lambda _path: "")
    monkeypatch.setattr("runbook_lib.sandbox.supervisor.up", lambda _wanted: state)
    monkeypatch.setattr("runbook_lib.runbook.interactive.learn_secrets", lambda _environment: None)
    monkeypatch.setattr("runbook_lib.lab.open_lab", lambda *_, **__: Opened(home, "http://lab"))
    monkeypatch.setattr("runbook_lib.fleet.starting.RUNBOOK", FAKE)
    monkeypatch.setattr("runbook_lib.fleet.starting.can_fork", lambda: False)
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

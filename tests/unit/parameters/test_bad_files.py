"""Every file of `tests/bad_parameters` holds one mistake, and is refused for it before anything starts."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from runbook_lib.cli import main
from runbook_lib.parameters import approval_rules, aws_rules, clear_text, database_rules, described, record_rules, rules, syntax, waivers
from runbook_lib.parameters.broken import Broken
from runbook_lib.parameters.schema import Environment
from tests.machine import ROOT
from tests.unit.parameters.bad import FILES, FOLDER, expected, refusal

pytestmark = pytest.mark.once

# What is asked of one file is asked together: its text is parsed once.
every = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem, scope="module")
RULE_MODULES = (approval_rules, aws_rules, database_rules, record_rules, rules, waivers)

# Runs every command that takes a parameter file over every bad file, and tells what was started, and what was imported by `check`.
WITNESS = """
import contextlib, functools, io, json, sys

STARTS = ("os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "socket.", "subprocess.", "webbrowser.")
started, codes = [], {}
sys.addaudithook(lambda event, _: started.append(event) if event.startswith(STARTS) else None)
from runbook_lib.cli import main
from runbook_lib.parameters import reading
# Six commands read the same text: it is parsed once.
reading.parsed = functools.cache(reading.parsed)

def run(*words):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main(list(words))

out, *files = sys.argv[1:]
for file in files:
    codes[f"check {file}"] = run("check", file)
checked = sorted(sys.modules)
for file in files:
    for words in (["plan"], ["apply", "--approve", "sha256:1"], ["verify"], ["destroy"], ["render", "--out", out]):
        codes[f"{words[0]} {file}"] = run(words[0], file, *words[1:])
print(json.dumps({"codes": codes, "started": sorted(set(started)), "checked": checked, "ended": sorted(sys.modules)}))
"""
HEAVY = {
    "boto3", "botocore", "docker", "flask", "ipykernel", "jupyter_client", "jupyterlab", "moto", "nbclient", "nbconvert", "papermill",
    "psycopg2", "sqlalchemy", "sqlalchemy_redshift", "zmq",
}  # fmt: skip


def test_there_are_many() -> None:
    """The folder holds far more than sixty mistakes."""
    assert len(FILES) > 200


@every
def test_the_mistake_is_named(path: Path) -> None:
    """The one problem has the line, says what is wrong and the way out."""
    wanted = expected(path)

    (problem,) = refusal(path).problems

    assert wanted.line == problem.line
    assert wanted.what in f"{problem.field} {problem.what}".strip()
    assert wanted.way_out in problem.way_out


@every
def test_check_prints_file_line_reason_and_way_out(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`runbook check` exits 2 and prints one line that begins with PATH:LINE."""
    wanted = expected(path)

    assert 2 == main(["check", str(path)])

    (line,) = "".join(capsys.readouterr()).splitlines()
    assert line.startswith(f"{path}:{wanted.line}: ")
    assert wanted.what in line
    assert wanted.way_out in line.partition(wanted.what)[2]


@every
def test_check_answers_in_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`runbook check --json` gives file, line, field, reason and way out apart."""
    wanted = expected(path)

    assert 2 == main(["check", "--json", str(path)])

    answer = json.loads(capsys.readouterr().out)
    (problem,) = answer["problems"]
    assert (2, str(path), wanted.line) == (answer["exit_code"], problem["file"], problem["line"])
    assert wanted.what in f"{problem['field']} {problem['what']}".strip()
    assert wanted.way_out in problem["way_out"]


@every
def test_nothing_secret_is_quoted(path: Path) -> None:
    """No part of a secret in clear text is repeated: neither in the message nor in the error behind it."""
    error: BaseException | None = refusal(path)
    said = ""
    while error is not None:
        said += f"{error!r} {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    assert [] == re.findall(r"(?i)canary|hunter|4711471147|0123456789abcdef0123", said if path.stem.startswith("secret-") else "")


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the commands over all files in a process of its own."""
    words = [sys.executable, "-c", WITNESS, str(tmp_path_factory.mktemp("rendered")), *(str(path) for path in FILES)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_every_command_refuses_every_file(witness: dict[str, Any]) -> None:
    """Whatever is to be done with a bad file, it ends with exit code 2; what others apply needs nobody who is asked."""
    asks = f"render {FOLDER / 'rule-prompt-unattended.yaml'}"

    assert 6 * len(FILES) == len(witness["codes"])
    assert {asks: 0} == {name: code for name, code in witness["codes"].items() if code != 2}


def test_nothing_is_started(witness: dict[str, Any]) -> None:
    """No process, no socket, no kernel: not one is even made."""
    assert [] == witness["started"]


def test_check_loads_no_client(witness: dict[str, Any]) -> None:
    """`runbook check` does not even import what could start one."""
    assert set() == HEAVY & set(witness["checked"])


def test_the_witness_sees_what_is_started() -> None:
    """A socket and a process would be seen: else the test above could not fail."""
    code = WITNESS.replace(
        "from runbook_lib.cli import main",
        "import socket, subprocess\nsocket.socket().close()\nsubprocess.run([sys.executable, '-c', ''])\nfrom runbook_lib.cli import main",
    )
    done = subprocess.run([sys.executable, "-c", code, "."], cwd=ROOT, capture_output=True, text=True, check=True)

    assert {"socket.__new__", "subprocess.Popen"} <= set(json.loads(done.stdout)["started"])


def owner(path: tuple[str, ...]) -> tuple[str, str]:
    """Name a key by the section that declares it: source and destination inherit most of theirs."""
    model: type[BaseModel] = described.section_at(path[:-1]) or Environment
    name = next(name for name, field in model.model_fields.items() if path[-1] in {name, field.alias})
    return next(each.__name__ for each in reversed(model.__mro__) if name in inspect.get_annotations(each)), path[-1]


def test_every_key_has_a_bad_file() -> None:
    """For every key of the schema there is a file whose mistake it is."""
    named = {problem.field for path in FILES for problem in refusal(path).problems}
    places = {tuple(part for part in re.split(r"[.]|\[\d+\]", field) if part) for field in named}
    reached = {owner(place) for place in places if described.at(place) is not None}

    assert [] == sorted({owner(path) for path, _ in described.everywhere()} - reached)


def refusals(module: ModuleType) -> set[tuple[str, int]]:
    """List where a module's rules refuse: the first lines of `Broken(...)`."""
    tree = ast.parse(inspect.getsource(module))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return {(module.__name__, node.lineno) for node in calls if isinstance(node.func, ast.Name) and node.func.id == "Broken"}


def test_every_refusal_of_every_rule_has_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place in the rules that refuses something is what one of the files is refused by."""
    reached: dict[tuple[str, int], Broken] = {}

    def recorded(*words: Any) -> Broken:
        frame = sys._getframe(1)
        made = Broken(*words)
        reached[frame.f_globals["__name__"], frame.f_lineno] = made
        return made

    for module in RULE_MODULES:
        monkeypatch.setattr(module, "Broken", recorded)
    refusal.cache_clear()
    for path in FILES:
        reached_before = set(reached)
        problems = refusal(path).problems
        new = {key: each for key, each in reached.items() if key not in reached_before}
        kept = {(problem.what, problem.way_out) for problem in problems}
        for key, each in new.items():
            if (each.what, each.way_out) not in kept:
                del reached[key]

    assert set() == set().union(*map(refusals, RULE_MODULES)) - set(reached)


def test_every_rule_is_asked() -> None:
    """Each function of the rules' modules that yields a refusal is in RULES or RAW_RULES."""
    asked = {rule.__name__ for rule in (*rules.RULES, *rules.UNATTENDED_RULES, *rules.RAW_RULES)}
    written = {
        node.name
        for module in RULE_MODULES
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(each, ast.Name) and each.id == "Broken" for each in ast.walk(ast.Module(node.body, [])))
    }

    assert written == asked


def test_every_stumble_of_the_parser_has_a_bad_file() -> None:
    """Each mistake of syntax that has words of its own is made by one of the files."""
    said = {problem.what for path in FILES for problem in refusal(path).problems}

    assert [] == sorted({what for _, what, _ in syntax.STUMBLES} - said)


def test_every_shape_of_a_secret_has_a_bad_file() -> None:
    """Each kind of secret that is recognised stands in one of the files."""
    said = " ".join(problem.what for path in FILES for problem in refusal(path).problems)

    assert [] == [kind for _, kind in clear_text.SHAPES if f"looks like {kind} in clear text" not in said]


def test_the_folder_holds_nothing_else() -> None:
    """No file escapes because of its name."""
    assert sorted(FOLDER.iterdir()) == list(FILES)

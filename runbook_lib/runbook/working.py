"""Keep working copies of the notebooks, one set for each environment, so that the tracked ones stay as they are.

A copy remembers what it was made from. It is made anew when the tracked notebook has changed since; one that somebody ran or edited is
moved aside before.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.evidence.record import private_folder
from runbook_lib.model import canonical
from runbook_lib.parameters import ledger
from runbook_lib.stages import all_stages
from runbook_lib.views.board import WAY_BACK

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model import Stage
    from runbook_lib.parameters import Environment

START = "00_start.ipynb"
ASIDE = "earlier"
"""Folder of the copies that were moved aside."""
RECORDS = "records"
"""The way from an environment's copies to its records."""
_KEY = "redshift_runbook"


def start_page() -> tuple[Path, ...]:
    """Make or refresh the copy of the start page and the pages that errors lead to, and name what was moved aside."""
    folder = private_folder(place.lab())
    (folder / place.LEDGER).write_text(ledger.page(), "utf-8")
    for name, page in place.documentation().items():
        private_folder((folder / name).parent)
        (folder / name).write_text(page.read_text("utf-8"), "utf-8")
    for name, picture in place.pictures().items():
        (private_folder((folder / name).parent) / picture.name).write_bytes(picture.read_bytes())
    return _refreshed((place.home() / "notebooks" / START,), folder)


def working_copies(file: Path, environment: Environment) -> tuple[Path, ...]:
    """Make or refresh an environment's copies, let them know its file, and name what was moved aside."""
    folder = private_folder(place.lab() / environment.environment)
    place.choose(file, folder)
    _link(folder / RECORDS, private_folder(place.store(environment.records) / environment.environment))
    tracked = sorted(each for each in (place.home() / "notebooks").glob("[0-9]*.ipynb") if each.name != START)
    return _refreshed(tracked, folder)


def ways_on(stage: Stage, environment: Environment) -> tuple[tuple[str, str], ...]:
    """Lead from a stage's working copy to that of the next stage that has something to do, and back; elsewhere nowhere."""
    if place.working_folder() is None:
        return ()
    later = (each for each in all_stages() if each.number > stage.number and each.slug != WAY_BACK and not each.idle(environment))
    following = next(later, None)
    on = ((f"{following.number} {following.title}", f"{following.number:02d}_{following.slug}.ipynb"),) if following is not None else ()
    return (*on, ("the start page", f"../{START}"))


def files_of(record: str) -> str:
    """Say where links from a working copy to a record's files begin; from elsewhere none leads there."""
    return f"{RECORDS}/{record}/" if place.working_folder() is not None else ""


def _link(link: Path, target: Path) -> None:
    """Let a folder be opened from beside the copies."""
    if not (link.is_symlink() and link.readlink() == target):
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _refreshed(tracked: tuple[Path, ...] | list[Path], folder: Path) -> tuple[Path, ...]:
    moved = (_refresh(each, folder / each.name) for each in tracked)
    return tuple(each for each in moved if each is not None)


def _refresh(tracked: Path, copy: Path) -> Path | None:
    """Make a copy unless it stands; give the place to which the former one was moved, if it was worth keeping."""
    notebook: dict[str, Any] = json.loads(tracked.read_text("utf-8"))
    origin = _digest(notebook)
    former = _read(copy)
    if former is not None and _origin(former) == origin:
        return None
    aside = None
    if copy.exists() and (former is None or _is_touched(former)):
        aside = _free(private_folder(copy.parent / ASIDE), copy)
        copy.rename(aside)
    notebook["metadata"][_KEY] = {"made_from": origin}
    _fold_parameters(notebook)
    partial = copy.with_name(f".{copy.name}")
    partial.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    partial.replace(copy)
    return aside


def _fold_parameters(notebook: dict[str, Any]) -> None:
    """Show the cell of the parameters as one line to open: the file fills it in, and the gate has buttons of its own."""
    for each in notebook["cells"]:
        if "parameters" in each["metadata"].get("tags", ()):
            each["metadata"]["jupyter"] = {"source_hidden": True}


def _read(path: Path) -> dict[str, Any] | None:
    """Read a notebook; None where none can be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("cells"), list) else None


def _origin(notebook: dict[str, Any]) -> str:
    return str(notebook.get("metadata", {}).get(_KEY, {}).get("made_from", ""))


def _is_touched(notebook: dict[str, Any]) -> bool:
    """Tell whether somebody ran a copy or changed a cell of it."""
    is_run = any(each.get("outputs") or each.get("execution_count") for each in notebook["cells"])
    return is_run or _digest(notebook) != _origin(notebook)


def _digest(notebook: dict[str, Any]) -> str:
    """Hash what the cells say; what they show, and how an editor writes the file, does not count."""
    said = [[each["cell_type"], "".join(each["source"])] for each in notebook["cells"]]
    return sha256(canonical(said).encode()).hexdigest()


def _free(folder: Path, copy: Path) -> Path:
    """Name a file that is not there yet."""
    number = 1
    while (found := folder / f"{copy.stem}-{number}{copy.suffix}").exists():
        number += 1
    return found

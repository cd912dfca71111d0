"""Write a parameter file for a sandbox that took free ports, and set the ports in one that somebody has.

Of a file that is there, endpoint and ports are set where they differ, and every other character stays: it may be somebody's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runbook_lib import place
from runbook_lib.parameters.approval_rules import is_loopback_only
from runbook_lib.parameters.editing import ParameterFile, changed, write
from runbook_lib.parameters.load import load
from runbook_lib.parameters.reading import text_of
from runbook_lib.parameters.rewriting import document, rewritten
from runbook_lib.sandbox.state import SandboxError, State, default_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.parameters import Environment

WRITTEN = "# Written by `runbook sandbox up --ports auto`, which sets endpoint and ports in it anew and changes nothing else."
SIDES = ("source", "destination")
UNSAID = 5439
"""The port of a warehouse of which a file says none."""


@dataclass(frozen=True)
class Wish:
    """Hold a file that is to name the sandbox's ports: as it was before anything started, or that it is to be written."""

    path: Path
    held: ParameterFile | None = None
    environment: Environment | None = None

    def granted(self, state: State, template: Path) -> str:
        """Have the file name the ports of a running sandbox, and say what was done. Raises RunbookError where somebody just changed it."""
        if self.held is None:
            write_parameters(template, self.path, state)
            return f"wrote {self.path}"
        text = self.held.edited(_changes(self.held.values, state))
        if text == self.held.text and self.path.exists():
            return f"{self.path} names these ports"
        if self.path.exists():
            self.held.save(text)
        else:
            # It lay in the folder of a sandbox that had ended, which was made anew.
            write(self.path, text)
        return f"set the ports in {self.path}; nothing else in it was changed"


def wish(name: str, template: Path) -> Wish:
    """Read the file that somebody names, before anything starts.

    Raises SandboxError where none can be written, where it is of no sandbox, and for the template itself.
    """
    path = _path(name)
    if path.is_dir() or not (path.parent.is_dir() or path.absolute().parent == default_folder()):
        raise SandboxError(str(path), "no file can be written there", "name a file in a folder that is there")
    if path.resolve() == template.resolve():
        raise SandboxError(str(path), "is the file of the fixed ports", "start it on those: runbook sandbox up; or name another file")
    if not path.exists():
        return Wish(path)
    environment = load(path, is_attended=True)
    if not is_loopback_only(environment):
        what = "reaches more than this machine, so it is of no sandbox and stays as it is"
        raise SandboxError(str(path), what, "name another file")
    return Wish(path, ParameterFile.read(path), environment)


def write_parameters(template: Path, target: Path, state: State) -> None:
    """Copy a parameter file, every character of it, with endpoint and ports of a running sandbox."""
    text = f"{WRITTEN}\n{text_of(template)}"
    values = document(str(template), text).values
    write(target, rewritten(str(template), text, changed(values, _changes(values, state))))


def _path(name: str) -> Path:
    """Find a file by its path, or by its stem in `parameters/` as other commands do; what is not there yet is a path."""
    known = place.home() / "parameters" / f"{name}.yaml"
    return known if Path(name).name == name and not Path(name).exists() and known.is_file() else Path(name)


def _changes(values: Mapping[str, Any], state: State) -> dict[tuple[str | int, ...], Any]:
    """List what has to be set in a file of these values; what names the right port stays as it is written."""
    endpoint = str(values["aws"]["endpoint"])
    found: dict[tuple[str | int, ...], Any] = {
        (side, "port"): state.redshift_port for side in SIDES if values[side].get("port", UNSAID) != state.redshift_port
    }
    if urlsplit(endpoint).port == state.aws_port:
        return found
    found["aws", "endpoint"] = f"http://127.0.0.1:{state.aws_port}"
    metadata = str((values.get("server") or {}).get("metadata", ""))
    if metadata.startswith(f"{endpoint.rstrip('/')}/"):
        found["server", "metadata"] = found["aws", "endpoint"] + metadata.removeprefix(endpoint.rstrip("/"))
    return found

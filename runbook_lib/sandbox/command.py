"""What `runbook sandbox` and `runbook demo` do."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runbook_lib import place
from runbook_lib.parameters.load import load
from runbook_lib.sandbox import supervisor
from runbook_lib.sandbox.state import State, default_folder

if TYPE_CHECKING:
    from runbook_lib.headless import Run
    from runbook_lib.progress import Progress

FILE = "sandbox"


def carry_out(action: str, ports: str = "") -> tuple[dict[str, Any], str]:
    """Carry out `sandbox up`, `status` or `down`; `ports` names the parameter file to write for free ports."""
    match action:
        case "up":
            found = up(Path(ports) if ports else None)
            return _answer(found), _text(found)
        case "down":
            was_there = supervisor.down()
            return {"stopped": was_there}, "the sandbox is down; nothing is left" if was_there else "there was no sandbox"
    told = supervisor.status()
    if told is None:
        return {"running": False}, "no sandbox is running"
    found, parts = told
    text = "\n".join(f"{name:10} {'runs' if is_alive else 'is down'}" for name, is_alive in parts.items())
    return {"running": all(parts.values()), "parts": parts, **_answer(found)}, f"{text}\n{_text(found)}"


def up(ports: Path | None = None) -> State:
    """Start the sandbox on the ports of `parameters/sandbox.yaml`, or on free ones that are written to a new parameter file."""
    file = place.parameter_file(FILE)
    environment = load(file)
    wanted = supervisor.Wanted(
        aws_port=0 if ports else urlsplit(environment.aws.endpoint).port or 0,
        redshift_port=0 if ports else environment.source.port,
        account=environment.aws.account,
        region=environment.aws.region,
    )
    found = supervisor.up(wanted)
    if ports is not None:
        write_parameters(file, ports, found)
    return found


def write_parameters(template: Path, target: Path, state: State) -> None:
    """Copy a parameter file, comments and all, with endpoint, host and ports of a running sandbox."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    values = yaml.load(template.read_text("utf-8"))
    values["aws"]["endpoint"] = f"http://127.0.0.1:{state.aws_port}"
    for side in ("source", "destination"):
        values[side]["port"] = state.redshift_port
    text = io.StringIO()
    yaml.dump(values, text)
    target.write_text(text.getvalue(), "utf-8")


def enter() -> None:
    """Put the running sandbox's variables into this process's environment, where they are not set."""
    for name, value in supervisor.environment().items():
        os.environ.setdefault(name, value)


def demo(ports: str, progress: Progress) -> Run:
    """Start the sandbox, then plan, apply and verify its environment."""
    from runbook_lib import headless

    file = default_folder() / "sandbox.yaml" if ports == "auto" else place.parameter_file(FILE)
    up(file if ports == "auto" else None)
    enter()
    return headless.carry_out(file, "apply", progress=progress)


def _answer(state: State) -> dict[str, Any]:
    return {
        "aws_endpoint": f"http://127.0.0.1:{state.aws_port}", "redshift": f"127.0.0.1:{state.redshift_port}", "account": state.account,
        "region": state.region, "folder": str(default_folder()), "pids": state.pids, "since": state.since,
    }  # fmt: skip


def _text(state: State) -> str:
    since = time.strftime("%H:%M:%S", time.localtime(state.since))
    return (
        f"AWS endpoint http://127.0.0.1:{state.aws_port} (account {state.account}, {state.region})\n"
        f"Redshift     127.0.0.1:{state.redshift_port}, since {since}\n"
        f"variables    set -a; . {default_folder()}/sandbox.env"
    )

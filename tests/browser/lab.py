"""Drive JupyterLab as a person does: `runbook lab` in a checkout of its own, and a page of a browser on it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runbook_lib.sandbox.files import write_parameters
from runbook_lib.sandbox.state import State
from tests.machine import ROOT

PATIENCE = 60_000
"""Milliseconds in which whatever is waited for has to come; everything goes on as soon as it is there."""
IS_IDLE = """() => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    if (!panel || !panel.context || !panel.context.isReady || !panel.sessionContext.isReady) return false;
    const session = panel.sessionContext.session;
    return Boolean(session && session.kernel && session.kernel.status === 'idle');
}"""
COMMAND = """async ([name, told, patience]) => {
    const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error(name + ' does not end')), patience));
    await Promise.race([window.jupyterapp.commands.execute(name, told), late]);
}"""

RESTART = """() => {
    window.isRestarted = false;
    window.jupyterapp.commands.execute('notebook:restart-run-all').then(() => { window.isRestarted = true; });
}"""


@dataclass(frozen=True)
class Lab:
    """Hold a served checkout: where it is, at which address, with which variables."""

    home: Path
    file: Path
    url: str
    variables: dict[str, str]
    browser: Any

    @property
    def folder(self) -> Path:
        """Give the folder that is served."""
        return self.home / "runs" / ".lab"

    @contextmanager
    def page(self, notebook: str = "00_start.ipynb", scheme: str = "light", width: int = 1280, height: int = 1400) -> Iterator[Notebook]:
        """Open a notebook in a browser without a past, and wait for its kernel."""
        context = self.browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        try:
            parts = urlsplit(self.url)
            page.goto(f"{parts.scheme}://{parts.netloc}/lab/tree/{notebook}?reset&{parts.query}", wait_until="domcontentloaded")
            opened = Notebook(page, asked, f"{parts.scheme}://{parts.netloc}")
            opened.wait_until_idle()
            yield opened
        finally:
            context.close()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a command in the checkout."""
        command = [sys.executable, "-m", "runbook_lib.cli", *words]
        return subprocess.run(command, cwd=self.home, env=self.variables, text=True, capture_output=True, check=False)


@dataclass(frozen=True)
class Notebook:
    """Hold a page of JupyterLab with a notebook in front."""

    page: Any
    asked: list[str]
    origin: str

    @property
    def foreign(self) -> list[str]:
        """List what the page asked for that is not this server's own."""
        own = (self.origin, self.origin.replace("http", "ws", 1), "data:", "blob:")
        return [each for each in self.asked if not each.startswith(own)]

    @property
    def panel(self) -> Any:
        """Give the notebook that is in front."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def wait_until_idle(self) -> None:
        """Wait until the notebook in front has a kernel that waits for work."""
        self.panel.locator(".jp-Notebook").wait_for()
        self.page.wait_for_function(IS_IDLE)

    def execute(self, command: str, **told: Any) -> None:
        """Carry out a command of JupyterLab, and wait for its end."""
        self.page.evaluate(COMMAND, [command, told, PATIENCE])

    def run_all(self) -> None:
        """Run every cell."""
        self.execute("notebook:run-all-cells")
        self.wait_until_idle()

    def restart_and_run_all(self) -> None:
        """Restart the kernel and run every cell, past the question whether one is sure."""
        self.page.evaluate(RESTART)
        self.page.locator(".jp-Dialog-button.jp-mod-accept").click()
        self.page.wait_for_function("() => window.isRestarted")
        self.wait_until_idle()

    def save(self) -> None:
        """Save the notebook."""
        self.execute("docmanager:save")

    def outputs(self) -> Any:
        """Find what the cells show."""
        return self.panel.locator(".jp-Cell-outputArea")


@contextmanager
def serving(browser: Any, folder: Path, state: State, template: str = "sandbox") -> Iterator[Lab]:
    """Serve a copy of notebooks and parameters until the test is over."""
    home = folder / "home"
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, home / name)
    file = home / "parameters" / f"{template}.yaml"
    write_parameters(ROOT / "parameters" / f"{template}.yaml", file, state)
    variables = {
        **os.environ, "RUNBOOK_HOME": str(home), "RUNBOOK_SANDBOX_DIR": str(folder / "box"), "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "IPYTHONDIR": str(folder / "ipython"), "XDG_STATE_HOME": str(folder / "state"),
    }  # fmt: skip
    command = [sys.executable, "-m", "runbook_lib.cli", "lab", str(file), "--no-browser", "--port", str(_free_port())]
    said = folder / "said"
    with said.open("w") as errors, subprocess.Popen(command, cwd=home, env=variables, stdout=errors, stderr=errors) as process:
        try:
            yield Lab(home, file, _address(said, process), variables, browser)
        finally:
            # Not an interrupt: what was started in the background of a shell ignores it.
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(said: Path, process: subprocess.Popen[bytes]) -> str:
    """Read where JupyterLab is, as soon as it says so."""
    while not (found := re.search(r"http://\S+\?token=\w+", said.read_text("utf-8"))):
        assert process.poll() is None, said.read_text("utf-8")
        time.sleep(0.1)
    return found[0]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])

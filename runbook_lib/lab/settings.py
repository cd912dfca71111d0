"""JupyterLab's settings as the runbook needs them: it asks nothing outside, follows the system's colours and saves soon."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.record import private_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = ".jupyter"
OVERRIDES: Mapping[str, Mapping[str, Any]] = {
    # The kernel answers controls in its own thread, also while a cell awaits: in another it would draw into what a cell draws, and each
    # page that is loaded anew would leave a thread behind.
    "@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "disabled"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    # What was executed is evidence: a page that is reloaded, or a browser that dies, loses ten seconds of it at most.
    # The pages that errors lead to are to be read.
    "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 10, "defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    # All cells are in the page, so that the browser finds words in them and a link leads to them.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "recordTiming": True},
    # The value of a password field would be in it.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": False},
}
_LONGEST = 50
"""Characters of the runtime folder below which a kernel's sockets can have names: the system takes some hundred."""
DISABLED = ("@jupyterlab/apputils-extension:announcements", "@jupyterlab/extensionmanager-extension:plugin")
EXTENSIONS = {"runbook_lib.lab.records": True}
"""What the server does beside JupyterLab's own: the links between the pages of a record are followed."""
ARGUMENTS = (
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=",
    "--LabApp.extension_manager=readonly",
    # The start page lets JupyterLab save what is open before a record is closed.
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.default_url=/lab/tree/00_start.ipynb",
    "--ServerApp.ip=127.0.0.1",
    # Kernels of different environments have credentials of their own.
    "--ServerApp.session_manager_class=runbook_lib.lab.sessions.Sessions",
    "--ServerApp.answer_yes=True",
    "--Application.log_level=WARN",
)


def write(folder: Path) -> dict[str, str]:
    """Write the settings below a folder, and give the variables by which JupyterLab finds them and what a person sets beside them."""
    ours = private_folder(folder / FOLDER)
    config = private_folder(ours / "config" / "labconfig")
    (config / "default_setting_overrides.json").write_text(json.dumps(OVERRIDES, indent=1), "utf-8")
    (config / "page_config.json").write_text(json.dumps({"disabledExtensions": dict.fromkeys(DISABLED, True)}, indent=1), "utf-8")
    (ours / "config" / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": {"jpserver_extensions": EXTENSIONS}}), "utf-8")
    return {
        "JUPYTER_CONFIG_DIR": str(ours / "config"),
        # Kernels are there at once; which other kernel is chosen in JupyterLab starts as usual.
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "runbook-fork",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTERLAB_SETTINGS_DIR": str(ours / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(ours / "workspaces"),
    }


def arguments(folder: Path, port: int, *, has_browser: bool) -> list[str]:
    """Write JupyterLab's command line; without a port it takes its usual one, or the next that is free."""
    from jupyter_core.paths import jupyter_runtime_dir

    told = [*ARGUMENTS, f"--ServerApp.root_dir={folder}"]
    told += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port else []
    told += [] if has_browser else ["--ServerApp.open_browser=False"]
    # Kernels talk through sockets that nobody else sees; where their names would be too long, through ports on loopback.
    told += ["--KernelManager.transport=ipc"] if len(jupyter_runtime_dir()) <= _LONGEST else []
    return [*told, "--ServerApp.allow_root=True"] if os.geteuid() == 0 else told

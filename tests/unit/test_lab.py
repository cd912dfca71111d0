"""JupyterLab as `runbook lab` starts it: its settings, its one server, and what its kernels are given."""

from __future__ import annotations

import json
import os
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.sessions.sessionmanager import SessionManager

from runbook_lib import place
from runbook_lib.evidence.record import private_folder
from runbook_lib.kernels.provisioner import ForkProvisioner
from runbook_lib.lab import server, settings
from runbook_lib.lab.records import found
from runbook_lib.lab.sessions import Sessions
from runbook_lib.parameters.load import load
from tests.machine import ROOT


def test_nothing_outside_is_asked(tmp_path: Path) -> None:
    """No news, no check for updates, no list of extensions, and no state of widgets in a saved notebook."""
    variables = settings.write(tmp_path)
    config = Path(variables["JUPYTER_CONFIG_DIR"]) / "labconfig"
    overrides = json.loads((config / "default_setting_overrides.json").read_text("utf-8"))
    disabled = json.loads((config / "page_config.json").read_text("utf-8"))["disabledExtensions"]

    assert {"fetchNews": "false", "checkForUpdates": False} == overrides["@jupyterlab/apputils-extension:notification"]
    assert {"saveState": False} == overrides["@jupyter-widgets/jupyterlab-manager:plugin"]
    assert disabled["@jupyterlab/apputils-extension:announcements"]
    assert {
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=",
        "--LabApp.extension_manager=readonly",
        "--ServerApp.ip=127.0.0.1",
    } <= set(settings.arguments(tmp_path, 0, has_browser=True))


def test_kernels_are_forked(tmp_path: Path) -> None:
    """What a kernelspec does not name otherwise is started by the provisioner that this project declares."""
    named = settings.write(tmp_path)["JUPYTER_DEFAULT_PROVISIONER_NAME"]
    (declared,) = entry_points(group="jupyter_client.kernel_provisioners", name=named)

    assert ForkProvisioner is declared.load()


def test_what_a_person_set_stays(tmp_path: Path) -> None:
    """Their own settings lie beside ours, which are written anew each time."""
    first = settings.write(tmp_path)
    theirs = Path(first["JUPYTERLAB_SETTINGS_DIR"]) / "theme.json"
    theirs.parent.mkdir()
    theirs.write_text("{}", "utf-8")

    assert first == settings.write(tmp_path)
    assert theirs.exists()


@pytest.mark.parametrize(("length", "expected"), [(40, True), (90, False)])
def test_kernels_talk_through_sockets_where_their_names_fit(
    tmp_path: Path, length: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runtime folder with a long name has kernels talk through ports."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/".ljust(length, "x"))

    assert expected is ("--KernelManager.transport=ipc" in settings.arguments(tmp_path, 0, has_browser=False))


def test_a_port_that_was_named_is_taken_or_refused(tmp_path: Path) -> None:
    """No other port is tried in its place."""
    told = settings.arguments(tmp_path, 9000, has_browser=False)

    assert {"--ServerApp.port=9000", "--ServerApp.port_retries=0", "--ServerApp.open_browser=False"} <= set(told)


class Served:
    """Be a Jupyter server that was started with some variables."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SessionManager, "get_kernel_env", lambda _self, path, _name: {"MINE": "1", "JPY_SESSION_NAME": path})
        monkeypatch.setattr(Sessions, "variables", staticmethod(lambda file, environ: {**environ, "OF": file.stem}))
        self.sessions: Any = Sessions.__new__(Sessions)

    def kernel(self, path: str) -> dict[str, str]:
        """Give the variables of a notebook's kernel."""
        found: dict[str, str] = self.sessions.get_kernel_env(path)
        return found


def test_each_kernel_has_its_own_environments_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sandbox takes, no other environment gets; the start page, and what is no environment's, have what the server has."""
    monkeypatch.setattr(place, "home", lambda: tmp_path)
    for name in ("sandbox", "staging"):
        place.choose(tmp_path / f"{name}.yaml", private_folder(place.lab() / name))
    served = Served(monkeypatch)

    assert {"MINE": "1", "JPY_SESSION_NAME": "staging/20_storage.ipynb", "OF": "staging"} == served.kernel("staging/20_storage.ipynb")
    assert "sandbox" == served.kernel("sandbox/earlier/20_storage-1.ipynb")["OF"]
    assert ["OF" in served.kernel(each) for each in ("00_start.ipynb", "other/x.ipynb")] == [False, False]


def test_one_server_serves_all_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second lab is told where the first one is, and changes neither its choice nor its copies."""
    monkeypatch.setattr(place, "home", lambda: tmp_path)
    monkeypatch.setattr(server, "_address", lambda process: f"http://of-{process}")
    private_folder(place.lab())
    place.choose(tmp_path / "sandbox.yaml")
    sandbox = load(ROOT / "parameters" / "sandbox.yaml")

    with server._served(place.lab()):
        opened = server.open_lab(tmp_path / "staging.yaml", sandbox.model_copy(update={"environment": "staging"}), lambda _, known: known)

    assert (place.lab(), f"http://of-{os.getpid()}") == (opened.folder, opened.elsewhere)
    assert (tmp_path / "sandbox.yaml", []) == (place.chosen(), list(place.lab().glob("**/*.ipynb")))


def test_nothing_but_the_files_of_records_is_served(tmp_path: Path) -> None:
    """Neither by a name that leads out, nor by a link, nor what is hidden, nor an environment that has no records."""
    lab, store = tmp_path / "lab", tmp_path / "store" / "staging"
    (store / "r" / "notebooks").mkdir(parents=True)
    (lab / "staging").mkdir(parents=True)
    (lab / "staging" / "records").symlink_to(store)
    (lab / "plain" / "records").mkdir(parents=True)
    for path in (store / "r" / "index.html", store / "r" / ".hidden", store / "r" / "notebooks" / "a.html", tmp_path / "secret"):
        path.write_text("", "utf-8")
    (lab / "plain" / "records" / "x.html").write_text("", "utf-8")
    (store / "r" / "out.html").symlink_to(tmp_path / "secret")
    (store / "r" / "up").symlink_to(tmp_path)

    assert store / "r" / "index.html" == found(lab, "staging", "r/index.html")
    assert store / "r" / "notebooks" / "a.html" == found(lab, "staging", "r/notebooks/a.html")
    beyond = ("../../secret", "r/../../../secret", "r/out.html", "r/up/secret", "/etc/passwd")
    names = (*beyond, "r/.hidden", "r", "r/", "", "r/none", "r\\..", "r\0")
    assert [] == [each for each in names if found(lab, "staging", each) is not None]
    others = ("..", ".", "", "plain", "none", "../lab/staging")
    assert [] == [each for each in others if found(lab, each, "x.html") or found(lab, each, "r/index.html")]

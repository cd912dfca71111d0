"""JupyterLab's settings as `runbook lab` writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.lab import settings


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


def test_kernels_are_ordinary_ones(tmp_path: Path) -> None:
    """A forked kernel never became idle again for a second page: nothing asks JupyterLab for another provisioner than its own."""
    assert "JUPYTER_DEFAULT_PROVISIONER_NAME" not in settings.write(tmp_path)


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

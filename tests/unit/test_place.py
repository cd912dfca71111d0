"""Where the record store is on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runbook_lib import place
from runbook_lib.cli import main


@pytest.mark.parametrize(
    ("records", "state_home", "expected"),
    [
        ("runs", "", "/srv/ada/checkout/runs"),
        ("/var/runs", "", "/var/runs"),
        ("s3://acme/team/", "", "/srv/ada/.local/state/redshift-runbook/records/acme/team"),
        ("s3://acme", "/elsewhere", "/elsewhere/redshift-runbook/records/acme"),
        ("s3://acme", "not/absolute", "/srv/ada/.local/state/redshift-runbook/records/acme"),
    ],
)
def test_the_folder_of_a_record_store(records: str, state_home: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder lies below the checkout; before a bucket it is the user's own, and a relative XDG_STATE_HOME does not count."""
    monkeypatch.setattr(place, "home", lambda: Path("/srv/ada/checkout"))
    monkeypatch.setenv("HOME", "/srv/ada")
    monkeypatch.setenv("XDG_STATE_HOME", state_home)
    assert Path(expected) == place.store(records)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("any", "parameters/any.yaml"), ("none", "parameters/none.yaml"), ("f.yaml", "fleet/f.yaml"), ("../../out.yaml", "{up}/out.yaml")],
)
def test_where_a_file_lies_is_said_the_same_wherever_one_stands(
    name: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From home where it is below, also where it is not there yet; else in full."""
    home = tmp_path / "home"
    for each in ("parameters/any.yaml", "fleet/f.yaml"):
        (home / each).parent.mkdir(parents=True)
        (home / each).touch()
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    monkeypatch.chdir(home / "fleet")

    assert expected.format(up=tmp_path) == place.lies(name)


def test_nobody_looks_at_what_a_command_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that was typed into a notebook's cell does not hand on that somebody looks at that notebook."""
    monkeypatch.setenv(place.FRONT_END, "10_preflight.ipynb")
    assert 2 == main(["check", "no-such-file"])

    assert place.FRONT_END not in os.environ

"""Which DAG and which pool a parameter file has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runbook_lib.fleet.airflow import __main__ as written
from runbook_lib.fleet.airflow.files import parameter_files
from runbook_lib.fleet.airflow.pools import pools


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write files of two accounts, and some that say none."""
    for name, text in {
        "prod-a": 'aws: {account: "111122223333"}',
        "prod-b": 'aws: {account: "111122223333"}',
        "prod-c": 'aws: {account: "444455556666"}',
        "odd-octal": "aws: {account: 012345670123}",
        "odd-empty": "",
        "odd-yaml": "aws: [",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def test_a_file_names_its_dag_and_its_account_the_pool(folder: Path) -> None:
    """A pattern gives them in order."""
    found = parameter_files(f"{folder}/prod-*.yaml")

    assert ["runbook-prod-a", "runbook-prod-b", "runbook-prod-c"] == [each.dag_id for each in found]
    assert ["runbook-111122223333", "runbook-111122223333", "runbook-444455556666"] == [each.pool for each in found]


def test_a_file_that_says_no_account_has_its_dag_all_the_same(folder: Path) -> None:
    """What is wrong with it the command says, in its own DAG; the others are not touched."""
    found = parameter_files([f"{folder}/odd-*.yaml", f"{folder}/odd-empty.yaml"])

    assert [("odd-empty", "default_pool"), ("odd-octal", "default_pool"), ("odd-yaml", "default_pool")] == [(e.name, e.pool) for e in found]


broken = st.lists(
    st.sampled_from([
        "2026-13-01", "2026-01-01T99:00:00", "0x_", "0b_", "-", "!!int abc", "!!int ", "!!bool x", "!!timestamp x", "!!binary x",
        "!!float ''", '"\\UFFFFFFFF"', "[" * 3000, "{a: " * 1500, "9" * 5000, "*a", "&a [*a]", "%YAML 9.9", "@", "\t", "\x00", "]", "}",
        ", ", "\n", "k: ",
    ]),
    min_size=1, max_size=4,
).map("".join)  # fmt: skip


@given(text=broken, is_behind=st.booleans())
@example(text="[{date: 2026-13-01}]", is_behind=True)
@example(text="0x_", is_behind=True)
@example(text="!!int abc", is_behind=True)
@example(text="[" * 3000, is_behind=False)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_takes_the_dags_of_the_others_away(folder: Path, *, text: str, is_behind: bool) -> None:
    """Whatever stands in one file, and whatever a program of YAML raises at it, each file has its DAG, and the others their pools."""
    said = 'aws: {account: "444455556666"}\nconfirmations: '
    (folder / "prod-b.yaml").write_text(f"{said}{text}" if is_behind else text, "utf-8")

    found = {each.dag_id: each.pool for each in parameter_files(f"{folder}/prod-*.yaml")}

    assert ["runbook-prod-a", "runbook-prod-b", "runbook-prod-c"] == list(found)
    assert ("runbook-111122223333", "runbook-444455556666") == (found["runbook-prod-a"], found["runbook-prod-c"])
    assert found["runbook-prod-b"] in {"default_pool", "runbook-444455556666"}


def test_a_pattern_that_names_nothing_is_refused(folder: Path) -> None:
    """A fleet that is gone shows as an error, not as no DAGs."""
    with pytest.raises(ValueError, match=r"test-\*\.yaml: there is no such parameter file"):
        parameter_files(f"{folder}/test-*.yaml")


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    """One would take the other's DAG."""
    (folder / "more").mkdir()
    (folder / "more" / "prod-a.yaml").write_text("", "utf-8")

    with pytest.raises(ValueError, match="prod-a: two parameter files have this name"):
        parameter_files([f"{folder}/prod-a.yaml", f"{folder}/more/prod-a.yaml"])


def test_every_name_of_a_file_has_a_dag_that_airflow_admits(folder: Path) -> None:
    """Blanks, other letters and long names are changed in it, a digest keeps similar ones apart, and others stay as they are."""
    names = ("odd", "odd.eu-1_a", "odd eu", "odd_eu", "odd+eu", "odd\u00e9", "odd" * 80)
    for name in names:
        (folder / f"{name}.yaml").write_text("", "utf-8")

    found = {each.name: each.dag_id for each in parameter_files([f"{folder}/{name}.yaml" for name in names])}

    assert all(len(each) <= 250 and re.fullmatch(r"[A-Za-z0-9_.-]+", each) for each in found.values())
    assert len(names) == len(set(found.values()))
    assert {name: f"runbook-{name}" for name in ("odd", "odd.eu-1_a", "odd_eu")}.items() <= found.items()
    assert "runbook-odd_eu-2d9e9677" == found["odd eu"]


def test_two_files_of_one_dag_are_refused(folder: Path) -> None:
    """A name that was made to look like another file's takes no DAG away."""
    (folder / "prod eu.yaml").write_text("", "utf-8")
    (taken,) = (each.dag_id.removeprefix("runbook-") for each in parameter_files(f"{folder}/prod eu.yaml"))
    (folder / f"{taken}.yaml").write_text("", "utf-8")

    with pytest.raises(ValueError, match="two parameter files have this name"):
        parameter_files(f"{folder}/prod?eu*.yaml")


def test_two_files_of_one_environment_are_refused(folder: Path) -> None:
    """Two DAGs would plan and write it, each what the other left; a file that names none is not meant."""
    for name in ("prod-a", "prod-b"):
        (folder / f"{name}.yaml").write_text("environment: production", "utf-8")

    with pytest.raises(ValueError, match=r"prod-b\.yaml: is of production, as .*prod-a\.yaml is; name each environment once"):
        parameter_files(f"{folder}/*.yaml")


def test_each_account_has_one_pool(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """They are written as Airflow imports them; a pattern without files is bad usage."""
    found = pools(f"{folder}/*.yaml", 3)

    assert {"runbook-111122223333": 3, "runbook-444455556666": 3} == {name: each["slots"] for name, each in found.items()}
    monkeypatch.setattr("sys.argv", ["pools", f"{folder}/prod-c.yaml"])
    assert 0 == written.main()
    assert '"runbook-444455556666"' in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["pools", f"{folder}/none.yaml"])
    with pytest.raises(SystemExit, match="2"):
        written.main()


@pytest.mark.parametrize("slots", ["0", "-4"])
def test_a_pool_in_which_nothing_could_run_is_refused(
    slots: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number of slots below one is bad usage, told as a batch tells it."""
    monkeypatch.setattr("sys.argv", ["pools", "--slots", slots, f"{folder}/prod-c.yaml"])

    with pytest.raises(SystemExit, match="2"):
        written.main()
    told = capsys.readouterr()
    assert "" == told.out
    assert f"--slots is {slots}; give a number from 1 on" in told.err

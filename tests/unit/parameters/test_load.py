"""A file that is no environment is refused with every mistake at once, and one that cannot be read with the reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runbook_lib import place
from runbook_lib.cli import main
from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters.load import load
from runbook_lib.parameters.reading import MAX_BYTES
from tests.machine import ROOT
from tests.unit.parameters.bad import FILES
from tests.unit.parameters.files import written

VALID = (ROOT / "parameters" / "example-legacy-kms.yaml").read_text("utf-8")


def problems(folder: Path, content: bytes | str) -> tuple[Problem, ...]:
    """Load what is refused."""
    with pytest.raises(InvalidParameters) as caught:
        load(written(folder, content))
    return caught.value.problems


# ------------------------------------------------------------------------------------------------------ everything at once

SEVERAL = """\
environment: Staging
pipelin: v2
aws:
  account: 012345670123
  region: us-east-1
  region: us-east-1
server:
  instance_id: i-0a1b2c3d4e5f60718
  role_arn: arn:aws:iam::012345670123:role/tonic
buckets:
  source: {name: acme-source}
  destination: {name: tonic-destination, paht: x}
source:
  host: warehouse.example
  port: "5439"
  database: tickit
  sslmode: disable
  admin: {login: none}
  user: {name: tonic_user, password: hunter2}
destination:
  host: warehouse.example
  database: tickit_masked
  admin: {login: none}
  user: {name: tonic_user, password: env:WRITER}
confirmations:
  - row: G2
    who: Jo Rivera
    date: 2026-01-15
worker: {timeout: 901}
approve: sha256:1
"""


def test_everything_is_reported_at_once_by_line(tmp_path: Path) -> None:
    """Mistakes of YAML, of types, of names and across fields come together, in the order of the file."""
    found = problems(tmp_path, SEVERAL)

    assert [
        (1, "environment"),
        (2, "pipelin"),
        (4, "aws.account"),
        (6, "aws.region"),
        (7, "server"),
        (11, "buckets.source.name"),
        (12, "buckets.destination.paht"),
        (15, "source.port"),
        (17, "source.sslmode"),
        (19, "source.user.password"),
        (24, "destination.user.name"),
        (28, "confirmations[0].date"),
        (29, "worker.timeout"),
        (30, "approve"),
    ] == [(each.line, each.field) for each in found]


def test_what_is_wrong_is_not_reported_twice(tmp_path: Path) -> None:
    """A rule says nothing that comes only from what is already reported as wrong: no pipeline, no complaint about its sections."""
    text = VALID.replace("pipeline: legacy", "pipeline: legcay").replace('"111122223333"', "111122223333")

    assert ["pipeline", "aws.account"] == [each.field for each in problems(tmp_path, text)]


def test_a_misspelt_key_is_not_also_missing(tmp_path: Path) -> None:
    """The key that was meant is suggested, and what needs it keeps quiet."""
    text = VALID.replace("  instance_id:", "  instanceid:").replace("  region:", "  regoin:").replace("  attach_profile: true\n", "")

    assert [("aws.regoin", "did you mean region?"), ("server.instanceid", "did you mean instance_id?")] == [
        (each.field, each.way_out) for each in problems(tmp_path, text)
    ]


@pytest.mark.parametrize(
    ("key", "way_out"),
    [
        ("evironment", "did you mean environment?"),
        ("Pipeline", "did you mean pipeline?"),
        ("policy-style", "did you mean policy_style?"),
        ("instance_id", "move it to server"),
        ("host", "move it to source or destination"),
        ("password", "move it to source.admin or source.user or destination.admin or destination.user"),
    ],
)
def test_a_key_that_is_not_known_names_the_nearest(tmp_path: Path, key: str, way_out: str) -> None:
    """What is misspelt is corrected, and what stands at the wrong place is sent to the right one."""
    found = problems(tmp_path, f"{VALID}{key}: x\n")

    assert (len(VALID.splitlines()) + 1, way_out) in {(each.line, each.way_out) for each in found}


def test_several_files_are_checked_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`runbook check` goes on after a bad file, and ends with 2 when there was one."""
    bad = written(tmp_path, SEVERAL)

    assert 2 == main(["check", str(bad), "sandbox", str(FILES[0])])

    told = "".join(capsys.readouterr())
    assert f"{bad}:1: environment" in told
    assert "sandbox: sandbox is valid" in told
    assert f"{FILES[0]}:" in told


# --------------------------------------------------------------------------------------------------------- naming the file


@pytest.mark.parametrize("name", ["sandbox", "sandbox.yaml", "parameters/sandbox.yaml", str(ROOT / "parameters" / "sandbox.yaml")])
def test_a_file_is_named_by_stem_or_by_path(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENV is a path, or the stem of a file in `parameters/`."""
    monkeypatch.chdir(ROOT)

    assert ROOT / "parameters" / "sandbox.yaml" == place.parameter_file(name).resolve()


@pytest.mark.parametrize("name", ["no-such", "", ".", "parameters", "no-such/file.yaml", "x\0y", "x" * 5000, os.devnull])
def test_a_name_of_nothing_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What names no file ends with 2, and the known environments are listed."""
    monkeypatch.chdir(ROOT)

    assert 2 == main(["check", name])

    assert "there is no such parameter file; name a file, or one of: example-both," in "".join(capsys.readouterr())


@pytest.mark.parametrize("content", [b"", b"\n", b"   \n\n", b"# nothing\n", b"\r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file without a single key says so and points to the examples."""
    (problem,) = problems(tmp_path, content)

    assert (1, "is empty") == (problem.line, problem.what)


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    """Nothing larger than the limit is parsed."""
    (problem,) = problems(tmp_path, b"#" * (MAX_BYTES + 1))

    assert f"is larger than {MAX_BYTES} bytes" == problem.what


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system's word is passed on."""

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, VALID)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InvalidParameters, match=r"some\.yaml: cannot be read \(Permission denied\); name a readable file"):
        load(path)


def test_a_bomb_of_aliases_is_not_unfolded(tmp_path: Path) -> None:
    """Ten levels of ten aliases, a list of ten thousand million entries, are refused one by one where they stand."""
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]

    found = problems(tmp_path, "\n".join(levels))

    assert {"has an anchor", "is an alias of another value", "is missing"} == {each.what for each in found}
    assert 100 == len([each for each in found if each.what.startswith("is an alias")])

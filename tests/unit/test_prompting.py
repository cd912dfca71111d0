"""A secret that is asked for stays in the kernel that asked, and is asked for nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runbook_lib import place, views
from runbook_lib.adapters.aws.secret_store import AwsSecrets
from runbook_lib.cli import main
from runbook_lib.errors import InvalidParameters, Rejected, TargetError, Unresolved
from runbook_lib.parameters.load import load
from runbook_lib.runbook.prompting import prompted
from runbook_lib.runbook.start import Start
from runbook_lib.secrets import Known, Reference, ask, ask_new, held, parse_reference, prompting
from runbook_lib.views import live
from tests.machine import ROOT

EXAMPLE = (ROOT / "parameters" / "example-v2.yaml").read_text("utf-8")
TYPED = "Canary-4711-typed"
KEPT = "prompt:secretsmanager:tonic/reader"


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a kernel in which nobody typed anything."""
    monkeypatch.setattr(prompting, "_HELD", {})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file whose administrators are asked for their password."""
    path = tmp_path / "some.yaml"
    path.write_text(EXAMPLE.replace("env:REDSHIFT_ADMIN_PASSWORD", "prompt:awsuser"), "utf-8")
    return path


def secrets() -> AwsSecrets:
    """Resolve without AWS."""
    return AwsSecrets(lambda: pytest.fail("AWS was asked"), {})


def test_it_is_read_and_written() -> None:
    """The reference names whose secret it is."""
    assert Reference("prompt", "awsuser") == parse_reference("prompt:awsuser")
    assert "prompt:awsuser" == str(parse_reference("prompt:awsuser"))


@pytest.mark.parametrize("text", ["prompt", "prompt:", "prompt:a b", "prompt:Secret!1", "prompt:1"])
def test_what_may_be_a_secret_is_no_name(text: str) -> None:
    """A name is a plain word."""
    with pytest.raises(ValueError, match="is not a secret reference"):
        parse_reference(text)


def test_where_nobody_can_answer_the_file_is_refused(file: Path) -> None:
    """Both administrators' passwords are named, with the way out; with somebody there the file is valid."""
    with pytest.raises(InvalidParameters) as caught:
        load(file)

    assert ["source.admin.password", "destination.admin.password"] == [each.field for each in caught.value.problems]
    assert ("awsuser", "awsuser") == prompted(load(file, is_attended=True))


def test_what_needs_no_password_takes_the_file(file: Path, tmp_path: Path) -> None:
    """Scripts for somebody else are written from it, for nothing connects."""
    assert 0 == main(["render", str(file), "--out", str(tmp_path / "rendered")])


def test_the_start_page_calls_it_valid_where_somebody_looks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In JupyterLab the file can be chosen."""
    monkeypatch.setattr(place, "chosen", lambda: file)
    assert "nobody is there" in views.text(Start({})._checked())

    monkeypatch.setattr(live, "has_front_end", lambda: True)

    assert "nobody is there" not in views.text(Start({})._checked())


def test_each_is_asked_for_once_and_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed is what the reference gives, in this process and in none of its variables."""
    asked: list[str] = []

    def typed(words: str) -> str:
        asked.append(words)
        return TYPED

    monkeypatch.setattr("getpass.getpass", typed)
    ask(("awsuser", "awsuser"))

    assert ["Password of awsuser: "] == asked
    assert TYPED == secrets().resolve("prompt:awsuser").reveal()
    assert TYPED not in os.environ.values()


def test_no_answer_keeps_what_was_typed_before() -> None:
    """Opening another stage in the same kernel takes one key; a new answer replaces the old one."""
    ask(("awsuser",), lambda _words: TYPED)
    ask(("awsuser",), lambda _words: "")
    first = secrets().resolve("prompt:awsuser").reveal()
    ask(("awsuser",), lambda words: "Another-1" if "as before" in words else "")

    assert (TYPED, "Another-1") == (first, secrets().resolve("prompt:awsuser").reveal())


def test_what_nobody_typed_is_unresolved() -> None:
    """The stage ends owed, and says what to do."""
    with pytest.raises(Unresolved, match="nobody typed it here; run the cell under Open"):
        secrets().resolve("prompt:awsuser")
    with pytest.raises(Unresolved, match="nothing was typed"):
        ask(("awsuser",), lambda _words: "")


def test_a_record_that_is_opened_later_still_hears_of_it() -> None:
    """Each record is searched for what was typed in its kernel, however long ago."""
    ask(("awsuser",), lambda _words: TYPED)

    with Known() as known:
        assert held("awsuser") is not None

    assert known.are_in(f"x{TYPED}x".encode())


def test_what_is_kept_is_typed_twice() -> None:
    """Nobody sees what he types, and a password that nobody knows would be stored for good; no answer leaves what was typed before."""
    asked: list[str] = []

    def typed(words: str) -> str:
        asked.append(words)
        return "" if "as before" in words else TYPED

    ask_new(KEPT, typed)
    ask_new(KEPT, typed)

    assert [f"New password, kept as {KEPT}: ", "Once more: ", f"New password, kept as {KEPT} (empty: as before): "] == asked
    assert held(KEPT) is not None


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ([""], Unresolved, "nothing was typed"),
        ([TYPED, f"{TYPED}x"], Unresolved, "two different passwords were typed"),
        (["too-simple", "too-simple"], Rejected, "a password must have: an upper-case letter; a digit"),
    ],
    ids=["nothing", "different", "simple"],
)
def test_what_nobody_could_use_is_not_kept(answers: list[str], error: type[TargetError], said: str) -> None:
    """What was typed is held against Redshift's rules before anything is stored; the error quotes nothing of it."""
    given = iter(answers)

    with pytest.raises(error, match=said) as caught:
        ask_new(KEPT, lambda _words: next(given))

    assert not any(each and each in str(caught.value) for each in answers)
    assert held(KEPT) is None


def test_check_says_what_is_asked_for_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is valid, since everything reads what was stored; whether it was, no look at a file tells."""
    path = tmp_path / "some.yaml"
    path.write_text(EXAMPLE.replace("generate:secretsmanager:", "prompt:secretsmanager:"), "utf-8")

    assert 0 == main(["check", str(path)])
    assert "note: source.user.password is asked for once, in JupyterLab" in capsys.readouterr().out

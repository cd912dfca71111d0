"""A parameter file is edited as values, and what was not edited stays as somebody wrote it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.errors import InvalidParameters, RunbookError
from runbook_lib.parameters import described, editing
from runbook_lib.parameters.editing import ABSENT, ParameterFile, changed, new_problems
from runbook_lib.parameters.load import as_parameters, load
from runbook_lib.parameters.reading import Path_, parsed
from runbook_lib.parameters.rewriting import rewritten, same
from tests.machine import ROOT
from tests.properties.environments import TEXTS, files

EXAMPLES = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "parameters").glob("*.yaml"))}
SMALL = """\
# first
environment: one   # its name
aws:
  account: '111122223333'  # in quotes
  region: "us-east-1"
# about buckets
buckets:
  source: {name: tonic-a, path: in}  # staged
  destination:
    name: tonic-b

# about schemas
schemas:
  include: ["*"]   # all
confirmations:
- row: A1   # network
  who: Ada
  # when
  date: "2026-01-01"
- row: G2
  who: Jo
  date: "2026-01-02"
# last
"""


def values_of(text: str) -> dict[str, Any]:
    """Read a text's values."""
    return parsed("some.yaml", text).values


def edit(text: str, changes: dict[Path_, Any]) -> str:
    """Edit a text."""
    return ParameterFile(Path("some.yaml"), text, values_of(text)).edited(changes)


def comments(text: str) -> list[str]:
    """List a text's comments; no text in these files holds the sign."""
    return [line[line.index("#") :].rstrip() for line in text.splitlines() if "#" in line]


leaves = [(path, field) for path, field in described.everywhere() if described.section(field) is None]
line_ends = st.sampled_from(["\n", "\r\n"])


@st.composite
def edits(draw: st.DrawFn) -> dict[Path_, Any]:
    """Draw values for some keys, of the kind that they take."""
    found: dict[Path_, Any] = {}
    for path, field in draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=6, unique_by=lambda each: each[0])):
        if path[0] not in {"confirmations", "lint_waivers", "extra_statements"} and dict not in described.kinds(field):
            value = draw(st.sampled_from((*described.examples(field), *(TEXTS if isinstance(described.first(field), str) else ()))))
            found[path] = [value] if described.is_list(field) else value
    return found


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), edits(), line_ends)
def test_what_is_set_is_read_back_and_no_comment_is_lost(name: str, changes: dict[Path_, Any], end: str) -> None:
    """Over any file of parameters/, values that are set are what the file says then; every comment and every line end stays."""
    text = EXAMPLES[name].replace("\n", end)

    after = edit(text, changes)

    assert same(changed(values_of(text), changes), values_of(after))
    assert comments(text) == [each for each in comments(after) if each in comments(text)]
    assert after.count("\r\n") == (after.count("\n") if end == "\r\n" else 0)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), files())
def test_any_file_becomes_any_other(name: str, values: dict[str, Any]) -> None:
    """Over any file of parameters/, whatever it is to say is what it says: keys set, removed, lists longer and shorter."""
    after = rewritten("some.yaml", EXAMPLES[name], values)

    assert same(values, values_of(after))


@settings(max_examples=25, deadline=None)
@given(files())
def test_what_is_valid_is_loaded(values: dict[str, Any]) -> None:
    """What was meant is what `load` reads from the file that was saved."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.yaml"
        path.write_bytes(EXAMPLES["example-legacy-kms"].encode())
        file = ParameterFile.read(path)
        file.save(rewritten(str(path), file.text, values))

        assert same(values, as_parameters(load(path)))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), st.sets(st.sampled_from([path for path, _ in described.everywhere()]), max_size=6))
def test_what_is_removed_is_gone_and_the_rest_stays(name: str, paths: set[Path_]) -> None:
    """Over any file of parameters/, removed keys are gone, and each line that is left stood there before, in that order."""
    text = EXAMPLES[name]
    changes = dict.fromkeys(paths, ABSENT)

    after = edit(text, changes)
    left = iter(text.splitlines())

    assert same(changed(values_of(text), changes), values_of(after))
    assert all(line in left for line in after.splitlines())


@pytest.mark.parametrize("text", [SMALL, *EXAMPLES.values()], ids=["small", *EXAMPLES])
def test_without_a_change_nothing_is_written(text: str) -> None:
    """The same values give the same text."""
    assert text == edit(text, {})
    assert text == rewritten("some.yaml", text, values_of(text))


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({("environment",): "two"}, "environment: one   # its name", "environment: two   # its name"),
        ({("aws", "account"): "012345678901"}, "'111122223333'", "'012345678901'"),
        ({("aws", "region"): "eu-central-1"}, '"us-east-1"', '"eu-central-1"'),
        ({("aws", "profile"): "yes"}, '"us-east-1"\n', '"us-east-1"\n  profile: "yes"\n'),
        ({("pipeline",): "v2"}, "its name\n", "its name\npipeline: v2\n"),
        ({("buckets", "source", "path"): "a,b"}, "path: in}", 'path: "a,b"}'),
        ({("buckets", "source", "path"): ABSENT}, "{name: tonic-a, path: in}", "{name: tonic-a}"),
        ({("buckets", "create"): True}, "tonic-b\n\n", "tonic-b\n  create: true\n\n"),
        ({("kms", "bucket_keys", "source", "create"): "k"}, "tonic-b\n", "tonic-b\nkms:\n  bucket_keys:\n    source:\n      create: k\n"),
        ({("schemas", "include"): ["crm", "s*"]}, '["*"]   # all', '[crm, "s*"]   # all'),
        ({("schemas", "include"): []}, '["*"]   # all', "[]   # all"),
        ({("schemas",): ABSENT}, 'schemas:\n  include: ["*"]   # all\n', ""),
        ({("schemas", "include"): ABSENT}, 'schemas:\n  include: ["*"]   # all\n', ""),
        ({("confirmations", 1, "who"): "Ada Park"}, "who: Jo", "who: Ada Park"),
        ({("confirmations", 0, "note"): "seen"}, 'date: "2026-01-01"\n', 'date: "2026-01-01"\n  note: seen\n'),
        ({("adopt",): ["iam_role/x"]}, "# about schemas\nschemas", "# about schemas\nschemas"),
    ],
)
def test_an_edit_touches_nothing_else(changes: dict[Path_, Any], before: str, after: str) -> None:
    """Quotation marks, comments and spaces stay where they are; a new key goes where the schema has it."""
    assert SMALL.count(before) == 1
    done = edit(SMALL, changes)

    assert done == SMALL.replace(before, after) or ("adopt",) in changes
    assert same(changed(values_of(SMALL), changes), values_of(done))


def test_an_entry_that_goes_takes_only_its_own_comments() -> None:
    """Of a list, one entry is taken out with what stands inside it."""
    confirmations = values_of(SMALL)["confirmations"]

    after = edit(SMALL, {("confirmations",): confirmations[1:]})

    assert SMALL.replace('- row: A1   # network\n  who: Ada\n  # when\n  date: "2026-01-01"\n', "") == after
    assert "# last\n" in edit(SMALL, {("confirmations",): []})


def test_a_file_without_an_end_of_line_gets_one_with_its_edit() -> None:
    """The last line is ended, so that another can follow."""
    assert "environment: one\npipeline: v2\n" == edit("environment: one", {("pipeline",): "v2"})


def test_an_empty_key_is_filled() -> None:
    """A key without a value takes a scalar, a list or a section; its comment stays."""
    text = "environment:  # name\nadopt:\naws:  # where\n"
    after = edit(text, {("environment",): "one", ("adopt",): ["iam_role/x"], ("aws", "account"): "1"})

    assert 'environment: one  # name\nadopt:\n  - iam_role/x\naws:  # where\n  account: "1"\n' == after


@pytest.mark.parametrize(
    "text",
    ["a: &x 1\nenvironment: *x\n", "a: *x\nenvironment: one\n", "environment: one\n---\na: 1\n"],
    ids=["an alias", "an alias of nothing", "two documents"],
)
def test_what_cannot_be_edited_is_refused(text: str) -> None:
    """Where a line's meaning depends on another one, or on none, nothing is written; where nothing is edited, nothing is refused."""
    with pytest.raises(InvalidParameters, match="cannot be edited here"):
        edit(text, {("environment",): "two"})
    assert text == edit(text, {})


def test_nothing_is_put_behind_a_key_without_an_end() -> None:
    """Where it ends nobody can tell; what stands before it is edited all the same."""
    text = "environment: one\nbuckets: \r\n? "

    with pytest.raises(InvalidParameters, match="cannot be edited here"):
        edit(text, {("schemas", "include"): ["a"]})
    assert edit(text, {("environment",): "two"}).startswith("environment: two\nbuckets: ")


def test_the_difference_is_shown_line_by_line() -> None:
    """What goes and what comes, with its neighbours."""
    file = ParameterFile(Path("some.yaml"), SMALL, values_of(SMALL))

    lines = file.difference(file.edited({("aws", "region"): "eu-central-1"}))

    assert ['-  region: "us-east-1"', '+  region: "eu-central-1"'] == [line for line in lines if line[0] in "+-"]
    assert () == file.difference(SMALL)


def test_what_somebody_else_wrote_is_not_overwritten(tmp_path: Path) -> None:
    """A file that changed on disk since it was read is left alone."""
    path = tmp_path / "some.yaml"
    path.write_text(SMALL, "utf-8")
    file = ParameterFile.read(path)
    path.write_text(SMALL + "# mine\n", "utf-8")

    with pytest.raises(RunbookError, match="changed by somebody else"):
        file.save(file.edited({("environment",): "two"}))

    assert SMALL + "# mine\n" == path.read_text("utf-8")


def test_a_write_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails halfway leaves the file as it was, and nothing beside it."""
    path = tmp_path / "some.yaml"
    path.write_text(SMALL, "utf-8")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        editing.write(path, "environment: two\n")

    assert [path] == list(tmp_path.iterdir())
    assert SMALL == path.read_text("utf-8")


def test_a_saved_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    """Who may read it may read it afterwards, and nobody else; a link still leads to it."""
    path, link = tmp_path / "some.yaml", tmp_path / "link.yaml"
    path.write_bytes(SMALL.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link.symlink_to(path)
    file = ParameterFile.read(link)

    saved = file.save(file.edited({("environment",): "two"}))

    assert link.is_symlink()
    assert 0o640 == path.stat().st_mode & 0o777
    assert "two" == saved.values["environment"]
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")


def test_problems_are_those_of_check() -> None:
    """An edit's problems have line, field and way out, and an edit is told from what was wrong before."""
    text = EXAMPLES["example-legacy-kms"]
    file = ParameterFile(Path("some.yaml"), text, values_of(text))
    before = file.problems(text)

    after = file.problems(file.edited({("worker", "sqs_visibility_timeout"): 10}))

    assert () == before
    ((found),) = new_problems(before, after)
    assert "worker.sqs_visibility_timeout" == found.field
    assert "sqs_visibility_timeout: 10" in file.edited({("worker", "sqs_visibility_timeout"): 10}).splitlines()[found.line - 1]
    assert found.way_out

"""Whatever a file holds, it is an environment that every reader understands alike, or it is refused in the library's own way."""

from __future__ import annotations

import copy
import io
import json
import random
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from papermill.iorw import read_yaml_file
from ruamel.yaml import YAML

from runbook_lib.errors import InvalidParameters
from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.load import as_parameters, load, validate
from runbook_lib.parameters.scalars import AMBIGUOUS, ambiguity, meaning
from runbook_lib.runbook.versions import versions
from tests.unit.parameters.bad import FILES
from tests.unit.parameters.files import EXAMPLES, written

many = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(load_it: Callable[[], Environment]) -> tuple[Environment | None, InvalidParameters | None]:
    """Give the environment, or what it is refused with."""
    try:
        return load_it(), None
    except InvalidParameters as error:
        return None, error


def tried(path: Path) -> Environment | None:
    """Load a file; None when it is refused in the way in which files are refused."""
    found, refused = outcome(partial(load, path))
    if refused is not None:
        lines = path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 1
        assert refused.problems
        assert [] == [each for each in refused.problems if not (1 <= each.line <= lines and each.what and each.way_out)]
        assert str(refused).encode("utf-8")
        return None
    # papermill's own reader of YAML 1.1 gives the same environment, so no kernel sees another one than `runbook check`
    assert found == validate(read_yaml_file(str(path)))
    return found


# ------------------------------------------------------------------------------------------------------------- two readers


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid_and_read_alike(path: Path) -> None:
    """Every file of `parameters/` is valid, carries the schema's version, and is one environment to every reader."""
    found = tried(path)

    assert found is not None
    assert 1 == found.version
    assert "version" in found.model_fields_set
    assert found == validate(as_parameters(found))


def dumped(values: dict[str, Any]) -> str:
    """Write values as ruamel.yaml does."""
    text = io.StringIO()
    YAML().dump(values, text)
    return text.getvalue()


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: json.dumps(yaml.safe_load(text)),
        lambda text: yaml.safe_dump(yaml.safe_load(text), indent=7, width=20),
        lambda text: dumped(yaml.safe_load(text)),
    ],
    ids=["line ends of Windows", "JSON", "PyYAML", "ruamel.yaml"],
)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_file_may_be_written_by_any_program(tmp_path: Path, path: Path, rewrite: Callable[[str], str]) -> None:
    """Other line ends, other indents, other quotes and JSON mean the same."""
    assert load(path) == tried(written(tmp_path, rewrite(path.read_text("utf-8"))))


@given(st.from_regex(r"\A[-+.0-9a-zA-Z_:=<~]{1,12}\Z"))
@example("1e3").via("1.2 reads a number")
@example("1.").via("both read a number, no person does")
@example("190:20:30").via("1.1 reads base 60")
@example("0o17").via("1.2 reads octal")
@example("+1")
@example("1_000")
@example("=")
@example("<<")
@example("-.inf")
@example(".5e1")
@example("2026-01-31")
@many
def test_a_plain_scalar_means_one_thing(text: str) -> None:
    """What is not called ambiguous is to YAML 1.1 what it is here."""
    if text.endswith(":") or text.startswith("- ") or text == "-" or ambiguity(text):
        return
    assert [meaning(text)] == list(yaml.safe_load(f"a: {text}").values())


@pytest.mark.parametrize("text", ["012", "yes", "15:00", "2026-01-31", "0x1f", "1e3", ".nan", "=", "1.", "+1", "99999999999999999999"])
def test_each_kind_of_ambiguity_is_told(text: str) -> None:
    """Every pattern has a scalar that only it, or it first, recognises."""
    assert ambiguity(text)


def test_no_pattern_of_ambiguity_is_idle() -> None:
    """No pattern could be left out."""
    samples = ["012", "yes", "15:00", "2026-01-31", "0x1f", "1e3", ".nan", "="]

    assert list(range(len(AMBIGUOUS))) == [
        next(index for index, (pattern, _) in enumerate(AMBIGUOUS) if pattern.match(each)) for each in samples
    ]


# --------------------------------------------------------------------------------------------------------------- whatever


@given(st.binary(max_size=400))
@many
def test_any_bytes_are_refused_or_loaded(tmp_path: Path, content: bytes) -> None:
    """Bytes raise nothing but the library's own error."""
    tried(written(tmp_path, content))


@given(st.text(alphabet=st.sampled_from(list("ab:-?[]{},#&*!|>'\"%@`~=<. \n\t\r0123_\\x\u0085\u2028\ufeffé")), max_size=60))
@many
def test_any_text_of_signs_is_refused_or_loaded(tmp_path: Path, content: str) -> None:
    """Texts made of YAML's signs raise nothing but the library's own error."""
    tried(written(tmp_path, content))


pieces = st.sampled_from([
    "k: ", "k", ": ", "\n", "- ", "[", "]", "{", "}", '"', "'", ", ", "? ", "---\n", "...\n", "%YAML 1.3\n", "%YAML 99999.1\n",
    "%TAG ! a\n", "!!int ", "!!float ", "!!bool ", "!!timestamp ", "!!binary ", "!!set ", "!!omap ", "!x ", "!<%FF> ", "&a ", "*a", "<<",
    "|9\n", "|0\n", "2026-13-01", "2026-01-01T99:00:00", "0x_", "0b_", "-0_", "+_", "1:99", "012345670123", "1e999", "9" * 5000,
    "[" * 3000, "- " * 3000, "\\UFFFFFFFF", '"\\U00110000"', '"\\uD800"', '"\\xZZ"', "\u00e9",
])  # fmt: skip
"""What YAML's programs take as it comes, and then make Python fail."""


@given(st.lists(pieces, max_size=8).map("".join), st.sampled_from(["", "k: ", "aws: ", "environment: ", "confirmations: "]))
@example("2026-13-01", "confirmations: ")
@example('"\\UFFFFFFFF"', "k: ")
@example('"\\uD800": 1', "")
@example("%YAML 1.3\n---\n", "")
@many
def test_any_text_that_makes_a_parser_fail_is_refused(tmp_path: Path, content: str, before: str) -> None:
    """Dates, numbers, tags, escapes and depths that no program can read raise nothing but the library's own error."""
    tried(written(tmp_path, f"{before}{content}"))


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.dates())


trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | scalars, inner, max_size=3), max_leaves=8
)


paths = st.sampled_from([path for path, _ in described.everywhere()])


@given(st.dictionaries(st.sampled_from(sorted(described.keys(Environment))) | st.text(max_size=5), trees), st.booleans())
@many
def test_any_yaml_is_refused_or_loaded(tmp_path: Path, values: dict[str, Any], flow: bool) -> None:
    """Any tree of values below known and unknown keys raises nothing but the library's own error."""
    tried(written(tmp_path, yaml.dump(values, allow_unicode=True, default_flow_style=flow)))


@given(st.lists(st.tuples(paths, trees | st.just(...)), min_size=1, max_size=4), st.sampled_from(EXAMPLES))
@many
@pytest.mark.slow
def test_a_valid_file_with_any_values_is_refused_or_loaded(tmp_path: Path, changes: list[tuple[tuple[str, ...], Any]], path: Path) -> None:
    """A valid file in which values are replaced, added or (`...`) removed anywhere raises nothing but the library's own error."""
    values = yaml.safe_load(path.read_text("utf-8"))
    for place_, value in changes:
        changed(values, place_, copy.deepcopy(value))
    tried(written(tmp_path, yaml.dump(values, allow_unicode=True)))


def changed(values: Any, path: tuple[str, ...], value: Any) -> None:
    """Put a value at a path, as far as there are sections on the way."""
    for part in path[:-1]:
        values = values.setdefault(part, {}) if isinstance(values, dict) else None
        values = values[0] if isinstance(values, list) and values else values
    if isinstance(values, dict):
        values.pop(path[-1], None)
        if value is not ...:
            values[path[-1]] = value


lines = st.sampled_from(
    ["", "x", "  x: y", "- x", "---", "...", "  ", ": x", "? x", "[", "}", "'", '"', "|", ">-", "\t", "%YAML 1.1", "#", "&a", "*a"]
)


@given(st.sampled_from(EXAMPLES), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.text(max_size=6) | lines), max_size=4))
@many
def test_a_valid_text_with_any_cuts_is_refused_or_loaded(tmp_path: Path, path: Path, cuts: list[tuple[int, int, str]]) -> None:
    """A valid file in which characters are cut out and put in anywhere raises nothing but the library's own error."""
    text = path.read_text("utf-8")
    for start, length, new in cuts:
        at = start % (len(text) + 1)
        text = text[:at] + new + text[at + length :]
    tried(written(tmp_path, text.encode("utf-8", "surrogatepass")))


@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False))
@many
def test_a_valid_text_with_lines_moved_is_refused_or_loaded(tmp_path: Path, path: Path, chance: random.Random) -> None:
    """A valid file whose lines are swapped, doubled, dropped or indented anew raises nothing but the library's own error."""
    text = path.read_text("utf-8").splitlines()
    for _ in range(chance.randint(1, 4)):
        one, other = chance.randrange(len(text)), chance.randrange(len(text))
        text[one] = chance.choice([text[other], "", f"  {text[one]}", text[one].removeprefix("  "), text[one].replace(":", "", 1)])
    tried(written(tmp_path, "\n".join(text)))


@given(st.dictionaries(st.sampled_from(sorted(described.keys(Environment))), trees))
@example({"adopt": {None: "<>"}})
@many
def test_any_values_of_a_notebook_are_refused_or_taken(values: dict[str, Any]) -> None:
    """What papermill or a person puts into the parameters cell raises nothing but the library's own error, which names no line."""
    _, refused = outcome(partial(validate, values))

    assert refused is None or ({0} == {each.line for each in refused.problems} and str(refused).startswith("parameters: "))


def test_no_warning_is_given(tmp_path: Path) -> None:
    """Reading warns of nothing, neither about a good file nor about bad ones."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for path in (*EXAMPLES, *FILES):
            tried(path)

    assert [] == caught


def test_a_record_carries_the_version_of_the_schema() -> None:
    """Among the versions that a run's record holds is that of the parameter files that it understands."""
    assert ("parameter files", "1") in versions()
    assert 1 == Environment.model_fields["version"].default

"""What a record keeps of a parameter file is what was validated, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from runbook_lib.parameters.load import load, validate
from runbook_lib.parameters.written import as_yaml
from tests.machine import ROOT
from tests.properties.environments import files

EXAMPLES = sorted((ROOT / "parameters").glob("*.yaml"))


def read_back(text: str) -> Any:
    """Load what was written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(text, "utf-8")
        return load(path)


@settings(max_examples=30)
@given(files())
def test_any_environment_is_read_back(values: dict[str, Any]) -> None:
    """Texts that look like numbers, booleans or dates stay texts."""
    environment = validate(values)

    assert environment == read_back(as_yaml(environment))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_comments_are_left_out(path: Path) -> None:
    """A file with all its comments is written without any, and means the same."""
    environment = load(path)

    assert "#" in path.read_text("utf-8")
    assert "#" not in as_yaml(environment)
    assert environment == read_back(as_yaml(environment))


def test_odd_keys_stay_keys(tmp_path: Path) -> None:
    """A tag's key may be a word, a number or a sign that YAML takes for something else."""
    tags = {"yes": "no", "1": "2", "null": "~", "a: b": "#c", "on": "1e3", "012": "15:00"}
    values = load(EXAMPLES[0]).model_dump(mode="json", by_alias=True, exclude_unset=True)
    environment = validate({**values, "roles": {"tags": tags}})

    assert tags == read_back(as_yaml(environment)).roles.tags

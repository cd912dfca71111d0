"""A form of a parameter file, and what somebody does in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, TypeVar

import pytest

from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.editing import ParameterFile
from runbook_lib.views.form.widget import FormWidget
from runbook_lib.views.shown import ParameterForm
from tests.machine import ROOT

Part = TypeVar("Part")
KEYS = tuple(key for key in described.keys(Environment) if key not in {"version", "environment"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Copy a file with comments in it."""
    copied = tmp_path / "some.yaml"
    shutil.copy(ROOT / "parameters" / "example-legacy-kms.yaml", copied)
    return copied


def form(path: Path, *keys: str) -> ParameterForm:
    """Hold some keys of a file."""
    file = ParameterFile.read(path)
    return ParameterForm("Storage", path.name, keys or KEYS, file.values, file)


def control(widget: FormWidget, key: str) -> Any:
    """Find the control of a key."""
    return next(each for each in widget.controls if ".".join(str(part) for part in each.path) == key)


def type_in(widget: FormWidget, key: str, *values: Any) -> None:
    """Set what a control holds, as somebody who types does."""
    for each, value in zip(control(widget, key).inputs, values, strict=True):
        each.value = value


def parts(widget: FormWidget, kind: type[Part]) -> list[Part]:
    """Find the sections of one kind."""
    return [part for section in widget._sections for part in section.parts if isinstance(part, kind)]


def slot(widget: FormWidget, key: str) -> str:
    """Read what stands beside a control."""
    return str(control(widget, key).widget.children[-1].value)

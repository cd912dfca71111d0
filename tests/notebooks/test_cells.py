"""The writer of the parameters cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.parameters.cells import encoded, main, parameters_cell, rewritten


def notebook(*tags: str) -> dict[str, Any]:
    """Make a notebook with a cell a tag."""
    cells = [{"cell_type": "code", "id": f"c{n}", "metadata": {"tags": [tag]}, "source": ["x = 1"]} for n, tag in enumerate(tags)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_writes_only_the_tagged_cell() -> None:
    """The tagged cell gets the generated source, its neighbour stays."""
    cells = rewritten(notebook("other", "parameters"))["cells"]

    assert [["x = 1"], parameters_cell().splitlines(keepends=True)] == [cell["source"] for cell in cells]


def test_leaves_the_given_notebook_alone() -> None:
    """A new notebook is returned."""
    given = notebook("parameters")
    rewritten(given)

    assert ["x = 1"] == given["cells"][0]["source"]


@pytest.mark.parametrize(("tags", "number"), [(("other",), 0), (("parameters", "parameters"), 2)])
def test_refuses_any_other_number_of_cells(tags: tuple[str, ...], number: int) -> None:
    """None or two tagged cells are an error."""
    with pytest.raises(ValueError, match=f"{number} cells are tagged parameters, wanted is one"):
        rewritten(notebook(*tags))


def test_main_names_what_it_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first call writes and names the file, the second finds nothing to write."""
    path = tmp_path / "10_x.ipynb"
    path.write_text(encoded(notebook("parameters")), "utf-8")

    assert 0 == main([str(tmp_path)])
    assert f"{path}\n" == capsys.readouterr().out
    assert 0 == main([str(tmp_path)])
    assert "" == capsys.readouterr().out
    assert parameters_cell() == "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])

"""An executed notebook as a page: everything that was shown, and nothing that runs or loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import views
from runbook_lib.views.as_html import STYLE
from runbook_lib.views.notebook_page import notebook_html
from runbook_lib.views.shown import Closing
from tests.unit.views.markup import asks_outside, read
from tests.unit.views.samples import HOSTILE, PLAN

EMPTY_KILOBYTES = 20_000


def code(source: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make an executed cell."""
    return {
        "cell_type": "code",
        "id": f"c{abs(hash(source))}",
        "execution_count": 1,
        "metadata": {"tags": list(tags)},
        "outputs": list(outputs),
        "source": source,
    }


def words(source: str) -> dict[str, Any]:
    """Make a Markdown cell."""
    return {"cell_type": "markdown", "id": "w", "metadata": {}, "source": source}


def result(**forms: Any) -> dict[str, Any]:
    """Make an output with some forms: html, plain, svg."""
    kinds = {"html": "text/html", "plain": "text/plain", "markdown": "text/markdown", "svg": "image/svg+xml", "png": "image/png"}
    shown = {kinds.get(form, form): value for form, value in forms.items()}
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": shown}


@pytest.fixture
def convert(tmp_path: Path) -> Any:
    """Give a function that writes cells as a notebook and converts it."""

    def converted(*cells: dict[str, Any], **metadata: Any) -> str:
        path = tmp_path / "50_server_role.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
        return notebook_html(path)

    return converted


def test_shows_words_code_and_views(convert: Any) -> None:
    """Markdown, the cell's source and the view that it ended with are on the page."""
    html = convert(words("# 50 · Server role\n\nSome *words*."), code("plan", result(html=views.html(PLAN), plain=views.text(PLAN))))
    reader = read(html)

    assert "50 · Server role" in reader.text
    assert "<em>words</em>" in html
    assert PLAN.digest in reader.text
    assert 1 == html.count(PLAN.digest)


def test_has_the_views_stylesheet_once(convert: Any) -> None:
    """Many views do not repeat what the page has."""
    output = result(html=views.html(PLAN), plain="")
    html = convert(code("a", output), code("b", output))

    assert 0 == html.count(str(STYLE))
    assert 1 == html.count("--bad-bg:") / 5


def test_loads_and_runs_nothing(convert: Any) -> None:
    """No script, no handler, nothing from outside, and the browser is told so."""
    html = convert(words("# Title"), code("plan", result(html=views.html(PLAN), plain="")))
    reader = read(html)

    assert [] == asks_outside(reader)
    assert "script" not in reader.tags
    assert [] == [name for name, _ in reader.attributes if name.startswith("on")]
    assert "default-src 'none'" in html.replace("&#39;", "'")


def test_is_well_formed(convert: Any) -> None:
    """Every element is closed in its place."""
    reader = read(convert(words("# Title"), code("plan", result(html=views.html(PLAN), plain=""))))

    assert ([], []) == (reader.open, reader.astray)


def test_widget_leaves_its_twin(convert: Any) -> None:
    """Of a widget the text is shown, never the part that needs a script."""
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "plain": "Button(description='Stop')"}
    html = convert(code("button", result(**widget)))

    assert "Button(description='Stop')" in read(html).text
    assert "model_id" not in html


def test_error_is_shown_without_colour_codes(convert: Any) -> None:
    """What stopped the notebook stands in a sentence, its traceback folded."""
    error = {"output_type": "error", "ename": "Denied", "evalue": f"iam: {HOSTILE}", "traceback": ["\x1b[0;31mDenied\x1b[0m"]}
    html = convert(code("boom", error))
    reader = read(html)

    assert f"iam: {HOSTILE}" in reader.text
    assert "script" not in reader.tags
    assert "<details><summary>Traceback</summary><pre>Denied</pre></details>" in html


def test_streams_are_text(convert: Any) -> None:
    """What a cell printed is text."""
    html = convert(code("print()", {"output_type": "stream", "name": "stderr", "text": HOSTILE}))

    assert HOSTILE in read(html).text
    assert "script" not in read(html).tags


def test_pictures_are_held_in_the_page(convert: Any) -> None:
    """A picture is part of the page, and an SVG cannot run anything."""
    html = convert(code("x", result(svg="<svg onload='alert(1)'/>", plain="")), code("y", result(png="aGk=", plain="")))

    assert "onload" not in html
    assert 'src="data:image/svg+xml;base64,' in html
    assert 'src="data:image/png;base64,aGk="' in html


def test_parameters_are_folded(convert: Any) -> None:
    """Both parameters cells are there, behind their summaries."""
    html = convert(code("a = 1", tags=("parameters",)), code("a = 2", tags=("injected-parameters",)), code("run"))

    assert html.index("Parameters, as the notebook declares them") < html.index("Parameters of this run")
    assert 2 == html.count("<details>")


def test_leads_back_to_the_run(convert: Any) -> None:
    """A reader finds the way back."""
    assert '<a href="../index.html">' in convert(words("# x"))


def test_empty_page_is_small(convert: Any) -> None:
    """What every page carries is a small stylesheet and nothing else."""
    assert len(convert()) < EMPTY_KILOBYTES


def test_hostile_title_is_text(tmp_path: Path) -> None:
    """The title comes from the file's name and is escaped."""
    path = tmp_path / "<b>.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")

    assert "<title>&lt;b&gt; - Redshift Runbook</title>" in notebook_html(path)


def test_the_tracked_notebooks_convert() -> None:
    """Every notebook of the repository becomes a page that loads nothing."""
    folder = Path(__file__).resolve().parents[3] / "notebooks"
    outside = {path.name: asks_outside(read(notebook_html(path))) for path in sorted(folder.glob("*.ipynb"))}

    assert 12 == len(outside)
    assert {} == {name: found for name, found in outside.items() if found}


def test_a_page_leads_to_no_notebook(tmp_path: Path) -> None:
    """Where whoever stepped through notebooks went on is said, and is no link: a record has none to go on with."""
    closed = Closing(
        "20260630T100000Z-step-abc123", "storage", ways=(("30 Encryption", "30_encryption.ipynb"), ("start", "../00_start.ipynb"))
    )
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": views.html(closed)}}
    path = tmp_path / "20_storage.ipynb"
    path.write_text(json.dumps({"cells": [code("run.close()", output)], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")

    page = notebook_html(path)

    assert ("30 Encryption" in page, ".ipynb" in page.partition("</style>")[2]) == (True, False)


def test_a_page_leads_to_what_lies_around_it(tmp_path: Path) -> None:
    """What an Evidence cell of a working copy leads to by the way to the records, the record's own page leads to within the record."""
    record = "20260630T100000Z-step-abc123"
    closed = Closing(record, "storage", ("artefacts/storage/b.json",), files=f"records/{record}/")
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": views.html(closed)}}
    path = tmp_path / "20_storage.ipynb"
    path.write_text(json.dumps({"cells": [code("run.close()", output)], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")

    assert f'href="records/{record}/artefacts/storage/b.json"' in views.html(closed)
    assert 'href="../artefacts/storage/b.json"' in notebook_html(path)
    assert "<a " not in views.html(Closing("r", "storage", ("artefacts/storage/b.json",)))

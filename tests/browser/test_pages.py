"""The pages in a browser: they ask for nothing, can be read and reached by keyboard, in light and in dark."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import views
from runbook_lib.views.page import index_page, notebook_html
from tests import screenshots
from tests.unit.views.samples import PAGE, VALUES

PAGES = ("index.html", "notebook.html")
WIDTHS = (360, 1250)

IS_SHOWN = """async () => {
    for (const frame of ["is begun", "was drawn"]) await new Promise(requestAnimationFrame);
    return document.querySelector('#done details table').checkVisibility({contentVisibilityAuto: true});
}"""
"""Chromium locks what is folded; for another medium it opens the lock while it draws a frame, not when it is asked what can be seen."""

in_both = pytest.mark.parametrize("scheme", ["light", "dark"])
every = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a run's page and an executed notebook with every kind of view."""
    made = tmp_path_factory.mktemp("record")
    (made / "index.html").write_text(index_page(PAGE), "utf-8")
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# 50 · Server role\n\nWords.\n\n## Plan"}
    ]
    for place, value in enumerate(VALUES):
        output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": views.html(value)}}
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{place}",
                "execution_count": 1,
                "metadata": {},
                "outputs": [output],
                "source": "plan = run.plan()  # x\n'a', 1",
            }
        )
    notebook = made / "50_server_role.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    (made / "notebook.html").write_text(notebook_html(notebook), "utf-8")
    return made


def opened(browser: Any, path: Path, scheme: str, width: int = 1250) -> tuple[Any, list[str], list[str]]:
    """Open a page; give it with what it asked for and what it complained about."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    return page, asked, said


@every
def test_asks_for_itself_alone(browser: Any, folder: Path, name: str) -> None:
    """Opening a page makes one request, and the browser has nothing to complain about."""
    path = folder / name
    page, asked, said = opened(browser, path, "light")
    page.context.close()

    assert ([path.as_uri()], []) == (asked, said)


@in_both
@every
def test_meets_the_rules_of_accessibility(browser: Any, folder: Path, name: str, scheme: str) -> None:
    """Axe finds nothing against WCAG 2.2 AA, with every fold open."""
    from axe_playwright_python.sync_playwright import Axe

    page, _, _ = opened(browser, folder / name, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=rules).response["violations"]
    page.context.close()

    assert [] == [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found]


@every
@pytest.mark.parametrize("width", WIDTHS)
def test_fits_its_window(browser: Any, folder: Path, name: str, width: int) -> None:
    """The page itself never scrolls sideways; a wide table scrolls within its view."""
    page, _, _ = opened(browser, folder / name, "light", width)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.context.close()

    assert 0 == wide


def test_folds_open_by_keyboard(browser: Any, folder: Path) -> None:
    """Tab reaches a fold, Enter opens it."""
    page, _, _ = opened(browser, folder / "index.html", "light")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    is_open = page.evaluate("document.querySelector('details').open")
    page.context.close()

    assert is_open is True


@every
def test_a_cut_table_shows_that_it_scrolls(browser: Any, folder: Path, name: str) -> None:
    """In a narrow window whatever is wider scrolls within its own frame, by keyboard too, and the frame draws a shadow where more is."""
    page, _, _ = opened(browser, folder / name, "light", 400)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    frames = page.evaluate(
        "[...document.querySelectorAll('.rb .scroll')].filter(each => each.scrollWidth > each.clientWidth + 1)"
        ".map(each => [each.tabIndex, getComputedStyle(each).backgroundAttachment])"
    )
    cut = page.evaluate(
        "[...document.querySelectorAll('table')].filter(each => !each.closest('.scroll')"
        " && each.scrollWidth > each.parentElement.clientWidth + 1).map(each => each.caption.textContent)"
    )
    page.context.close()

    assert frames
    assert {(0, "local, local, scroll, scroll")} == {tuple(each) for each in frames}
    assert [] == cut


def test_paper_shows_what_is_folded(browser: Any, folder: Path) -> None:
    """What is printed has the folds open, no links to jump by, and dark text also for a reader in the dark."""
    page, _, _ = opened(browser, folder / "index.html", "dark")
    page.emulate_media(media="print", color_scheme="dark")
    shown = page.evaluate(IS_SHOWN)
    jumps = page.locator("nav").is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.context.close()

    assert (True, False, "rgb(255, 255, 255)") == (shown, jumps, ground)


def test_pictures_are_small_and_are_of_the_page(browser: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `make screenshots` takes has the size of its window, and a picture that grew too large is refused."""
    taken = screenshots.take(browser, folder, tmp_path)
    sizes = [struct.unpack(">II", each.read_bytes()[16:24]) for each in taken]

    assert [(each.width, each.height) for each in screenshots.SHOTS] == sizes
    monkeypatch.setattr(screenshots, "LARGEST", 1)
    with pytest.raises(screenshots.TooLarge, match="at most 1"):
        screenshots.take(browser, folder, tmp_path)

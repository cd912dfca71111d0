"""Hold what is ours on a page against the rules: accessibility by axe-core, and no output wider than its cell."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.lab import Notebook

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OURS = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output"
WIDEST = """() => [...document.querySelectorAll('.jp-OutputArea-output')].filter((each) => each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).overflowX === 'visible').length"""


@dataclass(frozen=True)
class Looked:
    """Hold what was found on a page: which theme it has, which rules it breaks where, how many it keeps, how many outputs are too wide."""

    theme: str
    broken: list[tuple[str, list[str]]]
    kept: int
    wide: int


def look(notebook: Notebook, where: str = OURS) -> Looked:
    """Open every fold, and look."""
    from axe_playwright_python.sync_playwright import Axe

    page = notebook.page
    page.evaluate(f"document.querySelectorAll('{where} details').forEach(each => each.open = true)")
    found = Axe().run(page, context={"include": [[where]]}, options=RULES).response
    broken = [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found["violations"]]
    theme = "light" if page.evaluate("document.body.dataset.jpThemeLight") == "true" else "dark"
    return Looked(theme, broken, len(found["passes"]), page.evaluate(WIDEST))

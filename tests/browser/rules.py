"""Hold what is ours on a page against the rules: accessibility by axe-core, and no output wider than its cell."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.lab import Notebook

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OURS = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output"
SCHEMES = ("light", "dark")
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output, .jp-OutputArea-output *')]
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX))
    .filter((each) => each.tabIndex < 0)
    .map((each) => each.cloneNode().outerHTML.slice(0, 160))"""
"""What scrolls sideways: an output does so of itself, as JupyterLab has it; only a box that the keyboard reaches may."""

SIDEWAYS = """() => [...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) :is(.jp-Notebook, .jp-Notebook > *)')]
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX))
    .map((each) => `${each.className}: ${each.scrollWidth} in ${each.clientWidth}`)"""
"""What lets a whole notebook scroll sideways, whichever of its cells is the widest."""


@dataclass(frozen=True)
class Looked:
    """Hold what was found on a page: its theme, the rules that it breaks where, how many it keeps, boxes too narrow, notebooks too."""

    theme: str
    broken: list[tuple[str, list[str]]]
    kept: int
    wide: list[str]
    sideways: list[str]


def look(notebook: Notebook, where: str = OURS) -> Looked:
    """Open every fold, and look."""
    from axe_playwright_python.sync_playwright import Axe

    page = notebook.page
    page.evaluate(f"document.querySelectorAll('{where} details').forEach(each => each.open = true)")
    found = Axe().run(page, context={"include": [[where]]}, options=RULES).response
    broken = [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found["violations"]]
    theme = "light" if page.evaluate("document.body.dataset.jpThemeLight") == "true" else "dark"
    return Looked(theme, broken, len(found["passes"]), page.evaluate(TOO_WIDE), page.evaluate(SIDEWAYS))


def in_both(notebook: Notebook) -> dict[str, Looked]:
    """Look at a page by night and by day: JupyterLab remembers the last theme, which is to be the one that it began with."""
    looks = {}
    for scheme in reversed(SCHEMES):
        notebook.page.emulate_media(color_scheme=scheme)
        notebook.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(scheme == 'light').lower()}'")
        looks[scheme] = look(notebook)
    return looks

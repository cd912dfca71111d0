"""What a stage's cells show, in either theme: it can be read and reached by everybody, fits its cell, and an error explains itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.browser.desk import STORAGE, Desk, step
from tests.browser.lab import Notebook
from tests.browser.rules import Looked, look

HANDOVER = "sandbox/95_handover.ipynb"
SCHEMES = ("light", "dark")
ACCOUNT, ANOTHER = "123456789012", "210987654321"
PATH = "() => window.jupyterapp.shell.currentWidget.context?.path"


@dataclass(frozen=True)
class Seen:
    """Hold how two notebooks look in each theme, and of a failed cell: what it says, what stays folded, and where its link leads."""

    looks: dict[tuple[str, str], Looked]
    said: str
    is_folded: bool
    led_to: str


@pytest.fixture(scope="module")
def seen(desk: Desk) -> Seen:
    """Run a stage from form to board and the hand-over; then call with the credentials of another account than the file names."""
    plain = desk.emptied().lab.file.read_text("utf-8")
    with desk.lab.page(HANDOVER) as notebook:
        notebook.run_all()
        looks = in_both(notebook, HANDOVER)
    with desk.lab.page(STORAGE) as notebook:
        notebook.run_all()
        try:
            desk.lab.file.write_text(plain.replace(ACCOUNT, ANOTHER), "utf-8")
            box = step(notebook, "open", "preflight")
        finally:
            desk.lab.file.write_text(plain, "utf-8")
        said = box.inner_text()
        is_folded = not box.locator("details", has_text="traceback").evaluate("each => each.open")
        looks |= in_both(notebook, STORAGE)
        notebook.panel.get_by_role("link", name="D1 in the ledger").click()
        notebook.page.wait_for_function(f"{PATH[6:]} !== '{STORAGE}'")
        return Seen(looks, said, is_folded, notebook.page.evaluate(PATH))


def in_both(notebook: Notebook, name: str) -> dict[tuple[str, str], Looked]:
    """Look at a page by night and by day: JupyterLab remembers the last theme, which is to be the one that it began with."""
    looks = {}
    for scheme in reversed(SCHEMES):
        notebook.page.emulate_media(color_scheme=scheme)
        notebook.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(scheme == 'light').lower()}'")
        looks[name, scheme] = look(notebook)
    return looks


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [STORAGE, HANDOVER])
def test_outputs_meet_the_rules_of_accessibility(seen: Seen, name: str, scheme: str) -> None:
    """Axe finds nothing in form, plan, gate, result, boards, sheet and error, with every fold open, and nothing is wider than its cell."""
    looked = seen.looks[name, scheme]

    assert (scheme, [], 0) == (looked.theme, looked.broken, looked.wide)
    assert looked.kept


def test_an_error_explains_itself(seen: Seen) -> None:
    """The cause comes first, then what was said and the way out; the traceback is folded, and the ledger's row is one click away."""
    told = ("failed", "another account than the file names", "what was said", ANOTHER, "way out", "use the credentials", "traceback")

    assert [] == [each for each in told if each not in seen.said]
    assert sorted(map(seen.said.index, told)) == [seen.said.index(each) for each in told]
    assert (True, "ledger.md") == (seen.is_folded, seen.led_to)

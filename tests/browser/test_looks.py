"""What a stage's cells show, in either theme: it can be read and reached by everybody, fits its cell, and an error explains itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.browser.desk import STORAGE, Desk, step
from tests.browser.lab import Notebook
from tests.browser.rules import SCHEMES, Looked, in_both

HANDOVER = "sandbox/95_handover.ipynb"
ACCOUNT, ANOTHER = "123456789012", "210987654321"
PATH = "() => window.jupyterapp.shell.currentWidget.context?.path"


@dataclass(frozen=True)
class Seen:
    """Hold how two notebooks look in each theme, what was copied, and of a failed cell: words, whether its fold is closed, where it led."""

    looks: dict[str, dict[str, Looked]]
    copied: tuple[str, str]
    said: str
    is_folded: bool
    led_to: str


@pytest.fixture(scope="module")
def seen(desk: Desk) -> Seen:
    """Run a stage from form to board and the hand-over; then call with the credentials of another account than the file names."""
    plain = desk.emptied().lab.file.read_text("utf-8")
    with desk.lab.page(HANDOVER) as notebook:
        notebook.run_all()
        looks = {HANDOVER: in_both(notebook)}
        copied = copied_from(notebook)
    with desk.lab.page(STORAGE) as notebook:
        notebook.run_all()
        try:
            desk.lab.file.write_text(plain.replace(ACCOUNT, ANOTHER), "utf-8")
            box = step(notebook, "open", "preflight")
        finally:
            desk.lab.file.write_text(plain, "utf-8")
        said = box.inner_text()
        is_folded = not box.locator("details", has_text="traceback").evaluate("each => each.open")
        looks[STORAGE] = in_both(notebook)
        notebook.panel.get_by_role("link", name="D1 in the ledger").click()
        notebook.page.wait_for_function(f"{PATH[6:]} !== '{STORAGE}'")
        return Seen(looks, copied, said, is_folded, notebook.page.evaluate(PATH))


def copied_from(notebook: Notebook) -> tuple[str, str]:
    """Copy the first setting of the sheet; give its text, and what is in the clipboard then."""
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    setting = notebook.panel.locator(".sheet td", has=notebook.page.locator(".rb-copy")).first
    text = setting.evaluate("each => each.firstChild.textContent")
    setting.get_by_role("button").click()
    setting.get_by_text("Copied", exact=True).wait_for()
    return text, notebook.page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [STORAGE, HANDOVER])
def test_outputs_meet_the_rules_of_accessibility(seen: Seen, name: str, scheme: str) -> None:
    """Axe finds nothing in form, plan, gate, result, boards, sheet and error, with every fold open, and nothing is wider than its cell."""
    looked = seen.looks[name][scheme]

    assert (scheme, [], [], []) == (looked.theme, looked.broken, looked.wide, looked.sideways)
    assert looked.kept


def test_a_setting_is_copied(seen: Seen) -> None:
    """What stands in the sheet is in the clipboard, and the button says so."""
    text, copied = seen.copied

    assert text
    assert text == copied


def test_an_error_explains_itself(seen: Seen) -> None:
    """The cause comes first, then what was said and the way out; the traceback is folded, and the ledger's row is one click away."""
    told = ("failed", "another account than the file names", "what was said", ANOTHER, "way out", "use the credentials", "traceback")

    assert [] == [each for each in told if each not in seen.said]
    assert sorted(map(seen.said.index, told)) == [seen.said.index(each) for each in told]
    assert (True, "ledger.md") == (seen.is_folded, seen.led_to)

"""Take the documentation's pictures in a browser: of notebooks in JupyterLab, and of pages that a run of the demo or a named record has.

`make screenshots` writes them to `docs/pictures/`; they are taken again where a page looks otherwise, and no test compares pixels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbook_lib.sandbox.supervisor import Wanted, running
from tests import machine
from tests.bench.runs import home
from tests.browser.conftest import FLAGS
from tests.browser.desk import UNTIL_GATE, shown, step
from tests.browser.lab import Lab, serving
from tests.folders import passable

PICTURES = machine.ROOT / "docs" / "pictures"
LARGEST = 200_000
"""Bytes of a picture, so that the repository stays small."""


@dataclass(frozen=True)
class Shot:
    """Say what a picture shows: a page of the record, from a part on (empty: from the top), in a window of this size."""

    name: str
    page: str
    scheme: str
    width: int
    height: int
    part: str = ""


SHOTS = (
    Shot("record", "index.html", "light", 1000, 1500),
    Shot("record-dark", "index.html", "dark", 1000, 1180, "#done"),
)
STARTS = (("start", "light", "Stages"), ("start-dark", "dark", "Picture"))
"""Pictures of the start page in JupyterLab: name, colours, and the heading from which on it is shown."""


@dataclass(frozen=True)
class Cells:
    """Say which cells of a stage are run, and of which there are pictures: by name, with the fold that is open in it."""

    notebook: str
    scheme: str
    run: tuple[str, ...]
    shown: dict[str, tuple[str, str]]


BEFORE = (
    Cells(
        "20_storage", "light", (*UNTIL_GATE, "form"),
        {"form": ("form", ""), "plan": ("plan", "s3:PutPublicAccessBlock"), "approve": ("gate", "")},
    ),
)  # fmt: skip
AFTER = (
    Cells("20_storage", "dark", ("parameters", "open", "verify"), {"verify": ("verify", "claims kept")}),
    Cells("95_handover", "light", ("parameters", "open", "desired"), {"desired": ("hand-over", "What is wanted")}),
)
"""What is shown of a sandbox in which nothing is set up yet, and of one in which everything is."""
NAMES = (
    *(each.name for each in SHOTS),
    *(name for name, _, _ in STARTS),
    *(name for each in (*BEFORE, *AFTER) for name, _ in each.shown.values()),
)
"""All pictures."""
TALLEST = 760
"""Pixels of a cell that a picture shows at most."""
WITHOUT = """folder => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder + "/", "");
}"""
"""Shows paths as they are from the checkout on: where somebody took the pictures is nobody's concern."""


class TooLarge(Exception):
    """Say which picture has more bytes than it may."""


def take(browser: Any, record: Path, folder: Path, shots: Sequence[Shot] = SHOTS) -> list[Path]:
    """Write the pictures of a record's pages below a folder. Raises TooLarge."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = [_taken(browser, record, folder / f"{each.name}.png", each) for each in shots]
    return small(taken)


def small(taken: list[Path]) -> list[Path]:
    """Give pictures back. Raises TooLarge."""
    if large := [f"{each.name} has {each.stat().st_size:,} bytes" for each in taken if each.stat().st_size > LARGEST]:
        raise TooLarge(f"{'; '.join(large)}: at most {LARGEST:,}, so show less of the page")
    return taken


def _taken(browser: Any, record: Path, to: Path, shot: Shot) -> Path:
    context = browser.new_context(color_scheme=shot.scheme, viewport={"width": shot.width, "height": shot.height})
    page = context.new_page()
    page.goto((record.resolve() / shot.page).as_uri() + shot.part)
    page.evaluate(WITHOUT, str(record.resolve().parents[2]))
    page.screenshot(path=to)
    context.close()
    return to


def stepped(browser: Any, folder: Path) -> list[Path]:
    """Write the pictures of a stage, before and after a sandbox was set up, and of the start page below a folder. Raises TooLarge."""
    taken: list[Path] = []
    with passable() as made, running(made / "box", Wanted()) as state, serving(browser, made, state) as lab:
        taken += [path for each in BEFORE for path in _cells(lab, folder, each)]
        lab.command("apply", str(lab.file))
        taken += [path for each in AFTER for path in _cells(lab, folder, each)]
        taken += [_start(lab, folder / f"{name}.png", scheme, heading) for name, scheme, heading in STARTS]
    return small(taken)


def _cells(lab: Lab, folder: Path, cells: Cells) -> Iterator[Path]:
    """Take the pictures of a stage's cells, with a name in the form that is wrong."""
    with lab.page(f"sandbox/{cells.notebook}.ipynb", scheme=cells.scheme, width=1280, height=1000) as notebook:
        notebook.execute("application:toggle-left-area")
        step(notebook, *cells.run)
        for cell, (name, fold) in cells.shown.items():
            output = shown(notebook, cell)
            for each in output.locator("summary", has_text=fold).all()[:1] if fold else ():
                each.click()
            for field in output.get_by_label("name", exact=True).all()[:1]:
                field.fill("Tonic_Source")
                output.get_by_text("\N{BALLOT X}").wait_for()
            output.evaluate("each => each.closest('.jp-Cell').scrollIntoView()")
            box = output.bounding_box()
            notebook.page.screenshot(path=folder / f"{name}.png", clip={**box, "height": min(box["height"], TALLEST)})
            yield folder / f"{name}.png"


def _start(lab: Lab, to: Path, scheme: str, heading: str) -> Path:
    with lab.page(scheme=scheme, width=1180, height=1000) as notebook:
        notebook.run_all()
        notebook.panel.get_by_role("heading", name=heading).evaluate("each => each.scrollIntoView()")
        notebook.page.screenshot(path=to)
    return to


def photographed(record: Path) -> list[Path]:
    """Take the pictures with a browser of our own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=FLAGS)
        try:
            return [*take(browser, record, PICTURES), *stepped(browser, PICTURES)]
        finally:
            browser.close()


def main(words: Sequence[str] | None = None) -> int:
    """Run the demo unless a record is named, take the pictures, and name them."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("record", nargs="?", type=Path, help="the record to show (default: the demo is run for one)")
    named: Path | None = parser.parse_args(words).record
    if named is not None:
        taken = photographed(named)
    else:
        with home() as place:
            taken = photographed(Path(str(place.runbook("demo", "--ports", "auto")["record"])))
    print("\n".join(str(each.relative_to(machine.ROOT)) for each in taken))
    return 0


if __name__ == "__main__":
    sys.exit(main())

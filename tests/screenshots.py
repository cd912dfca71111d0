"""Take the documentation's pictures in a browser: of pages that a run of the demo leaves, or of a record that is named.

`make screenshots` writes them to `docs/pictures/`; they are taken again where a page looks otherwise, and no test compares pixels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import machine
from tests.bench.runs import home
from tests.browser.conftest import FLAGS

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


class TooLarge(Exception):
    """Say which picture has more bytes than it may."""


def take(browser: Any, record: Path, folder: Path, shots: Sequence[Shot] = SHOTS) -> list[Path]:
    """Write the pictures of a record's pages below a folder. Raises TooLarge."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = [_taken(browser, record, folder / f"{each.name}.png", each) for each in shots]
    if large := [f"{each.name} has {each.stat().st_size:,} bytes" for each in taken if each.stat().st_size > LARGEST]:
        raise TooLarge(f"{'; '.join(large)}: at most {LARGEST:,}, so show less of the page")
    return taken


def _taken(browser: Any, record: Path, to: Path, shot: Shot) -> Path:
    context = browser.new_context(color_scheme=shot.scheme, viewport={"width": shot.width, "height": shot.height})
    page = context.new_page()
    page.goto((record.resolve() / shot.page).as_uri() + shot.part)
    page.screenshot(path=to)
    context.close()
    return to


def photographed(record: Path) -> list[Path]:
    """Take the pictures with a browser of our own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=FLAGS)
        try:
            return take(browser, record, PICTURES)
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

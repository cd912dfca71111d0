"""Write what was measured into docs/performance.md, each part between its own marks, so that no figure is typed by hand."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from collections.abc import Sequence

from tests.bench.table import Goal
from tests.machine import ROOT

PAGE = ROOT / "docs" / "performance.md"


def written(page: str, part: str, shown: str, goals: Sequence[Goal | str], where: str) -> str:
    """Give a page with a part's table, goals and remarks in the place between its marks. Raises ValueError where it has no such marks."""
    said = "\n\n".join((where, shown, *(["\n".join(f"- {each}" for each in goals)] if goals else [])))
    marks = re.compile(rf"(<!-- {part} -->\n).*?(<!-- end of {part} -->)", re.DOTALL)
    if not marks.search(page):
        raise ValueError(f"the page has no place for {part}")
    return marks.sub(lambda found: f"{found[1]}\n{said}\n\n{found[2]}", page)


def write(part: str, shown: str, goals: Sequence[Goal | str], where: str) -> None:
    """Write a part's figures into the page."""
    PAGE.write_text(written(PAGE.read_text("utf-8"), part, shown, goals, where), "utf-8")


def commit() -> str:
    """Name the commit that is measured, and whether files differ from it, other than the page that is written."""
    name = _git("describe", "--always") or "unknown"
    return f"{name}-dirty" if _git("diff", "--name-only", "HEAD", "--", ".", f":!{PAGE.relative_to(ROOT)}") else name


def _git(*words: str) -> str:
    return subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def where(command: str, measured: str) -> str:
    """Say by which command and of which commit it was, when, and on what."""
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return (
        f"`{command}`, commit {measured}, {time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}{load}:"
    )

"""Write a batch as JUnit XML, which every CI shows: an environment is a suite, a stage is a case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from runbook_lib.views.blocks import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model.fleets import Row, StageCell
    from runbook_lib.views.fleet import BatchPage

FAILED = {"blocked", "drifted"}
SKIPPED = {"owed", "undecided", "not planned"}
FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


def junit(page: BatchPage) -> str:
    """Write it whole: an environment that failed is a case that failed, also where no stage was reached."""
    suites = [_suite(row) for row in page.rows]
    totals = {name: str(sum(int(each.get(name, "0")) for each in suites)) for name in ("tests", "failures", "errors", "skipped")}
    root = ET.Element("testsuites", {"name": _clean(page.title), **totals, "time": f"{sum(row.seconds for row in page.rows):.1f}"})
    root.extend(suites)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(row: Row) -> ET.Element:
    cases = list(_cases(row))
    counts = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in _TAGS.items()}
    suite = ET.Element("testsuite", {"name": _clean(row.name), "tests": str(len(cases)), **counts, "time": f"{row.seconds:.1f}"})
    if row.started:
        suite.set("timestamp", row.started.removesuffix("Z"))
    known = {"account": row.account, "record": row.record, "record_digest": row.record_digest, "plan": row.digest}
    properties = ET.SubElement(suite, "properties")
    for name, value in known.items():
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    suite.extend(cases)
    return suite


_TAGS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _cases(row: Row) -> Iterator[ET.Element]:
    for cell in row.stages:
        case = ET.Element("testcase", {"classname": _clean(row.name), "name": _clean(f"{cell.number} {cell.title}")})
        if tag := "failure" if cell.state in FAILED else "skipped" if cell.state in SKIPPED else "":
            ET.SubElement(case, tag, {"message": _clean(": ".join((cell.state, *_why(cell))))})
        yield case
    run = ET.Element("testcase", {"classname": _clean(row.name), "name": "run", "time": f"{row.seconds:.1f}"})
    if row.exit_code is None:
        ET.SubElement(run, "skipped", {"message": row.state})
    elif row.is_failed:
        ET.SubElement(
            run, "error", {"message": _clean(": ".join(filter(None, (f"exit code {row.exit_code}", row.said)))), "type": str(row.exit_code)}
        )
    yield run


def _why(cell: StageCell) -> Iterator[str]:
    """Say why a stage is as it is, each reason with its way out, on one line."""
    said = [" -> ".join(filter(None, (each.text, each.way_out))) for each in cell.reasons]
    if text := "; ".join(said) or cell.detail:
        more = f"; and {counted(cell.more, 'more claim')}" if cell.more else ""
        yield " ".join(text.split()) + more


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)

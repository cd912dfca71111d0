"""Close the record of what somebody did step by step: keep the notebooks as they were executed, and file the rest as a run does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.errors import NotSaved, RunbookError
from runbook_lib.evidence import steps
from runbook_lib.evidence.journal import FILE, lines
from runbook_lib.evidence.record import PARAMETERS
from runbook_lib.evidence.writes import writes
from runbook_lib.headless.filing import filed
from runbook_lib.headless.notebook import notebook_of
from runbook_lib.headless.outcome import Executed
from runbook_lib.parameters import ledger
from runbook_lib.runbook import interactive
from runbook_lib.runbook.closing import signing_key
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.world import now
from runbook_lib.secrets import Known
from runbook_lib.stages import all_stages
from runbook_lib.views.writes import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from runbook_lib.evidence import Record
    from runbook_lib.headless.outcome import Run
    from runbook_lib.model import Stage

DERIVED = ("plan.json", "receipt.json", "findings.json", "index.html", "summary.txt", "end.json", place.LEDGER)
BEGUN, REPLIED = "iopub.execute_input", "shell.execute_reply"
"""When a cell began and ended, as JupyterLab notes it."""
EVIDENCE = "evidence"
"""The cell of a notebook that keeps what its stage found and did."""
WIDGET = "application/vnd.jupyter.widget-view+json"
UNFINISHED = "its Evidence cell was not run, so that nothing but the notebook tells of it"
AGAIN = "its notebook was run again since, under changed parameters"
EARLIER = "its outputs are of an earlier run, or were never saved: of the last one its result tells"
GONE = "its notebook is no longer among the working copies"
FROM_JOURNAL = "it wrote, and no Evidence cell tells of all of it: the receipt is what the journal tells"
WAYS = "run it to its end, nothing is written twice; or close what the journal tells of it: runbook record close {} --unfinished"


def close(file: Path, *, is_unfinished: bool = False) -> Run:
    """Close the open record of an environment's working copies; of what was written and never told, the journal tells.

    Raises RunbookError when there is none, or, unless it is to be closed unfinished, when a notebook wrote and was not run to its end
    since, NotSaved when one is not saved, Unresolved when the key that signs cannot be read, and Locked while something is written.
    """
    working = _working(file)
    found = interactive.open_records(working)
    if not found:
        raise RunbookError(working.name, "has no open record", f"open its notebooks with `runbook lab {place.typed(file)}`, and run one")
    return _closed(found[-1], file, working, set(), is_unfinished=is_unfinished)


def close_former(file: Path) -> dict[str, str]:
    """Close the records that a changed parameter file left open, and say of each by its name why it stays open; empty where it does not.

    What their notebooks cannot tell any more, the journal does.
    """
    working, became = _working(file), dict[str, str]()
    found = interactive.open_records(working)
    for number, record in enumerate(found[:-1], 1):
        later = {stage for each in found[number:] for stage in steps.opened_stages(each.folder)}
        try:
            _closed(record, file, working, later, is_unfinished=True)
        except RunbookError as error:
            became[record.folder.name] = str(error)
        else:
            became[record.folder.name] = ""
    return became


def _working(file: Path) -> Path:
    from runbook_lib.parameters.load import load

    return place.lab() / load(file, is_attended=True).environment


def _closed(record: Record, file: Path, working: Path, later: AbstractSet[str], *, is_unfinished: bool) -> Run:
    """Close one record; the working copies of `later` stages are of another one by now."""
    from runbook_lib.parameters.load import kept

    # What the record is about, whatever the file says by now.
    environment = kept(record.folder / PARAMETERS)
    records, key = Records(environment), signing_key(environment)
    stages = tuple(stage for stage in all_stages() if stage.slug in steps.opened_stages(record.folder))
    with records.locked("record close", now()), Known() as known:
        _refuse_unsaved(record, tuple(each for each in stages if each.slug not in later), working)
        if not is_unfinished:
            _refuse_unfinished(record, stages, place.typed(file))
        for each in (*DERIVED, *place.documentation()):
            # Nothing but a closing that was cut off wrote them, and nothing states them yet.
            (record.folder / each).unlink(missing_ok=True)
        executed = tuple(_executed(record, stage, working / notebook_of(stage).name, is_later=stage.slug in later) for stage in stages)
        executed = tuple(_received(record, each) for each in executed)
        record.write(place.LEDGER, ledger.page())
        _keep_pages(record, executed)
        interactive.learn_secrets(environment)
        run = filed(record, executed, environment, known, key, detailed=False)
        records.keep(record)
    return run


def _keep_pages(record: Record, executed: tuple[Executed, ...]) -> None:
    """Keep the pages of the documentation to which an error among the outputs leads."""
    kept = [each.notebook.read_text("utf-8") for each in executed if each.notebook.exists()]
    for name, page in place.documentation().items():
        if any(f"../{name}#" in each for each in kept):
            record.write(name, page.read_text("utf-8"))


def _refuse_unsaved(record: Record, stages: tuple[Stage, ...], working: Path) -> None:
    """Raise NotSaved for outputs that would be lost."""
    unsaved = [name for stage in stages if _is_unsaved(record, stage, working / (name := notebook_of(stage).name))]
    if unsaved:
        raise NotSaved(", ".join(unsaved), "ran and was not saved since", "save it in JupyterLab (it does so within ten seconds)")


def _refuse_unfinished(record: Record, stages: tuple[Stage, ...], target: str) -> None:
    """Raise RunbookError for a stage that wrote and was not run to its end since: its Evidence cell may tell of that yet."""
    untold = [notebook_of(stage).name for stage in stages if _untold(record, stage) and not _ended_since(record, stage)]
    if untold:
        raise RunbookError(", ".join(untold), "wrote, and its Evidence cell was not run", WAYS.format(target))


def _is_unsaved(record: Record, stage: Stage, copy: Path) -> bool:
    results = [path.stat().st_mtime_ns for path in record.folder.glob(f"stages/{stage.slug}*.json")]
    return bool(results) and copy.exists() and copy.stat().st_mtime_ns < max(results)


def _untold(record: Record, stage: Stage) -> set[str]:
    """List the addresses that a stage began to change and that none of its receipts tells of."""
    begun = {line["address"] for line in lines(record.folder / FILE) if "begin" in line and line["stage"] == stage.slug}
    return begun - steps.addresses_told(record, stage.slug)


def _ended_since(record: Record, stage: Stage) -> bool:
    """Tell whether the stage's Evidence cell was run after its last write."""
    last = max((line["at"] for line in lines(record.folder / FILE) if line.get("stage") == stage.slug), default="")
    ended = [path.stat().st_mtime for path in record.folder.glob(f"stages/{stage.slug}*.json")]
    return bool(ended) and max(ended) >= datetime.fromisoformat(last).timestamp()


def _received(record: Record, executed: Executed) -> Executed:
    """Keep the receipts that no cell kept, and say so."""
    untold = steps.untold(record, executed.stage.slug)
    for each in untold:
        steps.receive(record, each)
    return replace(executed, message=FROM_JOURNAL) if untold and not executed.error else executed


def _executed(record: Record, stage: Stage, copy: Path, *, is_later: bool) -> Executed:
    """Keep an executed notebook without what only a running page understands, and say how it went."""
    path = record.folder / "notebooks" / copy.name
    path.unlink(missing_ok=True)
    path.with_suffix(".html").unlink(missing_ok=True)
    if is_later or not copy.exists():
        return Executed(stage, 0.0, path, "", AGAIN if is_later else GONE, *_when(record, stage, ()))
    notebook: dict[str, Any] = json.loads(copy.read_text("utf-8"))
    notebook["metadata"].pop("widgets", None)
    for cell in (each for each in notebook["cells"] if "outputs" in each):
        _leave_out(cell, steps.opened_at(record.folder, stage.slug))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    record.write(f"notebooks/{copy.name}", json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    failed: dict[str, Any] = next((each for each in outputs if each["output_type"] == "error"), {})
    said = UNFINISHED if not record.all_results(stage.slug) else EARLIER if _is_earlier(record, stage, notebook["cells"]) else ""
    noted = [each["metadata"].get("execution", {}) for each in notebook["cells"]]
    return Executed(stage, _seconds(noted), path, failed.get("ename", ""), failed.get("evalue", said), *_when(record, stage, noted))


def _leave_out(cell: dict[str, Any], opened: str) -> None:
    """Take out of a cell what only a running page understands, and all that was shown before its notebook was opened in this record."""
    if (seconds(opened, _replied(cell)) or 0) < 0:
        cell |= {"outputs": [], "execution_count": None}
        del cell["metadata"]["execution"]
    cell["outputs"] = [each for each in cell["outputs"] if _is_readable(each)]


def _is_earlier(record: Record, stage: Stage, cells: Sequence[dict[str, Any]]) -> bool:
    """Tell whether outputs are older than the newest result: a page that was lost before it was saved took the last ones with it."""
    evidence = next((each for each in cells if each.get("id") == EVIDENCE), None)
    if evidence is None or not evidence.get("outputs"):
        return True
    last = _replied(evidence)
    ended = [path.stat().st_mtime for path in record.folder.glob(f"stages/{stage.slug}*.json")]
    return bool(last) and datetime.fromisoformat(last).timestamp() < max(ended)


def _replied(cell: dict[str, Any]) -> str:
    """Tell when a cell ended; empty where nobody noted it."""
    return str(cell["metadata"].get("execution", {}).get(REPLIED, ""))


def _is_readable(output: dict[str, Any]) -> bool:
    """Take the view of a widget out of an output, with what Python calls the widget, and tell whether anything for a reader is left."""
    forms = output.get("data", {})
    if forms.pop(WIDGET, None) is None:
        return True
    forms.pop("text/plain", None)
    return bool(forms)


def _when(record: Record, stage: Stage, noted: Sequence[dict[str, str]]) -> tuple[str, str]:
    """Tell when somebody opened a notebook first, and when the last of it was done: as its cells, its results and the journal have it."""
    begun = steps.opened_at(record.folder, stage.slug)
    ended = [each.ended or each.begun for each in writes(record.folder) if each.stage == stage.slug]
    ended += [each.at for each in record.all_results(stage.slug)]
    ended += [each[REPLIED] for each in noted if REPLIED in each]
    return begun, max((each for each in ended if (seconds(begun, each) or 0) > 0), key=datetime.fromisoformat, default=begun)


def _seconds(noted: Sequence[dict[str, str]]) -> float:
    """Add up how long the cells took, as JupyterLab noted it."""
    return sum(seconds(each.get(BEGUN, ""), each.get(REPLIED, "")) or 0.0 for each in noted)

"""Hold a record that goes on from another against that one, where both lie beside each other."""

from __future__ import annotations

from pydantic import ValidationError

from runbook_lib.evidence.audit.agreement import MALFORMED
from runbook_lib.evidence.audit.flaws import Audit
from runbook_lib.evidence.audit.folder import Folder, neighbours
from runbook_lib.evidence.record import LATER, Origin
from runbook_lib.evidence.resuming import holds
from runbook_lib.evidence.seal import NAME

RUN = "run.json"


def check(folder: Folder) -> None:
    """Note where a record and the one that it goes on from do not belong together."""
    facts = folder.parsed(RUN)
    named = facts.get("resumes") if isinstance(facts, dict) else None
    if named is None:
        return
    try:
        origin = Origin.model_validate(named)
    except ValidationError:
        folder.audit.add(RUN, 0, "names the run that it goes on from in another form than this version's")
        return
    if not NAME.fullmatch(origin.record):
        folder.audit.add(RUN, 0, f"names {origin.record!r} as the run that it goes on from, which is no name of a record")
        return
    folder.audit.facts["goes on from"] = origin.record
    _beside(folder, origin)


def _beside(folder: Folder, origin: Origin) -> None:
    place = folder.path.resolve()
    path = place.parent / origin.record
    if not (path / RUN).is_file():
        what = f"goes on from {origin.record}, which is not here"
        folder.audit.add(RUN, 0, what, "broken" if neighbours(place) else "note")
    elif not _is_held(origin, folder):
        folder.audit.add(RUN, 0, f"names another {origin.file} of {origin.record}, which it goes on from, than that has now")
    else:
        _same(folder, Folder(path, Audit(str(path))), origin.record)


def _is_held(origin: Origin, folder: Folder) -> bool:
    try:
        return holds(folder.path.resolve().parent / origin.record, origin)
    except (OSError, *MALFORMED):
        return False


def _same(folder: Folder, before: Folder, name: str) -> None:
    """Hold environment, verb and approval against each other: a run goes on as what it was, under what it was given."""
    now, then = folder.parsed(RUN), before.parsed(RUN)
    for each in ("environment", "verb"):
        if not isinstance(then, dict) or now.get(each) != then.get(each):
            folder.audit.add(RUN, 0, f"goes on from {name} with another {each}")
    plan = ["approved.json"] if folder.parsed("approved.json") != before.parsed("approved.json") else []
    for each in _unlike(folder, before) + plan:
        folder.audit.add(each, 0, f"is another than that of {name}, which the run goes on from")
    folder.audit.checked.append(f"the run that this one goes on from: {name}")


def _unlike(folder: Folder, before: Folder) -> list[str]:
    """Name the approvals that only one of two records holds, under whatever name."""
    sides = [{name: one.parsed(name) for name in one.names if LATER.fullmatch(name)} for one in (folder, before)]
    return sorted({name for one, other in (sides, sides[::-1]) for name, said in one.items() if said not in other.values()})

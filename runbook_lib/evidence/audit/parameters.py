"""Hold the parameters in a record against the digest that every plan binds: whoever may approve is named there, and nowhere else."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import InvalidParameters
from runbook_lib.evidence.record import BOUND, PARAMETERS
from runbook_lib.evidence.strict import Unsound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from runbook_lib.evidence.audit.folder import Folder


def check(folder: Folder, plans: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Note each plan, by the file that holds it, that is not for these parameters, and what of the parameter file is not in them."""
    said = _bound(folder)
    for name, digest in sorted({(name, dict(plan["scope"]).get("parameters", "")) for name, plan in plans}):
        if said is not None and digest != sha256(folder.octets(BOUND)).hexdigest():
            folder.audit.add(name, 0, f"is a plan for other parameters than {BOUND}")
    if said is not None and PARAMETERS in folder.names:
        for key in _otherwise(_dumped(folder.path / PARAMETERS), said):
            folder.audit.add(PARAMETERS, 0, f"says something else of {key} than {BOUND}")
        folder.audit.checked.append("the parameters against every plan")


def _bound(folder: Folder) -> dict[str, Any] | None:
    """Read the parameters as plans bind them; None, and a flaw, where there are none."""
    if BOUND not in folder.names:
        folder.audit.add(BOUND, 0, "is missing: nobody knows for which parameters was planned")
        return None
    said = folder.parsed(BOUND)
    return said if isinstance(said, dict) else None


def _dumped(path: Path) -> Any:
    from runbook_lib.parameters.load import kept

    try:
        return kept(path).model_dump(mode="json", by_alias=True)
    except (InvalidParameters, OSError, Unsound):
        # Whoever reads its approvers says so.
        return {}


def _otherwise(now: Any, then: Any, key: str = "") -> list[str]:
    """Name where two values differ; a key that only one version of the schema knows says nothing."""
    if isinstance(now, dict) and isinstance(then, dict):
        shared = sorted(now.keys() & then.keys())
        return [each for name in shared for each in _otherwise(now[name], then[name], f"{key}.{name}".lstrip("."))]
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [each for place, pair in enumerate(zip(now, then, strict=True)) for each in _otherwise(*pair, f"{key}[{place}]")]
    return [] if now == then else [key]

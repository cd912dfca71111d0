"""The stages, found by reading this package: a module without a leading underscore declares one as `STAGE`.

A stage is pure: it says what it wants, asks questions, and judges the answers. It knows no SDK and no other stage.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.model import Stage


def all_stages() -> tuple[Stage, ...]:
    """Read every stage of the package, in order of number."""
    names = sorted(each.name for each in pkgutil.iter_modules(__path__) if not each.name.startswith("_"))
    found: list[Stage] = [importlib.import_module(f"{__name__}.{name}").STAGE for name in names]
    return tuple(sorted(found, key=lambda stage: stage.number))

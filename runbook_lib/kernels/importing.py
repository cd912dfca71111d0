"""Import without what costs more than it gives."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports find packages missing that they can do without."""
    modules: dict[str, Any] = sys.modules
    unknown = [name for name in names if name not in modules]
    # None is how the import system knows that there is no such module.
    modules.update(dict.fromkeys(unknown))
    try:
        yield
    finally:
        for name in unknown:
            del modules[name]

"""Import without what costs more than it gives."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let imports find a package missing that they can do without.

    `rfc3987_syntax`, with which jsonschema checks whether a text is an IRI, builds a grammar for a second and a half of processor time when
    it is imported. JupyterLab's events ask for it; nothing about a notebook is an IRI.
    """
    modules: dict[str, Any] = sys.modules
    is_known = name in modules
    # None is how the import system knows that there is no such module.
    modules.setdefault(name, None)
    try:
        yield
    finally:
        if not is_known:
            del modules[name]

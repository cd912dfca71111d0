"""Import without what costs more than it gives."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


NEEDLESS = ("boto3", "isoduration", "rfc3986_validator", "rfc3987_syntax")
"""What papermill brings with it: boto3 to read notebooks from S3; the others for jsonschema to check whether a text is a duration, a URI or
an IRI, for which the last builds a grammar, which takes a second and a half of processor time. JupyterLab's events ask for these; nothing
about a notebook is one."""


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


def import_papermill() -> None:
    """Import papermill without what it does not need here."""
    with without(*NEEDLESS):
        importlib.import_module("papermill")

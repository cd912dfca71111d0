"""Import papermill without what it does not need here."""

from __future__ import annotations

import importlib

from runbook_lib.kernels.importing import without

NEEDLESS = ("boto3", "isoduration", "rfc3986_validator", "rfc3987_syntax")
"""What papermill brings with it: boto3 to read notebooks from S3; the others for jsonschema to check whether a text is a duration, a URI or
an IRI, for which the last builds a grammar, which takes a second and a half of processor time. JupyterLab's events ask for these; nothing
about a notebook is one."""


def import_papermill() -> None:
    """Import papermill without what it does not need here."""
    with without(*NEEDLESS):
        importlib.import_module("papermill")

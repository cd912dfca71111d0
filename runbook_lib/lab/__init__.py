"""Serve the working copies of the notebooks in JupyterLab."""

from runbook_lib.lab.server import Opened, open_lab

__all__ = ["Opened", "open_lab"]

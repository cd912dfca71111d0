"""Start each kernel with the variables of its notebook's environment: one JupyterLab serves several, each with its own credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from jupyter_server.services.sessions.sessionmanager import SessionManager

from runbook_lib import place

if TYPE_CHECKING:
    from jupyter_server.services.sessions.sessionmanager import ModelName

Variables = Callable[[Path, Mapping[str, str]], Mapping[str, str]]
"""Gives the variables of a kernel for a parameter file, from those of the server."""


class Sessions(SessionManager):
    """Know sessions as Jupyter's server does; `variables` is set before it runs."""

    variables: ClassVar[Variables] = staticmethod(lambda _file, environ: environ)

    def get_kernel_env(self, path: str | None, name: ModelName | None = None) -> dict[str, str]:
        """Give the variables of a notebook's kernel: below the folder of an environment, that environment's."""
        environ: dict[str, str] = super().get_kernel_env(path, name)
        parts = PurePosixPath(path or "").parts
        file = place.kept_choice(place.lab() / parts[0]) if len(parts) > 1 else None
        return dict(type(self).variables(file, environ)) if file is not None else environ

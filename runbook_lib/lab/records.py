"""Serve the records' pages to a browser: as they are, without scripts, and nothing that does not lie in a record.

JupyterLab's own viewer shows one file in a frame, in which no link is followed; its way to files ends where a link leaves the folder that
is served, and asks of whom it serves where he came from, which a page without an origin does not tell.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import HTTPError, JupyterHandler
from jupyter_server.utils import url_path_join

from runbook_lib import place
from runbook_lib.runbook.working import RECORDS

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
POLICY = f"sandbox; {_NOTHING}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SHOWN = {"text/html", "image/svg+xml", "image/png"}
"""What a browser shows in its own form; everything else is text."""


def found(lab: Path, environment: str, name: str) -> Path | None:
    """Find a file of an environment's records; None for what is hidden, is no file, or lies elsewhere, whichever way leads there."""
    parts = (environment, *name.split("/"))
    if any(not part or part.startswith(".") or "\0" in part or "\\" in part for part in parts):
        return None
    records = (lab / environment / RECORDS).resolve()
    path = (records / name).resolve()
    return path if (lab / environment / RECORDS).is_symlink() and records in path.parents and path.is_file() else None


class RecordFiles(JupyterHandler):
    """Answer with a file of a record, to whoever may read the notebooks."""

    auth_resource = "contents"

    @property
    def content_security_policy(self) -> str:
        """Let a page run nothing, load nothing and stand in no frame."""
        return POLICY

    @authorized
    async def get(self, environment: str, name: str) -> None:
        """Send a file, or say that there is none; who is not logged in is refused."""
        path = found(place.lab(), environment, name)
        if path is None:
            raise HTTPError(404)
        kind = mimetypes.guess_type(path.name)[0]
        self.set_header("Content-Type", f"{kind}; charset=UTF-8" if kind in SHOWN else "text/plain; charset=UTF-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        await self.finish(path.read_bytes())


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(".*$", [(url_path_join(base, place.RECORDS_URL, r"([^/]+)/(.+)"), RecordFiles)])

"""Hold that the declared dependencies work at their bounds: the suites also run this on the lowest versions."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.machine import ROOT


@pytest.mark.parametrize(
    "modules",
    [
        "boto3 botocore.session moto.server",
        "anywidget ipykernel.kernelapp ipywidgets jupyterlab.labapp",
        "mistune nbclient nbformat papermill pygments",
        "cryptography.hazmat.primitives.asymmetric.ed25519 jinja2 pydantic ruamel.yaml yaml",
        "psycopg2 redshift_connector sqlalchemy sqlalchemy_redshift.dialect",
    ],
)
def test_dependencies_import_without_a_warning(modules: str) -> None:
    """Each dependency can be imported beside the others, and none of them warns."""
    code = "import " + ", ".join(modules.split())
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)

"""Run suites on another Python: make its environment once beside .venv, then run pytest there."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def main(version: str, interpreter: str, *folders: str) -> int:
    """Make `.venv-VERSION` when it is missing or older than pyproject.toml, and run the folders' tests in it."""
    place = HERE / f".venv-{version}"
    python = place / "bin" / "python"
    stamp, digest = place / ".installed", sha256((HERE / "pyproject.toml").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text("utf-8") != digest:
        subprocess.run([interpreter, "-m", "venv", str(place)], check=True)
        uv = Path(sys.executable).parent / "uv"
        install = [str(uv), "pip", "install", "--quiet", "--python", str(python)] if uv.exists() else [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, "-e", ".[sandbox,dev]"], cwd=HERE, check=True)
        stamp.write_text(digest, "utf-8")
    return subprocess.run([str(python), "-m", "pytest", "-q", "--no-header", "-m", "not live and not browser", *folders], cwd=HERE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

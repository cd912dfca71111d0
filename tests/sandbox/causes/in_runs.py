"""What the runbook itself refuses, with the sandbox behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sandbox.causes.place import Place


def redirected(place: Place) -> object:
    """Have a variable that sends requests elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        return place.session().identity()


def changed(place: Place) -> object:
    """Apply a plan whose file says something else by now."""
    text = place.drive.file.read_text("utf-8")
    planned = place.drive("plan", stages=("worker_settings",))
    try:
        place.drive.file.write_text(text.replace("retention_days: 7", "retention_days: 8"), "utf-8")
        return place.drive("apply", stages=("worker_settings",), approve=planned.plan.digest)
    finally:
        place.drive.file.write_text(text, "utf-8")


IN_RUNS: dict[str, Callable[[Place], object]] = {
    "wrong-account": lambda place: place.session(account="999988887777").identity(),
    "wrong-endpoint": redirected,
    "drifted": changed,
    "approval-unknown": lambda place: place.drive("apply", stages=("worker_settings",), approve="0" * 64),
}

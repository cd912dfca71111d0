"""What goes wrong in the sandbox is told by its own cause: the services are asked, and nothing is made up between them and a person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from runbook_lib.errors import RunbookError
from runbook_lib.sandbox.supervisor import Wanted, running
from runbook_lib.views import failures
from runbook_lib.views.causes import CAUSES, cause_of
from tests.driver import driver
from tests.folders import passable
from tests.sandbox.causes.in_aws import IN_AWS
from tests.sandbox.causes.in_databases import IN_DATABASES
from tests.sandbox.causes.in_runs import IN_RUNS
from tests.sandbox.causes.place import PASSING, PASSWORD, Place

PROVOKED = {**IN_AWS, **IN_DATABASES, **IN_RUNS}
NOT_MODELLED = {
    *("metadata-silent", "denied-by-organisation", "proxy", "in-a-transaction", "too-many-connections", "restarting"),
}
"""Causes that the sandbox cannot bring about: `tests/unit/views/test_causes.py` makes the answers up."""
WITHOUT_A_SERVICE = {
    *("nothing-chosen", "no-such-file", "nobody-to-ask", "clear-text", "ambiguous", "one-database", "parameters", "another-record"),
    *("approval-other", "approval-lacks", "locked", "leaked", "file-changed", "file-changed-by-others", "checks-broken"),
}
"""Causes for which nothing is asked of a service: they are provoked there, and where a record is needed, beside the records."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Run one sandbox for all."""
    with passable() as folder, running(folder / "box", Wanted()) as state, pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSING, PASSWORD)
        yield Place(state, folder / "box", driver(state, folder / "box", tmp_path_factory.mktemp("file")))


@pytest.mark.parametrize("name", PROVOKED)
def test_what_goes_wrong_is_told_by_its_cause(place: Place, name: str) -> None:
    """The error that a cell raises is known by its cause, and drawn with it, with where it arose and with the way out."""
    with pytest.raises(RunbookError) as caught:
        PROVOKED[name](place)

    found = cause_of(caught.value)
    assert found is not None, str(caught.value)
    assert name == found.name, str(caught.value)
    shown = failures.bundle(caught.value)["text/plain"]
    flat = re.sub(r"\s+", "", shown)
    assert re.sub(r"\s+", "", found.means) in flat


def test_each_cause_is_accounted_for() -> None:
    """At least forty causes are provoked for real; of the others it is known why not."""
    assert len(PROVOKED) >= 40
    assert {each.name for each in CAUSES} == {*PROVOKED, *NOT_MODELLED, *WITHOUT_A_SERVICE}
    assert not NOT_MODELLED & {*PROVOKED}

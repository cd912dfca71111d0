"""Each example file, pointed at the sandbox: planned, approved, applied, verified, unchanged on a second run, destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted
from tests.driver import HERE, Driver, example, not_kept
from tests.end_to_end.conftest import sandboxed
from tests.end_to_end.test_main_job import SHAPES

EXAMPLES = tuple(sorted(path.stem for path in (HERE / "parameters").glob("example-*.yaml")))
REST = tuple(name for name in EXAMPLES if name not in SHAPES)
"""Those whose life, with more in it, is not the main job's."""


@pytest.fixture(scope="module")
def gov_sandbox() -> Iterator[tuple[State, Path]]:
    """Run a sandbox in a GovCloud region."""
    with sandboxed(Wanted(region="us-gov-west-1")) as box:
        yield box


@pytest.fixture
def drive(request: pytest.FixtureRequest, tmp_path: Path) -> Driver:
    """Drive the example that the test names."""
    name: str = request.param
    box: tuple[State, Path] = request.getfixturevalue("gov_sandbox" if name == "example-govcloud" else "sandbox")
    return example(name, *box, tmp_path)


@pytest.mark.parametrize("drive", REST, indirect=True)
def test_an_example_from_end_to_end(drive: Driver, request: pytest.FixtureRequest) -> None:
    """Every line of an example's life ends with 0, and the destroyed sandbox is what it was."""
    box: tuple[State, Path] = request.getfixturevalue("gov_sandbox" if "govcloud" in drive.file.name else "sandbox")
    before = snapshot(*box)

    planned = drive("plan")
    assert ([], 0) == (not_kept(planned), planned.exit_code)
    applied = drive("apply", approve=planned.plan.digest)
    assert ([], 0) == (not_kept(applied), applied.exit_code)
    again = drive("verify")
    assert ([], 0) == (not_kept(again), again.exit_code)
    assert [] == [change.address for plan in again.plan.plans for change in plan.changes]
    back = drive("destroy")
    destroyed = drive("destroy", approve=back.plan.digest)
    assert ([], 0) == (not_kept(destroyed), destroyed.exit_code)
    assert before == snapshot(*box)


def test_every_shape_has_an_example() -> None:
    """The shapes that people have are all there, and each is run here or by the main job."""
    shapes = ("both", "govcloud", "legacy", "legacy-kms", "ownership", "serverless", "v2", "v2-kms")

    assert tuple(f"example-{shape}" for shape in shapes) == EXAMPLES

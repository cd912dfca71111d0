"""Law 11: the interactive path and the headless path produce the same plan digest and the same end state."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from runbook_lib import headless, place
from runbook_lib.model import EnvironmentPlan, Plan
from runbook_lib.parameters import Environment
from runbook_lib.resources.warehouse import Grants
from tests import cells
from tests.fakes import FakeTarget
from tests.properties.environments import files
from tests.stages.worlds import STAGES, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Resource

SET_UP = tuple(slug for slug in STAGES if slug != "teardown")


@dataclass
class Way:
    """Hold one way to the end: a home with the parameter file and the records, and a world."""

    home: Path
    target: FakeTarget

    @property
    def file(self) -> Path:
        """Name the parameter file."""
        return self.home / "parameters" / "any.yaml"

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Work here: in this home, on this world."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUNBOOK_HOME", str(self.home))
            patch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_recorder: self.target)
            # Converting notebooks to pages takes most of the time, and proves nothing here.
            patch.setattr("runbook_lib.views.notebook_page.notebook_html", lambda _path: "")
            place.choose(self.file)
            yield

    def headless(self, verb: Any, **options: Any) -> headless.Run:
        """Run a verb over the file."""
        with self.at_work():
            return headless.carry_out(self.file, verb, execute=cells.papermill, acknowledge=("*",), **options)

    def step(self, slug: str, approve: str = "") -> Plan:
        """Step through one notebook."""
        with self.at_work():
            plan: Plan = cells.step_through(slug, approve).names["plan"]
        return plan


@contextlib.contextmanager
def ways(values: dict[str, Any], there: list[tuple[Resource, bool]], number: int) -> Iterator[list[Way]]:
    """Make several ways with the same file and the same world, in which some things are there, ours or not."""
    with tempfile.TemporaryDirectory() as folder:
        made = [Way(Path(folder) / str(each), known(values, there)) for each in range(number)]
        for each in made:
            each.file.parent.mkdir(parents=True)
            # JSON is YAML in which every text is quoted, as the loader asks of texts that YAML's versions read differently.
            each.file.write_text(json.dumps(values, indent=1, ensure_ascii=False), "utf-8")
        yield made


def known(values: dict[str, Any], there: list[tuple[Resource, bool]]) -> FakeTarget:
    """Make a world in which everything is answered and some things are there."""
    target = FakeTarget(answers=world(Environment.model_validate(values)))
    for resource, is_ours in there:
        if isinstance(resource, Grants):
            target.grants[resource.side, resource.grantee, resource.privilege, resource.on] = set(resource.objects[:1])
        else:
            target.things[resource.address] = resource
            target.ours |= {resource.address} if is_ours else set()
    return target


# An example takes a second: what fails is shown as it was drawn.
@pytest.mark.slow
@settings(phases=(Phase.explicit, Phase.generate), max_examples=10)
@given(st.data(), st.sampled_from(["stage by stage", "as a whole"]))
def test_law_11_both_paths_have_one_digest_and_one_end(data: st.DataObject, how: str) -> None:
    """Stepped through with an approval for each stage or for all, or run by papermill: digest, world and the way back are the same."""
    values = data.draw(files())
    with ways(values, [], 1) as (empty,):
        wanted = [each for plan in empty.headless("plan").plan.plans for each in plan.wanted]
    there = data.draw(st.lists(st.tuples(st.sampled_from(wanted), st.booleans()), max_size=6, unique_by=lambda pair: pair[0].address))
    with ways(values, there, 2) as (one, other):
        planned = one.headless("plan").plan
        if how == "as a whole":
            other.headless("plan")
        plans = tuple(other.step(slug) for slug in SET_UP)
        assert planned.digest == EnvironmentPlan(environment=planned.environment, plans=plans).digest

        one.headless("apply", approve=planned.digest)
        for plan in plans:
            other.step(plan.stage, planned.digest if how == "as a whole" else plan.digest)
        assert (one.target.snapshot(), one.target.ours) == (other.target.snapshot(), other.target.ours)

        back, again = one.headless("destroy").plan.plans[0], other.step("teardown")
        assert back.digest == again.digest
        one.headless("destroy", approve=back.digest)
        other.step("teardown", again.digest)
        assert (one.target.snapshot(), one.target.ours) == (other.target.snapshot(), other.target.ours)

"""What a rehearsal exercises as one of the product's principals, and how each of its steps ended."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator

from runbook_lib.model import Kinded, Question, Resource, Value

Flow = Literal["files", "orchestration", "unload_and_copy", "source_user", "destination_user"]
Ended = Literal["done", "refused", "failed", "left out"]


class Rehearsal(Resource):
    """Describe a flow of the product that is played with what is set up, and leaves nothing.

    `acts_as` are the roles and database users (`side/name`) it is played as, `touches` what it makes and removes again. `proves` is a
    digest of what it depends on: with other policies, keys or names it is due again. `gaps` are the actions that the wanted policies are
    known not to allow. It is there once it was played to its end with these very roles and users.
    """

    kind: ClassVar[str] = "rehearsal"
    leaves_nothing: ClassVar[bool] = True
    flow: Flow
    acts_as: tuple[str, ...]
    touches: tuple[str, ...]
    proves: str
    gaps: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Name the flow."""
        return f"{self.kind}/{self.flow}"


class Step(Value):
    """State how one step ended: what it does, as whom, which permissions it takes, and whether it has to be refused."""

    name: str
    principal: str
    permissions: tuple[str, ...]
    ended: Ended
    detail: str = ""
    has_to_fail: bool = False

    @property
    def is_good(self) -> bool:
        """Tell whether it ended as it should."""
        return self.ended == ("refused" if self.has_to_fail else "done")

    @property
    def actions(self) -> tuple[str, ...]:
        """List the actions that whoever acts needs himself; what a service needs besides has its name in brackets behind it."""
        return tuple(each.partition(" ")[0] for each in self.permissions if not each.endswith(")"))


class Exercise(Value):
    """State what became of a rehearsal: `subjects` pairs its roles and users with the ids that tell them from others of their name.

    `left` is what could not be removed again.
    """

    rehearsal: Annotated[Rehearsal, BeforeValidator(Kinded.decode)]
    at: str
    steps: tuple[Step, ...]
    subjects: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Tell whether every step ended as it should, but for known gaps, and nothing was left."""
        return not self.left and all(each.is_good or self.is_gap(each) for each in self.steps)

    def is_gap(self, step: Step) -> bool:
        """Tell whether a step was refused what the wanted policies are known not to allow."""
        return step.ended == "refused" and not set(step.actions).isdisjoint(self.rehearsal.gaps)


class ExerciseAsked(Question):
    """Ask for the newest exercise of a flow that the record store holds; answered with `ExerciseAnswer`, or None."""

    kind: ClassVar[str] = "ask_exercise"
    flow: Flow


class ExerciseAnswer(Value):
    """State an exercise and the record that holds it."""

    exercise: Exercise
    record: str

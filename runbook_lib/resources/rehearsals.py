"""What a rehearsal exercises as one of the product's principals, and how each of its steps ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from runbook_lib.model import Kinded, Question, Resource, Value
from runbook_lib.resources.iam import RoleAsked
from runbook_lib.resources.warehouse import UserIdAsked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from runbook_lib.model import Written

Flow = Literal["files", "orchestration", "unload_and_copy", "source_user", "destination_user"]
Ended = Literal["done", "refused", "failed", "undecided", "left out"]


class Rehearsal(Resource):
    """Describe a flow of the product that is played with what is set up, and leaves nothing.

    `acts_as` are the roles and database users (`side/name`) it is played as, `touches` what it makes and removes again. `proves` is a
    digest of what it depends on: with other policies, keys or names it is due again. `gaps` are the actions that the wanted policies are
    known not to allow. It is there once it was played to its end with these very roles and users, at this place; one that was stopped, or
    could not remove all that it made, is there as unfinished until it is played again or swept.
    """

    kind: ClassVar[str] = "rehearsal"
    leaves_nothing: ClassVar[bool] = True
    gives_access: ClassVar[bool] = True
    flow: Flow
    acts_as: tuple[str, ...]
    touches: tuple[str, ...]
    proves: str
    gaps: tuple[str, ...] = ()
    is_unfinished: bool = False

    @property
    def address(self) -> str:
        """Name the flow."""
        return f"{self.kind}/{self.flow}"

    @property
    def place(self) -> tuple[str, ...]:
        """Name where it is played: the account where roles act, and each side whose user does."""
        sides = tuple(dict.fromkeys(name.partition("/")[0] for name in self.acts_as if "/" in name))
        return (*super().place, *sides) if len(sides) < len(self.acts_as) else sides

    def half_made(self) -> tuple[Resource, ...]:
        """Be there as unfinished from the first step on."""
        return (self.model_copy(update={"is_unfinished": True}),)

    def restored(self, history: tuple[Written, ...]) -> Resource | None:
        """Give nothing: what an unfinished one left is swept."""
        del history
        return None

    def may_be_ours(self, known: Collection[Resource | None]) -> bool:
        """Be ours: a journal names it."""
        del known
        return True


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

    `scope` tells where it was played, `left` what could not be removed again.
    """

    rehearsal: Annotated[Rehearsal, BeforeValidator(Kinded.decode)]
    at: str
    scope: tuple[tuple[str, str], ...] = ()
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


class UnfinishedAsked(Question):
    """Ask whether a flow was stopped, or could not remove all that it made; answered with a truth value."""

    kind: ClassVar[str] = "ask_unfinished"
    flow: Flow


def subject_question(name: str) -> RoleAsked | UserIdAsked:
    """Ask for what tells a role, or a database user (`side/name`), from a later one of the same name."""
    side, _, user = name.rpartition("/")
    return UserIdAsked(side=side, user=user) if side else RoleAsked(name=name)


def subjects(names: Iterable[str], answers: Mapping[Question, Any]) -> tuple[tuple[str, str], ...]:
    """Pair roles and users with their ids; what is not there has none. Raises Unanswered."""
    return tuple((name, _id(answers[subject_question(name)])) for name in names)


def _id(answer: object) -> str:
    return str(getattr(answer, "id", answer) or "")

"""Whether whoever runs this may do what the plan takes, and the least policy for the one who is to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.caller_sheet import caller_artefacts
from runbook_lib.resources.rights import RightsAsked
from runbook_lib.resources.secretsmanager import ReferenceAsked
from runbook_lib.secrets import parse_reference
from runbook_lib.stages._confirmations import asks_today, vouched
from runbook_lib.stages._judging import advised, kept, listed, owed, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.model import Grade, Inventory, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rights import Need, RightsAnswer


def forward(env: Environment) -> RightsAsked:
    """Ask for the way forward; no plan without a database shows that passwords are read which are stored here."""
    references = (env.source.user.password, env.destination.user.password)
    stored = tuple(ReferenceAsked(reference=each) for each in references if parse_reference(each).is_filled_here)
    return RightsAsked(also=stored)


def back(_env: Environment) -> RightsAsked:
    """Ask for the way back."""
    return RightsAsked(undo=True)


def asks(question: Callable[[Environment], RightsAsked]) -> Callable[[Environment], tuple[Question, ...]]:
    """Ask for the rights, and for the day."""
    return lambda env: (question(env), *asks_today(env))


def judge(question: Callable[[Environment], RightsAsked]) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Name what is refused and what it is for; who may not ask the simulator learns of it from the stage that needs it."""

    def judged(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        grade: Grade = "evaluated offline" if env.aws.endpoint else "simulated by AWS"
        answer: RightsAnswer = inventory[question(env)]
        total = f"{len(answer.needs)} permissions; the policy that gives just these is among the artefacts"
        if not answer.needs:
            yield kept("nothing is to be read or changed", grade="")
        elif answer.unasked:
            way_out = "allow iam:SimulatePrincipalPolicy to be told before the first write, or confirm row A5"
            detail = f"the plan takes {total}; nothing was simulated: {answer.unasked}; a missing right ends its stage owed"
            judged = vouched(env, inventory, "A5", unknown(detail, way_out))
            yield judged if judged.verdict != "kept" else judged.model_copy(update={"detail": f"{judged.detail}; {detail}"})
        elif answer.refused or answer.undecided:
            yield from _refused(answer, total, grade)
            yield from (vouched(env, inventory, "A5", each) for each in _undecided(answer, total))
        else:
            yield kept(f"allowed are all {total}", grade=grade)

    return judged


def _refused(answer: RightsAnswer, total: str, grade: Grade) -> Iterator[Judgement]:
    now = tuple(each for each in answer.refused if each.purpose in answer.purposes)
    later = tuple(each for each in answer.refused if each.purpose not in answer.purposes)
    way_out = "have the caller's policy from the artefacts attached, or hand over the artefacts of the stages that end owed"
    if now:
        yield owed(f"the plan takes {total}; refused: {listed(tuple(map(_said, now)))}", way_out, "cloud engineer", grade=grade)
    if later:
        refused = listed(tuple(map(_said, later)))
        detail = f"whoever goes on takes {total}; this run does not, and its caller is refused of them: {refused}"
        yield advised(detail, way_out, grade=grade)


def _undecided(answer: RightsAnswer, total: str) -> Iterator[Judgement]:
    """Tell of what the simulator does not decide, by reason."""
    for reason in dict.fromkeys(why for _, why in answer.undecided):
        needs = tuple(_said(need) for need, why in answer.undecided if why == reason)
        way_out = "read the caller's policies for these, or apply: a missing right ends its stage owed; or confirm row A5"
        yield unknown(f"the plan takes {total}; undecided, since {reason}: {listed(needs)}", way_out)


def reports(question: Callable[[Environment], RightsAsked]) -> Callable[[Environment, Inventory], Mapping[str, str]]:
    """Write the policies and what is to be known about them."""
    return lambda env, inventory: caller_artefacts(env, inventory[question(env)].needs)


def report_asks(question: Callable[[Environment], RightsAsked]) -> Callable[[Environment], tuple[Question, ...]]:
    """Ask for the rights alone."""
    return lambda env: (question(env),)


def _said(need: Need) -> str:
    return f"{need.permission.action} on {need.permission.resource} ({need.purpose}: {need.reason})"

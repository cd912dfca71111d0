"""A target in memory that keeps the contract of `ports.Target`: absent, create, update, remove, sets of grants, waiting states.

It counts writes and can fail or die at a chosen one, before or after it took effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from runbook_lib.errors import Conflict, NotFound, wrong_with
from runbook_lib.evidence.journal import is_divisible
from runbook_lib.model import Change, Inventory, Question, Resource, Unanswered, Written
from runbook_lib.ports import Ended, Observation
from runbook_lib.resources.iam import Role
from runbook_lib.resources.kms import Key
from runbook_lib.resources.rehearsals import Exercise, Rehearsal, Step
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.warehouse import DatabaseUser, Grants

GrantSet = tuple[str, str, str, str]


class Killed(BaseException):
    """Stand for kill -9: nothing may catch it."""


@dataclass
class FakeTarget:
    """Hold a world: resources by address, grants by privilege, the addresses that carry our tag, and the writes so far."""

    things: dict[str, Resource] = field(default_factory=dict)
    grants: dict[GrantSet, set[tuple[str, ...]]] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    answers: dict[Question, Any] = field(default_factory=dict)
    refused: dict[str, Unanswered] = field(default_factory=dict)
    writes: int = 0
    before_write: Callable[[int], None] = lambda _number: None
    after_write: Callable[[int], None] = lambda _number: None
    is_deaf: bool = False
    exercises: dict[str, Exercise] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)

    def snapshot(self) -> tuple[dict[str, Resource], dict[GrantSet, set[tuple[str, ...]]]]:
        """Copy the state of the world."""
        return dict(self.things), {key: set(names) for key, names in self.grants.items() if names}

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer from the prepared answers."""
        return Inventory({each: self.answers.get(each, Unanswered("nobody knows")) for each in questions})

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there."""
        return {each.address: self._seen(each) for each in wanted}

    def write(self, changes: Sequence[Change]) -> None:
        """Make all changes of a group, or none."""
        self.writes += 1
        self.before_write(self.writes)
        if not self.is_deaf:
            saved = dict(self.things), {key: set(names) for key, names in self.grants.items()}, set(self.ours)
            try:
                for change in changes:
                    self._make(change)
            except (Conflict, NotFound):
                self.things, self.grants, self.ours = saved
                raise
        self.after_write(self.writes)

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Make the changes of each group, one after the other."""
        for each in groups:
            ended(each, wrong_with(partial(self.write, each)))

    def sender(self, change: Change) -> Mapping[str, str]:
        """Tell as whom a change is sent."""
        return {"caller": "arn:aws:iam::123456789012:user/somebody"}

    def exercise(self, change: Change) -> Exercise:
        """Play a rehearsal as it is prepared; well, if it is not."""
        rehearsal = change.subject
        assert isinstance(rehearsal, Rehearsal)
        self.played.append(rehearsal.flow if change.after is not None else f"swept {rehearsal.flow}")
        step = Step(name="play", principal="nobody", permissions=("s3:ListBucket on a bucket",), ended="done")
        return self.exercises.get(rehearsal.flow, Exercise(rehearsal=rehearsal, at="2026-01-31T12:00:00Z", steps=(step,)))

    def calls(self, use: Question | Resource) -> tuple[str, ...]:
        """Name one call for each use."""
        return (f"read {use.kind}",)

    def permissions(self, _use: object) -> tuple[()]:
        """Take nothing of AWS."""
        return ()

    def forget(self) -> None:
        """Remember nothing, as ever."""

    def close(self) -> None:
        """Have no connections to let go."""

    def _seen(self, wanted: Resource) -> Observation:
        if wanted.address in self.refused:
            return Observation(refusal=self.refused[wanted.address])
        if isinstance(wanted, Grants):
            held = self.grants.get(_grant_set(wanted), set())
            objects = tuple(name for name in wanted.objects if name in held)
            return Observation(wanted.model_copy(update={"objects": objects}) if objects else None)
        value = self.things.get(wanted.address)
        return Observation(_mirrored(value, wanted), is_ours=wanted.address in self.ours)

    def _make(self, change: Change) -> None:
        if isinstance(change.subject, Grants):
            had = change.before.objects if isinstance(change.before, Grants) else ()
            has = change.after.objects if isinstance(change.after, Grants) else ()
            held = self.grants.setdefault(_grant_set(change.subject), set())
            held |= set(has) - set(had)
            held -= set(had) - set(has)
            return
        there = change.address in self.things
        if change.verb == "create" and there:
            raise Conflict(change.address, "exists")
        if change.verb != "create" and not there:
            raise NotFound(change.address, "is not there")
        if change.after is None:
            going = [each.address for each in self.things.values() if each.goes_with_holder and each.holder == change.address]
            for address in (change.address, *going):
                del self.things[address]
                self.ours.discard(address)
        else:
            self.things[change.address] = _with_others_tags(self.things.get(change.address), change)
            if change.verb == "create" and not isinstance(change.after, DatabaseUser):
                self.ours.add(change.address)


def _with_others_tags(there: Resource | None, change: Change) -> Resource:
    """Make a change of a role without touching tags that the change does not name, as the service does."""
    assert change.after is not None
    if not (isinstance(there, Role) and isinstance(change.after, Role) and isinstance(change.before, Role)):
        return change.after
    named = dict(change.before.tags) | dict(change.after.tags)
    others = tuple(tag for tag in there.tags if tag[0] not in named)
    return change.after.model_copy(update={"tags": tuple(sorted((*change.after.tags, *others)))})


def _grant_set(wanted: Grants) -> GrantSet:
    return (wanted.side, wanted.grantee, wanted.privilege, wanted.on)


def _mirrored(value: Resource | None, wanted: Resource) -> Resource | None:
    """Copy the fields that are not compared from the wanted value, as an adapter does."""
    match value, wanted:
        case Key(), Key():
            return value.model_copy(update={"policy": wanted.policy})
        case DatabaseUser(), DatabaseUser():
            return value.model_copy(update={"password": wanted.password})
        case Role(), Role():
            keys = dict(wanted.tags)
            return value.model_copy(update={"tags": tuple(tag for tag in value.tags if tag[0] in keys)})
        case Secret(), Secret():
            return value
    return value


@dataclass
class ListJournal:
    """Keep a journal in memory: pairs of a change and what became of it."""

    is_undo: bool = False
    scope: tuple[tuple[str, str], ...] = ()
    lines: list[tuple[str, Any]] = field(default_factory=list)

    def announce(self, stage: str, changes: Sequence[Change]) -> None:
        """Record what is going to be written."""
        self.lines.append(("announced", (stage, tuple(changes))))

    def begin(self, stage: str, *changes: Change) -> None:
        """Record changes before they are sent together."""
        self.lines.extend(("begin", (stage, each, self.is_undo)) for each in changes)

    def end(self, stage: str, *entries: Any) -> None:
        """Record what became of them."""
        self.lines.extend(("end", each) for each in entries)

    def history(self) -> tuple[Written, ...]:
        """Give the changes that may stand, as the file journal does."""
        found = []
        for number, (kind, line) in enumerate(self.lines):
            if kind != "begin":
                continue
            stage, change, is_undo = line
            ends = (entry.outcome for later, entry in self.lines[number + 1 :] if later == "end" and entry.change.address == change.address)
            end = next(ends, "")
            if end in {"applied", ""} or is_divisible(change):
                found.append(Written(stage=stage, change=change, scope=self.scope, is_undo=is_undo, is_certain=end == "applied"))
        return tuple(found)

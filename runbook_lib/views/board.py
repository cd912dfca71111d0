"""Draw how far an environment is: a row a stage with its state, when it was proven and at whose command, and a link to its notebook."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.views.blocks import Code, Counts, Folded, Grid, Link, Mark, Note, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.views.blocks import Block, Cell

State = Literal["not planned", "changes pending", "converged", "drifted", "blocked", "owed", "undecided", "not needed"]
STATES: Mapping[State, Mark] = {
    "blocked": Mark("blocked", "bad", "\N{BALLOT X}"),
    "drifted": Mark("drifted", "bad", "\N{ALMOST EQUAL TO}"),
    "changes pending": Mark("changes pending", "change", "+"),
    "owed": Mark("owed by somebody else", "owed", "\N{RIGHTWARDS ARROW}"),
    "undecided": Mark("undecided", "open", "?"),
    "not planned": Mark("not planned", "quiet", "\N{WHITE CIRCLE}"),
    "converged": Mark("converged", "good", "\N{CHECK MARK}"),
    "not needed": Mark("not needed", "quiet", "\N{EN DASH}"),
}
"""The worst first."""
DONE: AbstractSet[State] = {"converged", "not needed", "owed"}
"""What leaves nothing to do for whoever steps through the stages."""
FOLDED: tuple[State, ...] = ("converged", "not needed")
"""What nobody has to look at as long as it is true."""
WAY_BACK = "teardown"
RUNS = 8


NEXT = Mark("next", "open", "\N{BLACK RIGHT-POINTING TRIANGLE}")


@dataclass(frozen=True)
class StageState:
    """State how far a stage is, as the records say: `detail` says why, `address`-wise states are `parts` by the name of what is set up.

    `verified` is when it was proven last, `by` who gave the command to; `scope` is what the digest of its newest plan binds.
    """

    number: int
    slug: str
    title: str
    summary: str
    owner: str
    state: State = "not planned"
    detail: str = ""
    verified: str = ""
    by: str = ""
    parts: tuple[tuple[str, State], ...] = ()
    scope: tuple[tuple[str, str], ...] = ()

    @property
    def notebook(self) -> str:
        """Name its notebook."""
        return f"{self.number:02d}_{self.slug}.ipynb"


@dataclass(frozen=True)
class RunLine:
    """State one run: its record's name, what it was asked for, when, and how it ended; empty while it is open."""

    record: str
    verb: str
    started: str
    meaning: str = ""
    exit_code: int | None = None


@dataclass(frozen=True)
class FileLine:
    """State what a parameter file is: its environment, where that is, the problems that keep it from being used, what to think of."""

    file: str
    environment: str = ""
    account: str = ""
    region: str = ""
    endpoint: str = ""
    pipeline: str = ""
    is_protected: bool = False
    problems: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Files:
    """Hold parameter files under a caption."""

    caption: str
    lines: tuple[FileLine, ...]


@dataclass(frozen=True)
class Board:
    """Hold an environment's stages and its recent runs, as they were `at` a time.

    `notebooks` and `records` are where links to them begin, empty for none.
    """

    environment: str
    stages: tuple[StageState, ...]
    runs: tuple[RunLine, ...] = ()
    notebooks: str = ""
    records: str = ""
    at: str = ""

    @property
    def next(self) -> StageState | None:
        """Give the first stage with something to do; what is owed waits for others, and the way back is no way on."""
        return next((each for each in self.stages if each.state not in DONE and each.slug != WAY_BACK), None)


@dataclass(frozen=True)
class Runs:
    """Show the recent runs of a board."""

    of: Board


def files(value: Files) -> Iterator[Block]:
    """Draw parameter files, with every problem of each."""
    yield Grid(value.caption, ("file", "environment", "account", "region", "pipeline", "state"), tuple(map(_file, value.lines)))


def board(value: Board) -> Iterator[Block]:
    """Draw the stages and mark the next; those in order are folded into one line."""
    yield Counts(tuple(_counted(value, state) for state in STATES if any(each.state == state for each in value.stages)))
    for state in FOLDED:
        if done := [each for each in value.stages if each.state == state]:
            yield Folded(f"{counted(len(done), 'stage')} {STATES[state].word}", (_stages(value, STATES[state].word.capitalize(), done),))
    if left := [each for each in value.stages if each.state not in FOLDED]:
        yield _stages(value, f"Stages of {value.environment}", left)
    records = "" if value.runs else f" There was no record of {value.environment} yet: open the first notebook."
    if said := f"As of {value.at}.{records}" if value.at else records.strip():
        yield Note((said,), "quiet")


def runs(value: Runs) -> Iterator[Block]:
    """Draw the recent runs."""
    if not value.of.runs:
        yield Note(("There is no record yet.",), "quiet")
        return
    rows = tuple(_run(value.of, each) for each in value.of.runs[:RUNS])
    yield Grid(f"Recent runs of {value.of.environment}", ("when", "what", "how it ended", "record"), rows)


def _counted(value: Board, state: State) -> Mark:
    mark, number = STATES[state], sum(each.state == state for each in value.stages)
    return Mark(f"{number} {mark.word}", mark.tone, mark.letter)


def _stages(value: Board, caption: str, some: Sequence[StageState]) -> Grid:
    columns = ("stage", "state", "about", "last proven", "at the command of")
    return Grid(caption, columns, tuple(_stage(value, each) for each in some))


def _stage(value: Board, each: StageState) -> tuple[Cell, ...]:
    name = f"{each.number} {each.title}"
    title: Cell = (Link(name, value.notebooks + each.notebook) if value.notebooks else name,)
    title = (*title, NEXT) if value.next is each else title
    return title, (STATES[each.state],), (each.detail or each.summary,), (each.verified,), (each.by,)


def _file(each: FileLine) -> tuple[Cell, ...]:
    state: Cell = (Mark("valid", "good", "\N{CHECK MARK}"),)
    if each.problems:
        state = (Mark("not valid", "bad", "\N{BALLOT X}"), *each.problems)
    else:
        state = (*state, Mark("protected", "change", "!") if each.is_protected else "not protected")
    state = (*state, each.note) if each.note else state
    where: Cell = (each.region, *((Code(each.endpoint),) if each.endpoint else ()))
    return (each.file,), (each.environment,), (Code(each.account),) if each.account else ("",), where, (each.pipeline,), state


def _run(value: Board, each: RunLine) -> tuple[Cell, ...]:
    is_filed = bool(value.records and each.exit_code is not None)
    record: Cell = (Link(each.record, f"{value.records}{each.record}/index.html") if is_filed else Code(each.record),)
    is_step = each.verb == "step"
    code = f"{each.exit_code}: " if each.exit_code is not None else ""
    ended = f"{code}{each.meaning}" if each.meaning else "open" if is_step else "was cut off, or goes on"
    return (each.started,), ("step by step" if is_step else each.verb,), (ended,), record

"""Draw how two environments differ: what only differs in names is folded, what was not compared is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.views import as_text
from runbook_lib.views.blocks import Code, Folded, Grid, Mark, Note, counted
from runbook_lib.views.difference import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Resource
    from runbook_lib.views.blocks import Block, Line

LIMITS = (
    "Compared is what the two files come to, not what is there: runbook verify ENV tells how each stands to its file. Grants are those "
    "over one imagined warehouse, the same for both, with a schema for each pattern. Permissions are the calls of the call ledger, decided "
    "by the policies as they are to be. Names in braces are the values of these keys."
)
NOTHING = "not set"
Kind = Literal["otherwise", "named", "alike"]
"""`named`: it only says which thing is meant, `alike`: the environment's name, account, region or instance alone makes the difference."""
COLOURS = {"allowed": "good", "refused": "bad", "undetermined": "open", "elsewhere": "quiet"}


@dataclass(frozen=True)
class KeyDifference:
    """State a key of the parameter files that differs, and how: see `Kind`."""

    key: str
    one: str
    other: str
    how: Kind


@dataclass(frozen=True)
class ResourceDifference:
    """State what one environment wants otherwise than the other, or alone; both in terms of the parameters that name it."""

    stage: str
    address: str
    one: Resource | None
    other: Resource | None

    @property
    def sides(self) -> str:
        """Say in which of the two it is wanted."""
        return "both" if self.one is not None and self.other is not None else "one" if self.one is not None else "other"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Write the way from the first to the second, line by line."""
        return tuple(lines(self.one, self.other))


@dataclass(frozen=True)
class CallDifference:
    """State a call or a probe of the ledger that ends otherwise, or that only one environment has: empty."""

    name: str
    one: str
    other: str


@dataclass(frozen=True)
class Twins:
    """Hold all that differs between two environments, and what could not be compared."""

    one: str
    other: str
    keys: tuple[KeyDifference, ...] = ()
    resources: tuple[ResourceDifference, ...] = ()
    calls: tuple[CallDifference, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[KeyDifference, ...]:
        """List the keys that differ in more than names."""
        return self.of("otherwise")

    def of(self, how: Kind) -> tuple[KeyDifference, ...]:
        """List the keys that differ in one way."""
        return tuple(each for each in self.keys if each.how == how)

    @property
    def is_equal(self) -> bool:
        """Tell whether they differ in names alone."""
        return not (self.differing or self.resources or self.calls)

    @property
    def exit_code(self) -> int:
        """Give 4 when they differ, 6 when something could not be compared, else 0."""
        return 6 if self.unknown and self.is_equal else 0 if self.is_equal else 4


def twins(value: Twins) -> Iterator[Block]:
    """Draw the differences, the parameters first."""
    yield Note((_result(value),), "good" if value.is_equal else "change")
    if value.differing:
        yield Grid(f"Parameters: {_differ(len(value.differing))}", ("key", value.one, value.other), tuple(map(_key, value.differing)))
    if value.resources:
        rows = tuple(_resource(value, each) for each in value.resources)
        yield Grid(f"What is set up: {_differ(len(rows))}", ("stage", "what", "difference"), rows)
    if value.calls:
        ends = tuple(((each.name,), (_call(each.one),), (_call(each.other),)) for each in value.calls)
        yield Grid(f"Effective permissions: {_differ(len(ends))}", ("who calls what", value.one, value.other), ends)
    if named := value.of("named"):
        yield Grid("Which things are meant", ("key", value.one, value.other), tuple(map(_key, named)))
    if alike := value.of("alike"):
        grid = Grid(
            "Keys that differ in the name of environment or instance, in account or region",
            ("key", value.one, value.other),
            tuple(map(_key, alike)),
        )
        yield Folded(f"{counted(len(alike), 'key')} named alike", (grid,))
    if value.unknown:
        yield Grid("Not compared", ("what, and why",), tuple(((each,),) for each in value.unknown))
    yield Note((LIMITS,), "quiet")


def _result(value: Twins) -> str:
    if value.is_equal:
        return f"{value.one} and {value.other} are twins: they differ in names alone."
    parts = ((len(value.differing), "parameter"), (len(value.resources), "resource"), (len(value.calls), "effective permission"))
    return f"{value.one} and {value.other} differ: {', '.join(counted(number, noun) for number, noun in parts if number)}."


def _differ(number: int) -> str:
    return f"{number:,} {'differs' if number == 1 else 'differ'}"


def _key(each: KeyDifference) -> tuple[tuple[Code], tuple[str], tuple[str]]:
    return (Code(each.key),), (each.one,), (each.other,)


def _resource(value: Twins, each: ResourceDifference) -> tuple[tuple[str], tuple[Code], tuple[str, ...]]:
    if each.sides != "both":
        return (each.stage,), (Code(each.address),), (f"only in {value.one if each.sides == 'one' else value.other}",)
    return (each.stage,), (Code(each.address),), tuple(as_text.line(line) for line in each.lines)


def _call(state: str) -> Mark:
    return Mark(state or "does not arise", COLOURS.get(state, "quiet"))  # type: ignore[arg-type]

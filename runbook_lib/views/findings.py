"""Draw findings: what does not hold comes first, with the way out; what holds is folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views.blocks import Counts, Fold, Folded, Grid, Line, Mark, Note, Way, counted
from runbook_lib.views.many import first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runbook_lib.model import Finding, Reading, Verdict
    from runbook_lib.views.blocks import Block, Cell, Tone
    from runbook_lib.views.shown import Findings

VERDICTS: dict[Verdict, Mark] = {
    "broken": Mark("broken", "bad", "\N{BALLOT X}"),
    "unknown": Mark("unknown", "open", "?"),
    "owed": Mark("owed", "owed", "\N{RIGHTWARDS ARROW}"),
    "kept": Mark("kept", "good", "\N{CHECK MARK}"),
}
ORDER: tuple[Verdict, ...] = ("broken", "owed", "unknown", "kept")
LONGEST = 240
"""Characters of a detail that are read at once."""
READ = 800
"""Characters of what was read that are shown under a finding."""
ALL_READ = 100_000
"""Characters of what was read that one table shows: the more lines, the less of each."""
ADVICE = Mark("kept, with advice", "change", "!")
_BY: dict[Verdict, str] = {"owed": "owed by", "unknown": "to be decided by", "broken": "to be mended by"}
_SECTIONS: tuple[tuple[Verdict, str], ...] = (
    ("broken", "Broken: mend these"),
    ("owed", "Owed by somebody else"),
    ("unknown", "Unknown: could not be decided"),
)


def counts(found: Sequence[Finding]) -> Counts:
    """Count verdicts, worst first; advice is a kind of kept."""
    verdicts = [each.verdict for each in found]
    advice = sum(each.verdict == "kept" and each.warning for each in found)
    marks = [Mark(f"{verdicts.count(each):,} {each}", _tone(mark, verdicts.count(each))) for each, mark in VERDICTS.items()]
    return Counts((*marks, *((Mark(f"{advice:,} with advice", "change"),) if advice else ())))


def _tone(mark: Mark, number: int) -> Tone:
    return mark.tone if number else "quiet"


def findings(value: Findings) -> Iterator[Block]:
    """Draw findings under their title."""
    if not len(value):
        yield Note((f"{value.title}: {value.empty or 'no findings'}.",))
        return
    yield from verdicts(value.findings, value.pending, value.readings)


def one(value: Finding) -> Iterator[Block]:
    """Draw one finding."""
    yield table("Finding", (value,))


def verdicts(found: Sequence[Finding], pending_changes: int = 0, read: Sequence[Reading] = ()) -> Iterator[Block]:
    """Draw findings of one stage or of many; where changes are pending, nothing is said of what they make."""
    yield counts(found)
    if pending_changes:
        are = "is" if pending_changes == 1 else "are"
        said = f"{counted(pending_changes, 'change')} {are} not applied: only what holds before was judged, nothing of what they make."
        yield Note((Mark("not verified", "quiet", "\N{EN DASH}"), said), "change")
    elif all(each.verdict == "kept" and not each.warning for each in found):
        yield Note((Mark("all claims hold", "good", "\N{CHECK MARK}"), "read and judged just now"), "good")
    yield from pending(found, read)
    advised = [each for each in found if each.verdict == "kept" and each.warning]
    if advised:
        yield table("Kept, with advice that nobody is bound to", advised, read)
    kept = [each for each in found if each.verdict == "kept" and not each.warning]
    if kept:
        yield Folded(f"{counted(len(kept), 'claim')} kept", (table("Kept", kept, read, is_marked=False),))


def pending(found: Sequence[Finding], read: Sequence[Reading] = ()) -> Iterator[Block]:
    """Draw what is broken, owed or unknown."""
    for verdict, caption in _SECTIONS:
        some = [each for each in found if each.verdict == verdict]
        if some:
            yield table(caption, some, read)


def table(caption: str, found: Sequence[Finding], read: Sequence[Reading] = (), *, is_marked: bool = True) -> Grid:
    """Draw findings as a table, what does not hold first; a column that would be empty, or of one stage alone, is left out."""
    found, more = first(sorted(found, key=_gravity), "findings.json")
    readings = {(each.stage, each.of): each for each in read}
    letters = min(READ, ALL_READ // max(1, sum(1 + len(each.asked) for each in found)))
    has_stages = len({each.stage for each in found}) > 1
    columns: tuple[tuple[str, tuple[Cell, ...]], ...] = (
        ("verdict", tuple((_mark(each),) if is_marked else () for each in found)),
        ("stage", tuple((each.stage,) if has_stages else () for each in found)),
        ("claim", tuple((each.claim,) for each in found)),
        ("found", tuple(_found(each) for each in found)),
        ("how known", tuple(_known(each, readings, letters) for each in found)),
        ("ledger", tuple((", ".join(each.rows),) for each in found)),
    )
    filled = [(name, cells) for name, cells in columns if any(any(parts) for parts in cells)]
    return Grid(caption, tuple(name for name, _ in filled), tuple(zip(*(cells for _, cells in filled), strict=True)), more=more)


def _gravity(each: Finding) -> int:
    """Rank a finding: what is to be done, by whomever, stands above what is only to be known."""
    return ORDER.index(each.verdict) * 2 - (each.verdict == "kept" and each.warning)


def _mark(each: Finding) -> Mark:
    return ADVICE if each.warning and each.verdict == "kept" else VERDICTS[each.verdict]


def _found(each: Finding) -> Cell:
    return (
        *folded(each.detail),
        *((f"{_BY[each.verdict]} {each.by}",) if each.by and each.verdict in _BY else ()),
        *((Way(each.way_out),) if each.way_out else ()),
    )


def _known(each: Finding, read: Mapping[tuple[str, str], Reading], letters: int) -> Cell:
    """Say how a claim is known, and open to what it is about and to what was read for it."""
    references = tuple(filter(None, dict.fromkeys((each.address, *each.asked))))
    if not references:
        return (_grade(each),)
    behind = (*((f"about {each.address}",) if each.address else ()), *(f"ledger row {row}" for row in each.rows), f"stage {each.stage}")
    found = tuple(line for of in references if (each.stage, of) in read for line in _reading(read[each.stage, of], letters))
    return (Fold(_grade(each) or "shown", (*map(Line, behind), *found), is_list=True),)


def _reading(each: Reading, letters: int) -> Iterator[Line]:
    """Draw what was read, when, and by what; of what is long, the beginning and where the rest stands."""
    yield Line(f"read {each.of}" + (f" at {each.at}" if each.at else ""))
    yield from (Line(f"by {' '.join(call.split())}", depth=1) for call in each.calls)
    is_cut = each.letters > letters
    yield Line(each.value[:letters] + (" ..." if is_cut else ""), depth=1)
    if is_cut:
        some = "all" if len(each.value) == each.letters else f"the first {len(each.value):,}"
        yield Line(f"{letters:,} of {each.letters:,} characters; {some} of them are in stages/{each.stage}.json", depth=1)


def folded(text: str) -> Cell:
    """Show a sentence; what is long opens."""
    first, *rest = text.splitlines() or [""]
    if not rest and len(first) <= LONGEST:
        return (text,) if text else ()
    begun = first if len(first) <= LONGEST else f"{first[:LONGEST].rsplit(' ', 1)[0]} ..."
    return (Fold(begun, tuple(map(Line, text.splitlines()))),)


def _grade(each: Finding) -> str:
    return f"{each.grade} {each.by}".rstrip() if each.grade == "on the word of" else each.grade

"""Draw when each stage ran and when each change was sent, as an inline picture with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from runbook_lib.views.blocks import counted
from runbook_lib.views.many import ROWS as MANY
from runbook_lib.views.writes import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.views.run_page import StageLine
    from runbook_lib.views.writes import Write

WIDTH, LABELS, VALUES, ROW, BAR, FOOT = 860, 170, 130, 24, 12, 22
"""Pixels: the whole, the labels on the left, the seconds on the right, one row, one bar, the axis below."""
STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
"""Seconds between two marks of the axis."""
MARKS = 8
KINDS = {"failed": "bf", "idle": "bi"}
#: Seconds below which nothing ran: times are written in thousandths.
SHORTEST = 0.001
TICKS = {"applied": "ta", "failed": "tf"}

_BAR = Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2" class="{}"><title>{}</title></rect>')
_TICK = Markup('<rect x="{:.1f}" y="{}" width="1.6" height="{}" class="{}"><title>{}</title></rect>')
_WORD = Markup('<text x="{:.1f}" y="{}" class="{}">{}</text>')
_RULE = Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1}" class="axis"/>')
_SVG = Markup('<svg viewBox="0 0 {} {}" role="img" class="timeline"><title>Stages and writes in time</title><desc>{}</desc>{}</svg>')


def timeline(stages: Sequence[StageLine], writes: Sequence[Write] = (), started: str = "") -> Markup:
    """Draw stages where they stand in time, the changes of each as ticks below its bar; empty when none ran at a known time."""
    known = [(each, seconds(started, each.started)) for each in stages if each.span >= SHORTEST]
    ran = [each for each, start in known if start is not None and start >= 0]
    if not ran:
        return Markup("")
    begun = [start for _, start in known if start is not None and start >= 0]
    total = max(start + each.span for start, each in zip(begun, ran, strict=True))
    scale = (WIDTH - LABELS - VALUES) / total
    height = ROW * len(ran) + FOOT
    drawn = (*_axis(total, scale, height), *_rows(ran, begun, scale), *_ticks(ran, begun, writes, (started, scale, total)))
    said = ", ".join(f"{each.title} {each.span:.1f} s" + _sent(each, writes) for each in ran)
    return _SVG.format(WIDTH, height, said, Markup("").join(drawn))


def _sent(each: StageLine, writes: Sequence[Write]) -> str:
    number = sum(write.stage == each.slug for write in writes)
    return f", {counted(number, 'write')}" if number else ""


def _axis(total: float, scale: float, height: int) -> Iterator[Markup]:
    step = next((each for each in STEPS if total / each <= MARKS), STEPS[-1])
    for number in range(int(total // step) + 1):
        left = LABELS + number * step * scale
        yield _RULE.format(left, height - FOOT + 4)
        yield _WORD.format(left, height - 6, "v mid", _clock(number * step))


def _clock(passed: int) -> str:
    minutes, rest = divmod(passed, 60)
    return f"{minutes}:{rest:02d} min" if minutes else f"{rest} s"


def _rows(ran: Sequence[StageLine], begun: Sequence[float], scale: float) -> Iterator[Markup]:
    for place, (start, each) in enumerate(zip(begun, ran, strict=True)):
        top = place * ROW + 2
        left, width = LABELS + start * scale, max(1.5, each.span * scale)
        yield _WORD.format(0, top + BAR - 1, "l", f"{each.number} {each.title}")
        yield _BAR.format(left, top, width, BAR, KINDS.get(each.state, "bd"), _took(each))
        if each.waiting:
            waited = min(width, each.waiting * scale)
            yield _BAR.format(left, top, waited, BAR, "bw", f"{each.waiting:.1f} s for AWS and the databases")


def _took(each: StageLine) -> str:
    paused = f" from its opening to its end, of which its cells took {each.seconds:.1f} s" if each.ended else ""
    return f"{each.span:.1f} s{paused}"


def _ticks(ran: Sequence[StageLine], begun: Sequence[float], writes: Sequence[Write], axis: tuple[str, float, float]) -> Iterator[Markup]:
    """Draw the changes of each stage, and behind its bar how long it took and how many it sent; of many on one another, one of a kind."""
    started, scale, total = axis
    for place, (each, start) in enumerate(zip(ran, begun, strict=True)):
        top = place * ROW + 2
        drawn: set[tuple[int, str]] = set()
        for write in writes:
            passed = seconds(started, write.begun) if write.stage == each.slug else None
            if passed is None or not 0 <= passed <= total:
                continue
            kind = TICKS.get(write.outcome, "to")
            spot = (int(passed * scale), kind)
            if len(writes) > MANY and spot in drawn:
                continue
            drawn.add(spot)
            said = f"{passed:.1f} s: {write.verb} {write.address}, {write.outcome or 'nobody knows its end'}"
            yield _TICK.format(LABELS + passed * scale, top + BAR + 1, 6, kind, said)
        yield _WORD.format(LABELS + (start + each.span) * scale + 5, top + BAR - 1, "v", f"{each.span:.1f} s{_sent(each, writes)}")
